"""Every AQL text there is. Values only go in as bind parameters; names come from constants.

Results are looked up by what lies in the field INDEX of each document (store.arango_documents).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from store.arango_documents import INDEX, digest, stored_key
from store.base import Between, DeleteAll, Order, Where
from store.collections import PROBES, Collection
from store.values import (
    LARGEST_SORT,
    check_indexed,
    check_order,
    sort_bound,
    wanted_facet,
    wanted_numbers,
    wanted_texts,
    wanted_values,
)

_ORDER, _SORT = f"d.{INDEX}.order", f"d.{INDEX}.number"
_SORTED = {
    Order.KEY: _ORDER,
    Order.ASCENDING: f"{_SORT}, {_ORDER}",
    Order.DESCENDING: f"{_SORT} DESC, {_ORDER}",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A text and its bind parameters; `rows`: as many as it returns at most.

    `counted`: whether the number without its limit is wanted too.
    """

    text: str
    binds: Mapping[str, Any]
    rows: int = 1
    counted: bool = False


@dataclass(slots=True)
class _Filters:
    """Conditions of one FOR, and what they are bound to."""

    lines: list[str] = field(default_factory=list)
    binds: dict[str, Any] = field(default_factory=dict)

    def add(self, left: str, operator: str, value: object) -> None:
        name = f"v{len(self.binds)}"
        self.binds[name] = value
        self.lines.append(f"FILTER {left} {operator} @{name}")

    def one_of(self, left: str, values: Sequence[object]) -> None:
        if len(values) == 1:
            self.add(left, "==", values[0])
        else:
            self.add(left, "IN", values)

    def text(self, *more: str) -> str:
        return " ".join(["FOR d IN @@c", *self.lines, *more])


def anything() -> Query:
    """Something to ask of a database that is there, with its collections."""
    return Query("FOR d IN @@c LIMIT 1 RETURN 1", {"@c": PROBES.name})


def listing(
    collection: Collection, where: Where, order: Order, *, limit: int, offset: int = 0
) -> Query:
    """One page of what matches. Raises ValueError for what no index can answer."""
    check_order(collection, order)
    found = _matching(collection, where)
    found.binds |= {
        "@c": collection.name,
        "offset": min(offset, LARGEST_SORT),
        "limit": min(limit, LARGEST_SORT),
    }
    return Query(
        found.text(f"SORT {_SORTED[order]}", "LIMIT @offset, @limit", "RETURN d"),
        found.binds,
        max(1, min(limit, LARGEST_SORT)),
        counted=True,
    )


def piece(
    collection: Collection,
    where: Where,
    order: Order,
    *,
    limit: int,
    after: tuple[str, int] | None,
    fields: Sequence[str] | None,
) -> Query:
    """What matches and comes behind `after` (order and sort), so many at most.

    Each result is [key, order, sort, the document], with `fields` instead of the last one [the
    exact JSON or null, the fields]. Raises ValueError.
    """
    check_order(collection, order)
    found = _matching(collection, where)
    _behind(found, order, after)
    found.binds |= {"@c": collection.name, "limit": limit}
    asked = "d"
    if fields is not None:
        check_indexed(collection, fields)
        found.binds["fields"] = list(fields)
        asked = f"[d.{INDEX}.json, KEEP(d, @fields)]"
    each = f"RETURN [NOT_NULL(d.{INDEX}.key, d._key), {_ORDER}, {_SORT}, {asked}]"
    return Query(found.text(f"SORT {_SORTED[order]}", "LIMIT @limit", each), found.binds, limit)


def one(collection: Collection, key: str) -> Query:
    """The document with this key."""
    binds = {"@c": collection.name, "key": stored_key(key)}
    return Query("FOR d IN @@c FILTER d._key == @key LIMIT 1 RETURN d", binds)


def state(
    documents: Mapping[str, Sequence[str]],
    keys: Mapping[str, Sequence[str]],
    uniques: Mapping[str, Sequence[str]],
) -> Query:
    """What a write has to know, in one answer: three lists, each with a list for each collection.

    They hold the documents with these keys; those of these keys that are taken; and [hash of the
    tuple, key] for those of these tuples that are taken.
    """
    binds: dict[str, Any] = {}
    unique = f"d.{INDEX}.unique"
    lists = (
        _lists(binds, "d", documents, "d._key", "d"),
        _lists(binds, "k", keys, "d._key", "d._key"),
        _lists(binds, "u", uniques, unique, f"[{unique}, d._key]"),
    )
    return Query(f"RETURN [{', '.join(lists)}]", binds)


def _lists(
    binds: dict[str, Any], name: str, asked: Mapping[str, Sequence[str]], by: str, result: str
) -> str:
    lists = []
    for place, (collection, values) in enumerate(asked.items()):
        binds[f"@{name}{place}"] = collection
        binds[f"{name}{place}in"] = values
        each = f"FOR d IN @@{name}{place} FILTER {by} IN @{name}{place}in RETURN {result}"
        lists.append(f"({each})")
    return f"[{', '.join(lists)}]"


def deletion(collection: str, keys: Sequence[str]) -> Query:
    """Delete documents; those that are not there are no error."""
    text = "FOR d IN @@c FILTER d._key IN @keys REMOVE d IN @@c"
    return Query(text, {"@c": collection, "keys": keys})


def release(collection: str, keys: Sequence[str]) -> Query:
    """Have those of these documents that are there give up their unique tuples."""
    change = f"UPDATE d WITH {{ {INDEX}: {{ unique: null }} }} IN @@c"
    text = f"FOR d IN @@c FILTER d._key IN @keys {change}"
    return Query(text, {"@c": collection, "keys": keys})


def touch(collection: str, keys: Sequence[str], mark: str) -> Query:
    """Change nothing of documents but a mark, so that nobody else changes them meanwhile."""
    text = f"FOR key IN @keys UPDATE key WITH {{ {INDEX}: {{ touched: @mark }} }} IN @@c"
    return Query(text, {"@c": collection, "keys": keys, "mark": mark})


def insertion(collection: str, documents: Sequence[msgspec.Raw]) -> Query:
    """Add documents whose keys nobody has."""
    text = "FOR d IN @documents INSERT d INTO @@c"
    return Query(text, {"@c": collection, "documents": documents})


def replacement(collection: str, documents: Sequence[msgspec.Raw]) -> Query:
    """Add documents, or put them in the place of those that have their keys."""
    text = 'FOR d IN @documents INSERT d INTO @@c OPTIONS { overwriteMode: "replace" }'
    return Query(text, {"@c": collection, "documents": documents})


def sweep(operation: DeleteAll) -> Query:
    """Delete a partition, or its beginning."""
    found = _Filters()
    found.add(f"d.{INDEX}.partition", "==", digest(wanted_texts(operation.partition)))
    if operation.upto is not None:
        found.add(_SORT, "<=", _bound(operation.upto))
    found.binds["@c"] = operation.collection.name
    return Query(found.text("REMOVE d IN @@c"), found.binds)


def _matching(collection: Collection, where: Where) -> _Filters:
    found = _Filters()
    facet = wanted_facet(collection, where)
    for name, wanted in where.items():
        if isinstance(wanted, Between):
            if wanted.above is not None:
                found.add(_SORT, ">", _bound(wanted.above))
            if wanted.upto is not None:
                found.add(_SORT, "<=", _bound(wanted.upto))
        elif name == "_key":
            keys = [stored_key(each) for each in wanted_values(wanted) if isinstance(each, str)]
            found.one_of("d._key", keys)
        elif name == collection.sort:
            found.one_of(_SORT, wanted_numbers(wanted))
        else:
            own = "partition" if name == collection.partition else f"facet{facet.index(name)}"
            found.one_of(f"d.{INDEX}.{own}", [digest([text]) for text in wanted_texts(wanted)])
    return found


def _bound(number: int) -> int | float:
    # There is no infinity in JSON.
    return max(-1e300, min(1e300, sort_bound(number)))


def _behind(found: _Filters, order: Order, after: tuple[str, int] | None) -> None:
    if after is None:
        return
    key, number = after
    if order is Order.KEY:
        found.add(_ORDER, ">", key)
        return
    found.binds |= {"key": key, "number": number}
    sign = ">" if order is Order.ASCENDING else "<"
    found.lines.append(
        f"FILTER {_SORT} {sign}= @number FILTER {_SORT} {sign} @number OR {_ORDER} > @key"
    )
