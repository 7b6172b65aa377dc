"""Narrower copies of pictures: made once, when somebody first asks, and then kept beside them."""

from __future__ import annotations

from threading import Lock
from typing import Any

from django.core.files.base import File

from media_store.decoders import Decoders
from media_store.errors import NotFound
from media_store.files import Files
from media_store.flights import Flights
from media_store.repository import Image

#: Copies of one picture. Anybody may ask for any width; beyond this many, what is there will do.
MOST_WIDTHS = 16
#: Seconds that others wait for a copy that is being made: longer than that may take.
PATIENCE = 50.0
#: Held by who looks how many copies there are, and adds one.
_counting = Lock()


class Copies:
    """Opens pictures in the width that is asked for."""

    def __init__(self, files: Files, decoders: Decoders, flights: Flights[int | None]) -> None:
        self.files = files
        self.decoders = decoders
        self.flights = flights

    def open(self, image: Image, width: int | None) -> tuple[File[Any], int | None]:
        """The bytes of a copy of this width, and its width; None stands for the picture itself.

        That is what one gets if it is no wider than asked for. Once a picture has MOST_WIDTHS
        copies it is the next wider one. Raises NotFound, NotKept, Busy, TooLarge, Broken.
        """
        if width is None or width >= image.width:
            return self.files.open(image.folder), None
        try:
            return self.files.open(image.folder, width), width
        except NotFound:
            made = self.flights.share(f"{image.folder}/{width}", lambda: self._make(image, width))
            return self.files.open(image.folder, made), made

    def _make(self, image: Image, width: int) -> int | None:
        """Make this copy; the width of what there is now to show."""
        widths = self.files.widths(image.folder)
        if width in widths or len(widths) >= MOST_WIDTHS:
            return _nearest(widths, width)
        with self.files.open(image.folder) as original:
            data = original.read()
        content = self.decoders.scaled(data, width).content
        with _counting:
            widths = self.files.widths(image.folder)
            if len(widths) >= MOST_WIDTHS:
                return _nearest(widths, width)
            self.files.keep(image.folder, content, width)
        self._undo_if_deleted(image)
        return width

    def _undo_if_deleted(self, image: Image) -> None:
        """A picture that was deleted meanwhile took no copy with it that was not there yet."""
        if not self.files.has(image.folder):
            self.files.drop(image.folder)
            raise NotFound("This image was deleted a moment ago.")


def _nearest(widths: list[int], width: int) -> int | None:
    """Of these widths in ascending order the first that is no narrower; None if there is none."""
    return next((each for each in widths if each >= width), None)
