"""The Django app of the workflows; its documents lie in the store, so that it has no models."""

from __future__ import annotations

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Workflows, their history, and the catalogs they are made from."""

    name = "workflows"
