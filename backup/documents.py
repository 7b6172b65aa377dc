"""Documents as a backup file has them: equal ones are equal texts, from whichever store.

A whole number is written without a fraction, objects have their fields in one order, and `_rev` is
made of the content: so two exports of the same data differ in their date only.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from store.collections import Kind

#: Collections as they are in a file, in the order in which it has them.
COLLECTIONS: Mapping[str, Kind] = {
    "workspaces": Kind.DOCUMENT,
    "users": Kind.DOCUMENT,
    "memberships": Kind.DOCUMENT,
    "categories": Kind.DOCUMENT,
    "node_configs": Kind.DOCUMENT,
    "data_types": Kind.DOCUMENT,
    "images": Kind.DOCUMENT,
    "workflows": Kind.DOCUMENT,
    "nodes": Kind.DOCUMENT,
    "edges": Kind.EDGE,
    "history": Kind.DOCUMENT,
    "receipts": Kind.DOCUMENT,
}
#: What a workflow consists of beside the document of its own.
PARTS = ("nodes", "edges", "history", "receipts")

_LARGEST = 2.0**53
_encode = msgspec.json.Encoder(order="deterministic").encode


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _LARGEST else number


_decoder = msgspec.json.Decoder(float_hook=_number)


def canonical(value: object) -> bytes:
    """A JSON value as the one text that stands for all those equal to it; it may hold Raw."""
    return _encode(_decoder.decode(msgspec.json.encode(value)))


def encoded(collection: str, key: str, fields: Mapping[str, Any]) -> bytes:
    """A document of a file."""
    content = canonical(fields)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())[:11].decode()
    names = canonical({"_id": f"{collection}/{key}", "_key": key, "_rev": f"_{digest}"})
    return names if content == b"{}" else names[:-1] + b"," + content[1:]
