"""The Django application of the document store."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Brings the documents' table and its migrations."""

    name = "store"
    default_auto_field = "django.db.models.BigAutoField"
