"""Pictures for tests."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageSequence

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
RED, BLUE = (220, 20, 40), (20, 40, 220)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """The image as a file."""
    target = BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def drawn(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Blue, with a red field in the upper left corner."""
    image = Image.new("RGB", (width, height), BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, width // 3, height // 2), fill=RED)
    return image.convert(mode)


def picture(format: str = "PNG", width: int = 60, height: int = 40) -> bytes:
    """A still picture."""
    return encoded(drawn(width, height), format)


def animation(
    format: str, durations: tuple[int, ...] = (100, 250, 40), *, clear: bool = False
) -> bytes:
    """A square that moves over white, or over nothing; it loops three times."""
    frames = []
    for at in range(len(durations)):
        frame = Image.new("RGBA", (60, 40), (0, 0, 0, 0) if clear else (255, 255, 255, 255))
        ImageDraw.Draw(frame).rectangle((at * 10, 5, at * 10 + 15, 30), fill=(200, 10, 90, 255))
        frames.append(frame if clear else frame.convert("RGB"))
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    if format == "GIF":
        options["disposal"] = 2
    return encoded(
        frames[0],
        format,
        save_all=True,
        append_images=frames[1:],
        duration=list(durations),
        loop=3,
        **options,
    )


def decoded(content: bytes) -> Image.Image:
    """The picture in a file, read to its end."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def frames(content: bytes) -> list[tuple[bytes, int]]:
    """The pixels and the milliseconds of each frame."""
    image = Image.open(BytesIO(content))
    shown = []
    for frame in ImageSequence.Iterator(image):
        pixels = frame.convert("RGBA")
        # What is fully clear has no colour.
        clean = Image.composite(pixels, Image.new("RGBA", pixels.size), pixels.getchannel("A"))
        shown.append((clean.tobytes(), round(frame.info.get("duration", 0))))
    return shown


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def png(side: int, *between: bytes) -> bytes:
    """A black PNG made by hand, of one bit a pixel, with these chunks in front of its pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    pixels = zlib.compress(bytes(min(side, 30_000) * (side // 8 + 1)))
    rest = chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + rest


def gif(canvas: tuple[int, int], *frames: tuple[int, int, int, int]) -> bytes:
    """A GIF made by hand: frames as (left, top, width, height), each of a few pixels in fact."""
    head = b"GIF89a" + struct.pack("<HH", *canvas) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    body = b"".join(
        b"," + struct.pack("<HHHH", *frame) + b"\0" + b"\x02\x02\x4c\x01\0" for frame in frames
    )
    return head + body + b";"


ITXT_BOMB = png(8, chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(200 * 2**20), 9)))
ICC_BOMB = png(8, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(200 * 2**20), 9)))
