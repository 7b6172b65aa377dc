"""A document as the columns of its row: the texts that indexes compare, and the body as JSON.

Every text that an index holds is made here, so that PostgreSQL's limits (no NUL in a text, at most
2,704 bytes an index entry) never show outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from store.base import Body, Corrupt, TooLarge
from store.collections import Collection
from store.values import LONGEST_KEY, index_text, sort_value, unique_texts

#: Stands in no row: what no document can have is looked up by it.
NO_KEY = "\x01"
#: The largest body in bytes of JSON; both databases end at a gigabyte a statement.
LARGEST_BODY = 128 * 1024 * 1024

#: What `sort` holds where the collection has no sort field.
NO_SORT = 0

_ESCAPES = {0: "\x01\x01", 1: "\x01\x02"}
_ESCAPED = re.compile("\x01([\x01\x02])")
_encode = msgspec.json.Encoder().encode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Row(NamedTuple):
    """The columns of one document, in the order of the table."""

    collection: str
    key: str
    partition: str
    facet: str | None
    sort: int
    unique: str | None
    body: str


def stored_key(key: str) -> str:
    """The key as its column holds it, in the same order of code points.

    NO_KEY if no document can have this key.
    """
    if "\x00" in key or "\x01" in key:
        key = key.translate(_ESCAPES)
    try:
        return key if len(key.encode()) <= LONGEST_KEY else NO_KEY
    except UnicodeEncodeError:
        return NO_KEY


def original_key(stored: str) -> str:
    """The key that `stored_key` was made from."""
    if "\x01" not in stored:
        return stored
    return _ESCAPED.sub(lambda match: chr(ord(match[1]) - 1), stored)


def joined(texts: Sequence[str]) -> str:
    """Index texts as one: it begins with the join of the first values, and of no other values."""
    return ",".join(texts) + ","


def row(collection: Collection, key: str, body: Mapping[str, Any]) -> Row:
    """The row of a document.

    Raises TooLarge for a key or body over the limits, ValueError for texts that are not Unicode and
    for a sort field that is no 64 bit integer.
    """
    stored = stored_key(key)
    if stored == NO_KEY:
        key.encode()
        raise TooLarge(f"a key in {collection.name} is longer than {LONGEST_KEY} bytes: shorten it")
    encoded = _encode(body)
    if len(encoded) > LARGEST_BODY:
        raise TooLarge(f"{collection.name}/{key} is over {LARGEST_BODY} bytes: split it")
    return Row(
        collection.name,
        stored,
        index_text(body.get(collection.partition)) if collection.partition else "",
        _values(collection.facet, body),
        NO_SORT if (number := sort_value(collection, key, body)) is None else number,
        None if (texts := unique_texts(collection, body)) is None else joined(texts),
        encoded.decode(),
    )


def patched(collection: Collection, key: str, body: str | bytes, fields: Body) -> Row:
    """The row of a document with some fields set; the others keep their JSON to the byte.

    Raises Corrupt, and what `row` raises.
    """
    return row(collection, key, raw_fields(collection.name, key, body) | fields)


def raw_fields(collection: str, key: str, body: str | bytes) -> dict[str, Any]:
    """The fields of a stored body, each as the JSON it is. Raises Corrupt."""
    try:
        # values are not looked into, so that a text which is none would go unnoticed
        return dict(_decode_raw(body if isinstance(body, str) else body.decode()))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(collection, key) from error


def decoded(collection: str, key: str, body: str | bytes) -> Body:
    """A stored body. Raises Corrupt."""
    try:
        return _decode_object(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(collection, key) from error


def indexed_fields(
    collection: Collection, partition: str, facet: str | None, sort: int
) -> Body | None:
    """The partition, facet and sort fields by name; None if an index holds but a hash of one."""
    try:
        values = msgspec.json.decode(f"[{facet or ''}{partition or 'null'}]")
    except msgspec.DecodeError:
        return None
    body: Body = dict(zip(collection.facet, values, strict=False))
    if collection.partition:
        body[collection.partition] = values[-1]
    if collection.sort:
        body[collection.sort] = sort
    return body


def _values(fields: tuple[str, ...], body: Mapping[str, Any]) -> str | None:
    return joined([index_text(body.get(field)) for field in fields]) if fields else None
