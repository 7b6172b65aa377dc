"""What can go wrong with an image; the edges map each to its answer."""

from __future__ import annotations


class ImageError(Exception):
    """Base of the errors of this app; the text says what to do next."""


class NotFound(ImageError):
    """The image does not exist, or its bytes are gone."""


class NotAnImage(ImageError):
    """What was sent is none of the formats that are taken."""


class Broken(ImageError):
    """It begins like an image, but cannot be decoded."""


class TooLarge(ImageError):
    """An image of more bytes, pixels, frames, memory or time than one may have."""


class Busy(ImageError):
    """So many images are being decoded that this one would wait too long; nothing was kept."""


class NotKept(ImageError):
    """The place where images are kept took or gave nothing; nothing was changed."""
