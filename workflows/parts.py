"""Nodes and edges at rest: as JSON, a tenth of what they take as Python objects, until touched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec
from msgspec import Raw

from workflows.places import encode
from workflows.values import Json

#: A node or an edge in a document: its JSON, or the object once somebody has touched it. Not Raw,
#: which would take half as much again.
Part: TypeAlias = bytes | dict[str, Json]

_decode = msgspec.json.Decoder().decode


def pack(part: Part) -> bytes:
    """The part as JSON."""
    # What the encoder returns has room for more at its end; the copy has not.
    return part if type(part) is bytes else bytes(memoryview(encode(part)))


def unpack(part: Part) -> Json:
    """The part as an object; of a packed one, an object of its own."""
    return _decode(part) if type(part) is bytes else part


def whole(parts: Mapping[str, Part]) -> dict[str, Raw | dict[str, Json]]:
    """The parts as the encoder takes them."""
    return {key: Raw(part) if isinstance(part, bytes) else part for key, part in parts.items()}
