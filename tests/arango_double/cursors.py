"""Queries over HTTP, and what is left of their results."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.arango_double.database import Database
from tests.arango_double.documents import next_number
from tests.arango_double.errors import ArangoError, unknown
from tests.arango_double.queries import parse
from tests.arango_double.requests import Answer, Request, fine
from tests.arango_double.transactions import Transaction, Transactions

Routes: TypeAlias = list[tuple[str, re.Pattern[str], Callable[..., Answer]]]

#: Results of one answer, where nobody says how many.
BATCH = 1000


@dataclass
class Cursor:
    """What is left of a result."""

    database: Database
    rows: list[Any]
    size: int
    extra: dict[str, Any]
    count: int | None
    until: float
    number: int = 1


class Cursors:
    """Those that are not read to their end."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._open: dict[str, Cursor] = {}
        one = re.compile("/_api/cursor/([^/]+)")
        self.routes: Routes = [
            ("POST", re.compile("/_api/cursor"), self._execute),
            ("POST", one, self._next),
            ("PUT", one, self._next),
            ("DELETE", one, self._close),
        ]

    def _execute(self, database: Database, request: Request) -> Answer:
        given = request.fields
        query = given.get("query")
        if not isinstance(query, str):
            raise ArangoError(400, 1502, "query is empty")
        size = given.get("batchSize", BATCH)
        if type(size) is not int or size < 1:
            raise ArangoError(400, 10, "bad parameter: expecting a positive batchSize")
        binds = given.get("bindVars") or {}
        options = given.get("options") or {}
        parsed = parse(query)
        for name in set().union(*parsed.collections(binds)):
            database.collection(name)
        with_in = self._transaction(database, request, parsed.collections(binds)[1])
        try:
            rows, context = parsed.run(with_in, binds)
        except ArangoError as error:
            self._failed(with_in, request)
            raise _in_query(error) from None
        except (KeyError, TypeError, AttributeError) as error:
            self._failed(with_in, request)
            raise unknown(f"what this means ({error!r}): {query}") from None
        if request.transaction is None:
            self._transactions.commit(with_in)
        stats: dict[str, Any] = {
            "writesExecuted": context.writes,
            "writesIgnored": 0,
            "scannedFull": 0,
            "scannedIndex": 0,
            "filtered": 0,
            "httpRequests": 0,
            "executionTime": 0.0,
            "peakMemoryUsage": 0,
        }
        if options.get("fullCount") and context.full_count is not None:
            stats["fullCount"] = context.full_count
        cursor = Cursor(
            database,
            rows,
            size,
            {"warnings": [], "stats": stats},
            len(rows) if given.get("count") else None,
            time.monotonic() + float(given.get("ttl") or 30),
        )
        return self._batch(str(next_number()), cursor, 201)

    def _transaction(self, database: Database, request: Request, writes: set[str]) -> Transaction:
        if request.transaction is None:
            return self._transactions.begin(database, writes, stream=False)
        return self._transactions.running(database, request.transaction)

    def _failed(self, begun: Transaction, request: Request) -> None:
        if request.transaction is None:
            self._transactions.abort(begun)

    def _batch(self, id: str, cursor: Cursor, status: int) -> Answer:
        batch, cursor.rows = cursor.rows[: cursor.size], cursor.rows[cursor.size :]
        more: dict[str, Any] = {"result": batch, "hasMore": bool(cursor.rows), "cached": False}
        if cursor.count is not None:
            more["count"] = cursor.count
        if cursor.rows:
            cursor.number += 1
            self._open[id] = cursor
            more |= {"id": id, "nextBatchId": str(cursor.number)}
        else:
            self._open.pop(id, None)
        return fine(status, extra=cursor.extra, **more)

    def _next(self, database: Database, request: Request, id: str) -> Answer:
        return self._batch(id, self._found(database, id), 200)

    def _close(self, database: Database, request: Request, id: str) -> Answer:
        self._found(database, id)
        del self._open[id]
        return fine(202, id=id)

    def _found(self, database: Database, id: str) -> Cursor:
        found = self._open.get(id)
        if found is None or found.database is not database or found.until < time.monotonic():
            self._open.pop(id, None)
            raise ArangoError(404, 1600, "cursor not found")
        return found


def _in_query(error: ArangoError) -> ArangoError:
    """An error as a query tells it."""
    if error.number in (1200, 1202, 1210):
        code = 409 if error.number == 1200 else error.code
        return ArangoError(code, error.number, f"AQL: {error} (while executing)")
    return error
