"""The one table that holds every document of the SQL store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _TextField = models.TextField[str | None, str | None]
else:
    _TextField = models.TextField


class CodePointField(_TextField):
    """A text that is compared and sorted by code points, whatever the database's own collation."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column's type: SQLite compares bytes of UTF-8 anyway, PostgreSQL has to be told."""
        return 'text COLLATE "C"' if connection.vendor == "postgresql" else "text"


class StoredDocument(models.Model):
    """One document: its body as JSON text, and what the indexes need of it (store.columns)."""

    pk = models.CompositePrimaryKey("collection", "key")
    collection = CodePointField()
    key = CodePointField()
    partition = CodePointField()
    facet = CodePointField(null=True)
    sort = models.BigIntegerField()
    unique_values = CodePointField(null=True)
    body = models.TextField()

    class Meta:
        db_table = "store_document"
        indexes = [
            models.Index(
                fields=["collection", "partition", "sort", "key"], name="store_document_sort"
            ),
            models.Index(
                fields=["collection", "partition", "facet", "sort", "key"],
                name="store_document_facet",
                condition=models.Q(facet__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "unique_values"],
                name="store_document_unique",
                condition=models.Q(unique_values__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.collection}/{self.key}"
