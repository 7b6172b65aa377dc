"""Nodes and edges at rest: as JSON, a tenth of what they take as Python objects, until touched."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw

from workflows.places import encode
from workflows.values import Json

#: A node or an edge in a document: its JSON, or the object once somebody has touched it.
Part: TypeAlias = Raw | dict[str, Json]

_decode = msgspec.json.Decoder().decode


def pack(part: Part) -> Raw:
    """The part as JSON."""
    # What the encoder returns has room for more at its end; the copy has not.
    return part if type(part) is Raw else Raw(bytes(memoryview(encode(part))))


def unpack(part: Part) -> Json:
    """The part as an object; of a packed one, an object of its own."""
    return _decode(part) if type(part) is Raw else part
