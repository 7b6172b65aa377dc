"""Removing what is over, a bounded number of rows at a time."""

from __future__ import annotations

from typing import TypeVar

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)


def remove_some(old: models.QuerySet[M], most: int = 100) -> None:
    """Delete at most this many of the rows, leaving out those another process has in hand."""
    with transaction.atomic():
        found = old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most]
        keys = list(found)
        if keys:
            old.model._default_manager.filter(pk__in=keys).delete()
