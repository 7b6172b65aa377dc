"""The outline of a GIF: how many frames, on what canvas. Nothing is decompressed for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outline:
    """`width` and `height` are of the smallest canvas that holds every frame, in pixels."""

    frames: int
    width: int
    height: int


def outline(data: bytes, most: int) -> Outline:
    """What the blocks of a GIF say; after `most` frames it stops counting.

    A file that is cut off, or goes on with something else, is told as far as it goes.
    """
    width, height = _pair(data, 6)
    frames, at = 0, 13 + _palette(data, 10)
    while frames < most:
        match data[at : at + 1]:
            case b"!":
                at = _after_blocks(data, at + 2)
            case b",":
                frames += 1
                (left, top), (across, down) = _pair(data, at + 1), _pair(data, at + 5)
                width, height = max(width, left + across), max(height, top + down)
                at = _after_blocks(data, at + 11 + _palette(data, at + 9))
            case _:
                break
    return Outline(frames, width, height)


def _pair(data: bytes, at: int) -> tuple[int, int]:
    both = data[at : at + 4].ljust(4, b"\0")
    return int.from_bytes(both[:2], "little"), int.from_bytes(both[2:], "little")


def _palette(data: bytes, at: int) -> int:
    """The bytes of the palette that the flags at this place announce."""
    flags = data[at] if at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
