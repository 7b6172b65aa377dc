"""The site as a Django app: it installs the store when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

import store.current


class NodiusConfig(AppConfig):
    """Makes the configured store the one of this process; connects to nothing yet."""

    name = "nodius_site"

    def ready(self) -> None:
        """Install the store. The live part, which commands do without, is `wiring`'s to start."""
        # Its models are there only now.
        from store.sql import SqlStore

        store.current.install(SqlStore(settings.DOCUMENTS_DATABASE))
