"""Which bytes of a file a request asks for (RFC 9110, section 14). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=\s*(\d{0,20})\s*-\s*(\d{0,20})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to, without, `end`."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """None of the bytes asked for is there."""


def span(header: str, size: int) -> Span | None:
    """What a Range header asks of a file of `size` bytes; None: all of it, in one piece.

    Several ranges, other units and what is no range at all are answered with the whole, as one may.
    Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), size
        if match[2]:
            last = int(match[2])
            if last < start:
                return None
            end = min(last + 1, size)
    if start >= end:
        raise Unsatisfiable
    return Span(start, end)
