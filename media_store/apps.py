"""The Django app of the images; they lie in the store and in a storage, so it has no models."""

from __future__ import annotations

from django.apps import AppConfig


class MediaStoreConfig(AppConfig):
    """Images: checked, made anew, kept, shown."""

    name = "media_store"
