"""Which database holds which table: the documents may have a file of their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model

from store.apps import StoreConfig


class DocumentsRouter:
    """Keeps the documents in `settings.DOCUMENTS_DATABASE`, and all else in `default`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """The alias for the documents; None leaves other models to Django."""
        return _documents() if model._meta.app_label == StoreConfig.name else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """As for reading."""
        return self.db_for_read(model, **hints)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Whether the app's tables belong into the database `db`; None leaves it to Django."""
        if app_label == StoreConfig.name:
            return db == _documents()
        return None if db != _documents() or db == "default" else False


def _documents() -> str:
    return str(settings.DOCUMENTS_DATABASE)
