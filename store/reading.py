"""Reads of the SQL store: conditions as SQL, and results in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, TypeAlias

import msgspec

from store.base import AnyOf, Between, Document, Order, Page, Reader, Scalar, Where
from store.collections import Collection
from store.columns import NO_SORT, decoded, indexed_fields, joined, original_key, stored_key
from store.dialects import Dialect, Parameter
from store.values import (
    LARGEST_SORT,
    check_indexed,
    check_order,
    check_page,
    sort_bound,
    wanted_facet,
    wanted_numbers,
    wanted_texts,
    wanted_values,
)

#: Runs one SELECT and returns all of its rows.
Ask: TypeAlias = Callable[[str, Sequence[Parameter]], list[tuple[Any, ...]]]

_FROM = "FROM store_document AS document"
#: One piece of an iteration: so many rows at first, then as many as make about so many bytes.
_FIRST_PIECE, _LARGEST_PIECE, _PIECE_BYTES = 16, 2_000, 1024 * 1024
#: Follows every text that begins with a facet prefix: JSON values begin with something smaller.
_HIGH = "~"
_SORTED = {
    Order.KEY: "ORDER BY document.key",
    Order.ASCENDING: "ORDER BY document.sort, document.key",
    Order.DESCENDING: "ORDER BY document.sort DESC, document.key",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Part of a WHERE clause with its parameters."""

    sql: str
    parameters: tuple[Parameter, ...] = ()

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self.sql} AND {other.sql}", self.parameters + other.parameters)


class SqlReader(Reader):
    """Reads by `ask`; whether they see one state is up to the transaction that it runs in."""

    def __init__(self, ask: Ask, dialect: Dialect) -> None:
        self._ask = ask
        self._dialect = dialect

    def get(self, collection: Collection, key: str) -> Document | None:
        rows = self._ask(
            f"SELECT {self._dialect.body} {_FROM} WHERE collection = %s AND key = %s",
            (collection.name, stored_key(key)),
        )
        return Document(key, decoded(collection.name, key, rows[0][0])) if rows else None

    def find(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int,
        offset: int = 0,
    ) -> Page:
        check_page(limit, offset)
        check_order(collection, order)
        condition = _matching(collection, where or {}, self._dialect)
        count = f"SELECT COUNT(*) {_FROM} WHERE {condition.sql}"
        rows = self._ask(
            f"SELECT document.key, {self._dialect.body}, ({count}) {_FROM}"
            f" WHERE {condition.sql} {_SORTED[order]} LIMIT %s OFFSET %s",
            (
                *condition.parameters,
                *condition.parameters,
                min(limit, LARGEST_SORT),
                min(offset, LARGEST_SORT),
            ),
        )
        total = rows[0][2] if rows else self._ask(count, condition.parameters)[0][0]
        return Page([_document(collection, key, body) for key, body, _ in rows], total)

    def iterate(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[Document]:
        condition = _matching(collection, where or {}, self._dialect)
        check_order(collection, order)
        if fields is None:
            return self._bodies(_Pieces(collection, condition, order, limit))
        check_indexed(collection, fields)
        return self._fields(_Pieces(collection, condition, order, limit), fields)

    def _bodies(self, pieces: _Pieces) -> Iterator[Document]:
        for piece in self._pieces(pieces, self._dialect.body):
            for key, _, body in piece:
                yield _document(pieces.collection, key, body)

    def _fields(self, pieces: _Pieces, fields: Sequence[str]) -> Iterator[Document]:
        collection = pieces.collection
        for piece in self._pieces(pieces, "document.partition, document.facet"):
            for stored, sort, partition, facet in piece:
                key = original_key(stored)
                body = indexed_fields(collection, partition, facet, sort)
                document = self.get(collection, key) if body is None else Document(key, body)
                if document is not None:
                    yield Document(key, {field: document.body.get(field) for field in fields})

    def _pieces(self, pieces: _Pieces, columns: str) -> Iterator[list[tuple[Any, ...]]]:
        """Key, sort and these columns of the rows, by SELECTs that each go on after the last."""
        rows = _FIRST_PIECE
        while pieces.left is None or pieces.left > 0:
            asked = rows if pieces.left is None else min(rows, pieces.left)
            piece = self._ask(
                f"SELECT document.key, document.sort, {columns} {_FROM}"
                f" WHERE {pieces.condition.sql} {_SORTED[pieces.order]} LIMIT %s",
                (*pieces.condition.parameters, asked),
            )
            yield piece
            if len(piece) < asked:
                return
            size = sum(len(text or "") for row in piece for text in row[2:])
            rows = max(1, min(_LARGEST_PIECE, asked * _PIECE_BYTES // max(1, size)))
            pieces = pieces.after(piece[-1][0], piece[-1][1], asked)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What is left of an iteration; `condition` leaves out what has been given."""

    collection: Collection
    whole: Condition
    order: Order
    left: int | None
    given: Condition | None = None

    @property
    def condition(self) -> Condition:
        return self.whole if self.given is None else self.whole & self.given

    def after(self, key: str, sort: int, count: int) -> _Pieces:
        left = None if self.left is None else self.left - count
        return replace(self, left=left, given=_after(self.order, key, sort))


def _after(order: Order, key: str, sort: int) -> Condition:
    match order:
        case Order.KEY:
            return Condition("document.key > %s", (key,))
        case Order.ASCENDING:
            return Condition("(document.sort, document.key) > (%s, %s)", (sort, key))
        case Order.DESCENDING:
            return Condition(
                "document.sort <= %s AND (document.sort < %s OR document.key > %s)",
                (sort, sort, key),
            )


def _document(collection: Collection, stored: str, body: str | bytes) -> Document:
    key = original_key(stored)
    return Document(key, decoded(collection.name, key, body))


def _matching(collection: Collection, where: Where, dialect: Dialect) -> Condition:
    """The WHERE clause for what matches. Raises ValueError for fields that are in no index."""
    condition = Condition("document.collection = %s", (collection.name,))
    if collection.sort is None:
        # true of every row, and lets the index by partition give the rows in key order
        condition &= Condition("document.sort = %s", (NO_SORT,))
    facet = wanted_facet(collection, where)
    for field, wanted in where.items():
        if isinstance(wanted, Between):
            condition &= _between(wanted)
        elif field == "_key":
            keys = [stored_key(key) for key in wanted_values(wanted) if isinstance(key, str)]
            condition &= _one_of("document.key", keys, dialect)
        elif field == collection.partition:
            condition &= _one_of("document.partition", wanted_texts(wanted), dialect)
        elif field == collection.sort:
            condition &= _sort_one_of(wanted, dialect)
    return condition & _facet(collection, facet, where, dialect) if facet else condition


def _facet(
    collection: Collection, fields: tuple[str, ...], where: Where, dialect: Dialect
) -> Condition:
    prefixes = [
        joined(texts) for texts in product(*(wanted_texts(where[field]) for field in fields))
    ]
    if len(fields) == len(collection.facet):
        return _one_of("document.facet", prefixes, dialect)
    if len(prefixes) == 1:
        return Condition(
            "document.facet >= %s AND document.facet < %s", (prefixes[0], prefixes[0] + _HIGH)
        )
    return Condition(
        f"EXISTS (SELECT 1 FROM {dialect.texts} AS prefixes"  # noqa: S608 - constants
        f" WHERE document.facet >= value AND document.facet < value || '{_HIGH}')",
        (_json(prefixes),),
    )


def _one_of(column: str, texts: list[str], dialect: Dialect) -> Condition:
    if len(texts) == 1:
        return Condition(f"{column} = %s", (texts[0],))
    return Condition(f"{column} IN {dialect.texts}", (_json(texts),))


def _sort_one_of(wanted: Scalar | AnyOf, dialect: Dialect) -> Condition:
    numbers = wanted_numbers(wanted)
    if len(numbers) == 1:
        return Condition("document.sort = %s", (numbers[0],))
    return Condition(f"document.sort IN {dialect.numbers}", (_json(numbers),))


def _between(wanted: Between) -> Condition:
    condition = Condition("document.sort IS NOT NULL")
    if wanted.above is not None:
        condition &= Condition("document.sort > %s", (sort_bound(wanted.above),))
    if wanted.upto is not None:
        condition &= Condition("document.sort <= %s", (sort_bound(wanted.upto),))
    return condition


def _json(values: Sequence[str | int]) -> str:
    return msgspec.json.encode(values).decode()
