"""How workflows and their history look in answers; documents pass as the JSON they are."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpResponse

from workflows.live import State, Told
from workflows.repository import Head, HistoryEntry


class Shape(msgspec.Struct):
    """A workflow's document, with its parts left as JSON."""

    name: str
    category: str | None
    description: str | None
    data: msgspec.Raw
    nodes: dict[str, msgspec.Raw]
    edges: dict[str, msgspec.Raw]


def json(data: object) -> HttpResponse:
    """An answer; a msgspec.Raw in it is JSON already."""
    return HttpResponse(
        msgspec.json.encode(data),
        content_type="application/json; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def listed(head: Head) -> dict[str, object]:
    """A workflow in a list."""
    return {
        "_key": head.key,
        "name": head.name,
        "category": head.category,
        "description": head.description,
        "workspace": head.workspace,
        "createdAt": head.createdAt,
        "updatedAt": head.updatedAt,
    }


def without_parts(state: State) -> dict[str, object]:
    """A workflow without its nodes and edges."""
    return _outline(state, msgspec.json.decode(state.document, type=Shape))


def whole(state: State) -> dict[str, object]:
    """A workflow with its nodes and edges as arrays, ascending by `_key`."""
    shape = msgspec.json.decode(state.document, type=Shape)
    parts = {"nodes": _as_array(shape.nodes), "edges": _as_array(shape.edges)}
    return {**_outline(state, shape), **parts}


def told(told: Told) -> dict[str, object]:
    """Where a batch stands in the order, and what was applied if that is not what was sent."""
    answer: dict[str, object] = {"seq": told.seq, "timestamp": told.timestamp}
    if told.instructions is not None:
        answer["instructions"] = msgspec.Raw(told.instructions)
    return answer


def batch(entry: HistoryEntry, username: str | None) -> dict[str, Any]:
    """One batch of the history, and the name of who sent it."""
    return {**msgspec.structs.asdict(entry), "username": username}


def _outline(state: State, shape: Shape) -> dict[str, object]:
    inside = {
        "name": shape.name,
        "category": shape.category,
        "description": shape.description,
        "data": shape.data,
    }
    return {**listed(state.head), **inside, "seq": state.head.seq}


def _as_array(parts: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    return [_keyed(key, bytes(parts[key])) for key in sorted(parts)]


def _keyed(key: str, part: bytes) -> msgspec.Raw:
    """The object with `_key` as its first field."""
    fields = part[1:].lstrip()
    separator = b"" if fields.startswith(b"}") else b","
    return msgspec.Raw(b'{"_key":' + msgspec.json.encode(key) + separator + fields)
