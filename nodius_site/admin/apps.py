"""The app that holds the templates and styles of these pages."""

from __future__ import annotations

from django.apps import AppConfig


class AdminPagesConfig(AppConfig):
    """Pages of the admin site; no models."""

    name = "nodius_site.admin"
    label = "nodius_admin"
