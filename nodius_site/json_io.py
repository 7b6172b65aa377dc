"""How JSON comes in and goes out under /api."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

#: Bytes that are decoded at once. Nothing else runs meanwhile, not even the event loop: a workflow
#: of 16 MiB in one step would hold up every socket of the process for a second.
STEP = 256 * 1024
#: Commas in a body, and so about the values in it: as many as the largest workflow of small values
#: has. One object or array is decoded in one step; with six million empty ones it would take as
#: long as a second.
MOST_VALUES = 990_000


class TooMany(ValueError):
    """The JSON holds too many values to be decoded at all."""


class JsonParser(Parser):
    """Reads bodies by msgspec, which takes no NaN, no trailing data and no number out of range."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's JSON value. Raises TooMany, ValueError, RecursionError (nested too deeply)."""
        if request.body.count(b",") > MOST_VALUES:
            raise TooMany
        return decode(request.body)


class JsonRenderer(BaseRenderer):
    """Writes answers by msgspec; a msgspec.Raw among the data is JSON that is encoded already."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The data as JSON."""
        return msgspec.json.encode(data)


def decode(json: bytes | msgspec.Raw) -> Any:
    """A JSON value, a large one in steps. Raises ValueError, RecursionError (nested too deeply)."""
    view = memoryview(json)
    if len(view) <= STEP:
        return msgspec.json.decode(json)
    match bytes(view[:STEP]).lstrip()[:1]:
        case b"{":
            fields = msgspec.json.decode(json, type=dict[str, msgspec.Raw])
            return {name: decode(value) for name, value in fields.items()}
        case b"[":
            return [decode(value) for value in msgspec.json.decode(json, type=list[msgspec.Raw])]
        case _:
            return msgspec.json.decode(json)
