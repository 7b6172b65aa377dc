"""A store as a dictionary, in as few words as can be: what the real ones are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from store.base import (
    AnyOf,
    Between,
    Conflict,
    Delete,
    DeleteAll,
    Expect,
    Insert,
    Operation,
    Order,
    Patch,
    Put,
)
from store.collections import COLLECTIONS, Collection

Key: TypeAlias = tuple[str, str]
State: TypeAlias = dict[Key, dict[str, Any]]


def written(state: State, operations: Sequence[Operation]) -> State:
    """The state after a write. Raises Conflict."""
    single = [each for each in operations if not isinstance(each, DeleteAll)]
    failed = {_key(each) for each in single if not _holds(state, each)}
    after, changed = dict(state), set[Key]()
    for each in single:
        match each:
            case Delete():
                after.pop(_key(each), None)
            case Put() | Insert():
                after[_key(each)] = each.body
                changed.add(_key(each))
            case Patch() if _key(each) not in failed:
                after[_key(each)] = after[_key(each)] | each.fields
                changed.add(_key(each))
    holders = Counter(_unique(key, body) for key, body in after.items())
    failed |= {key for key in changed if (one := _unique(key, after[key])) and holders[one] > 1}
    if failed:
        raise Conflict(frozenset(failed))
    for sweep in operations:
        if isinstance(sweep, DeleteAll):
            after = {key: body for key, body in after.items() if not _is_swept(sweep, key, body)}
    return after


def found(
    state: State, collection: Collection, where: Mapping[str, Any], order: Order
) -> list[tuple[str, dict[str, Any]]]:
    """The documents that match, with their keys, in order."""
    rows = sorted(
        (key, body)
        for (name, key), body in state.items()
        if name == collection.name
        and all(
            _matches(key if field == "_key" else body.get(field), wanted)
            for field, wanted in where.items()
        )
    )
    if order is not Order.KEY and collection.sort is not None:
        rows.sort(key=lambda row: row[1][collection.sort or ""], reverse=order is Order.DESCENDING)
    return rows


def _key(operation: Operation) -> Key:
    assert not isinstance(operation, DeleteAll)
    return operation.collection.name, operation.key


def _holds(state: State, operation: Operation) -> bool:
    body = state.get(_key(operation))
    match operation:
        case Insert():
            return body is None
        case Patch() | Delete():
            expected = operation.expect
        case Expect():
            expected = operation.fields
        case _:
            return True
    return expected is None or (
        body is not None and all(_same(body.get(name), value) for name, value in expected.items())
    )


def _unique(key: Key, body: Mapping[str, Any]) -> str | None:
    """The unique tuple as a text, equal where JSON values are equal."""
    values = [body.get(field) for field in COLLECTIONS[key[0]].unique]
    if not values or None in values:
        return None
    return msgspec.json.encode([key[0], *(_plain(value) for value in values)]).decode()


def _is_swept(sweep: DeleteAll, key: Key, body: Mapping[str, Any]) -> bool:
    collection = sweep.collection
    return (
        key[0] == collection.name
        and _same(body.get(collection.partition or ""), sweep.partition)
        and (sweep.upto is None or body[collection.sort or ""] <= sweep.upto)
    )


def _matches(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, AnyOf):
        return any(_same(value, each) for each in wanted.values)
    if isinstance(wanted, Between):
        above = -(2**99) if wanted.above is None else wanted.above
        return bool(above < value <= (2**99 if wanted.upto is None else wanted.upto))
    return _same(value, wanted)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
