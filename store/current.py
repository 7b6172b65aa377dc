"""The store of this process: set once by the wiring, asked for where an edge needs it."""

from __future__ import annotations

from store.base import DocumentStore

_installed: list[DocumentStore] = []


def install(store: DocumentStore) -> None:
    """Make `store` the one that `current` returns."""
    _installed[:] = [store]


def current() -> DocumentStore:
    """The store of this process. Raises LookupError before the wiring has installed one."""
    if not _installed:
        raise LookupError("no store is installed: set Django up with nodius_site in INSTALLED_APPS")
    return _installed[0]
