"""What a document may be, and what the server makes of it."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Mapping
from typing import Any, TypeAlias

from tests.arango_double.errors import ArangoError

Doc: TypeAlias = dict[str, Any]

_KEY = re.compile(r"[A-Za-z0-9_\-.@()+,=;$!*'%:]{1,254}")
_counter = itertools.count(1)
_guard = threading.Lock()


def next_number() -> int:
    """A number that no other thing of this server has."""
    with _guard:
        return next(_counter)


def skip_numbers(upto: int) -> None:
    """Have the numbers go on behind those that an earlier run gave."""
    global _counter
    with _guard:
        _counter = itertools.count(upto + 1)


def made(collection: str, given: object, *, edge: bool, key: str | None = None) -> Doc:
    """The document that is stored for what was given. Raises ArangoError."""
    if not isinstance(given, dict):
        raise ArangoError(400, 1227, "invalid document type")
    if key is None:
        key = given.get("_key", str(next_number()) if "_key" not in given else None)
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ArangoError(400, 1221, "illegal document key")
    document: Doc = {"_key": key, "_id": f"{collection}/{key}", "_rev": f"_r{next_number()}"}
    if edge:
        for end in ("_from", "_to"):
            if not isinstance(given.get(end), str) or "/" not in given[end]:
                raise ArangoError(400, 1233, "edge attribute missing or invalid")
            document[end] = given[end]
    return document | {name: each for name, each in given.items() if name[:1] != "_"}


def changed(old: Doc, change: object, *, edge: bool, keep_null: bool, merge: bool) -> Doc:
    """A document with some fields set. Raises ArangoError."""
    if not isinstance(change, dict):
        raise ArangoError(400, 1227, "invalid document type")
    fields = merged(old, change, keep_null=keep_null, merge=merge)
    return made(old["_id"].partition("/")[0], fields, edge=edge, key=old["_key"])


def merged(
    old: Mapping[str, Any], change: Mapping[str, Any], *, keep_null: bool, merge: bool
) -> Doc:
    """The fields of both; those of `change` count more, and objects may be merged."""
    found = dict(old)
    for name, value in change.items():
        if value is None and not keep_null:
            found.pop(name, None)
        elif merge and isinstance(value, dict) and isinstance(found.get(name), dict):
            found[name] = merged(found[name], value, keep_null=keep_null, merge=True)
        else:
            found[name] = value
    return found


def at(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What stands at a path; None where there is nothing."""
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def marked(document: Mapping[str, Any]) -> Doc:
    """What the server answers of a document that was written."""
    return {name: document[name] for name in ("_id", "_key", "_rev")}
