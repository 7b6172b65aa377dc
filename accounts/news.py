"""Tells whoever listens in this process that somebody may do less, or more, than a moment ago."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import Signal

#: Sent once it is committed that login sessions have ended, or users or roles have changed.
access_changed = Signal()


def tell(**_: Any) -> None:
    """Send `access_changed` when what is under way is committed; a receiver of signals."""
    transaction.on_commit(_send)


def _send() -> None:
    access_changed.send_robust(None)
