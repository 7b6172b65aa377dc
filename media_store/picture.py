"""A picture as it is kept and shown, and how large one may be. Pure: not even Pillow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

MIB = 1024 * 1024
#: Bytes of a file that somebody sends.
MAX_BYTES = 10 * MIB
#: Bytes of a picture as it is kept; made anew it may be larger than what was sent.
MAX_KEPT = 2 * MAX_BYTES
#: Pixels of all frames together. Each takes 4 bytes of memory, and twice that for a moment.
MAX_PIXELS = 32_000_000
#: Frames of an animation.
MAX_FRAMES = 1000

TOO_MANY_BYTES = f"An image may have {MAX_BYTES // MIB} MiB; make it smaller."

#: The formats that are taken, by what Pillow calls them, and the media type of each.
MIME = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass(frozen=True)
class Picture:
    """A picture that was decoded and encoded anew; sizes are in pixels."""

    mime: str
    width: int
    height: int
    content: bytes

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()
