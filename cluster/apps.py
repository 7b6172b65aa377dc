"""The cluster as a Django app, for its command."""

from __future__ import annotations

from django.apps import AppConfig


class ClusterConfig(AppConfig):
    """Has no models and no state."""

    name = "cluster"
