"""Reads of the ArangoDB store: pages with their totals, and long results in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from store import arango_queries as aql
from store.arango_documents import unpacked
from store.arango_queries import Query
from store.base import Body, Corrupt, Document, Order, Page, Reader, Where
from store.collections import Collection
from store.values import check_page

#: One piece of an iteration: so many at first, then as many as make about so many bytes.
_FIRST_PIECE, _LARGEST_PIECE, _PIECE_BYTES = 16, 10_000, 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned, how many bytes that were, and how many there are without its limit."""

    rows: list[Any]
    size: int
    total: int


#: Runs one query and returns all of its results.
Ask: TypeAlias = Callable[[Query], Answer]


class ArangoReader(Reader):
    """Reads by `ask`; whether they see one state is up to the transaction that it runs in."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def get(self, collection: Collection, key: str) -> Document | None:
        rows = self._ask(aql.one(collection, key)).rows
        return unpacked(collection, rows[0]) if rows else None

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
        query = aql.listing(collection, where or {}, order, limit=limit, offset=offset)
        answer = self._ask(query)
        return Page([unpacked(collection, each) for each in answer.rows], answer.total)

    def iterate(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[Document]:
        where = dict(where or {})
        # What cannot be is said at once, and not when the first result is asked for.
        aql.piece(collection, where, order, limit=1, after=None, fields=fields)

        def pieces() -> Iterator[Document]:
            left, asked, after = limit, _FIRST_PIECE, None
            while left is None or left > 0:
                wanted = asked if left is None else min(asked, left)
                query = aql.piece(
                    collection, where, order, limit=wanted, after=after, fields=fields
                )
                answer = self._ask(query)
                for row in answer.rows:
                    yield _document(collection, row, fields)
                if len(answer.rows) < wanted:
                    return
                left = None if left is None else left - wanted
                after = (answer.rows[-1][1], answer.rows[-1][2])
                asked = max(1, min(_LARGEST_PIECE, wanted * _PIECE_BYTES // max(1, answer.size)))

        return pieces()


def _document(collection: Collection, row: list[Any], fields: Sequence[str] | None) -> Document:
    """A document of a result of `arango_queries.piece`."""
    if fields is None:
        return unpacked(collection, row[3])
    key, exact, found = row[0], row[3][0], row[3][1]
    if exact is not None:
        found = _fields_of(collection, key, exact)
    return Document(key, {field: found.get(field) for field in fields})


def _fields_of(collection: Collection, key: str, exact: str) -> Body:
    try:
        return msgspec.json.decode(exact, type=dict[str, Any])
    except (msgspec.DecodeError, TypeError) as error:
        raise Corrupt(collection.name, key) from error
