"""The images of this process: in its store, in its storage, decoded by its decoders."""

from __future__ import annotations

from django.core.files.storage import storages

import store.current
from media_store.copies import PATIENCE, Copies
from media_store.decoders import Decoders
from media_store.files import Files
from media_store.flights import Flights
from media_store.repository import Images

#: One for the process, since it bounds what all requests together decode.
decoders = Decoders()
_flights: Flights[int | None] = Flights(PATIENCE)


def images() -> Images:
    """The images that are kept."""
    return Images(store.current.current(), _files())


def copies() -> Copies:
    """What opens them, in any width."""
    return Copies(_files(), decoders, _flights)


def _files() -> Files:
    return Files(storages["images"])
