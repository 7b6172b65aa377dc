"""The site as a Django app: it installs the store when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, Storage, storages

import store.current
from nodius_site.options import Wrong
from store.base import DocumentStore


class NodiusConfig(AppConfig):
    """Makes the configured store the one of this process; connects to nothing yet."""

    name = "nodius_site"

    def ready(self) -> None:
        """Install the store. The live part, which commands do without, is `wiring`'s to start."""
        # Models are there only now.
        from nodius_site.watched_store import WatchedStore

        store.current.install(WatchedStore(configured_store()))
        _check_storage()


def configured_store() -> DocumentStore:
    """A store of the documents, as the options have it."""
    if settings.ARANGO is None:
        from store.sql import SqlStore

        return SqlStore(settings.DOCUMENTS_DATABASE)
    # Whoever keeps documents elsewhere need not wait for the import of its driver.
    from store.arango import ArangoStore, Place

    return ArangoStore(Place(**settings.ARANGO))


def _check_storage() -> None:
    """Make what keeps the images, so that a wrong option shows now. Raises Wrong."""
    try:
        storage = storages["images"]
    except (InvalidStorageError, ImproperlyConfigured, TypeError) as error:
        raise Wrong(f"media: {error}; install it, or leave the option out") from None
    if not isinstance(storage, Storage):
        raise Wrong("media: this is no storage class of Django; name one, or leave it out")
