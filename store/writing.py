"""Writes of the SQL store: in which order the statements go, and what stands against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from store.base import Conflict, Delete, DeleteAll, Insert, Operation, Patch, Put
from store.collections import WORKFLOWS
from store.columns import Row, original_key, patched, raw_fields, row, stored_key
from store.dialects import Dialect, Parameter
from store.driver import Cursor
from store.operations import Operations, Single, expected, matches, name_of, needs_state
from store.values import index_text, sort_bound

#: A collection's name and a key, as their columns hold them.
_Key: TypeAlias = tuple[str, str]
_Found: TypeAlias = Mapping[_Key, str | bytes]

_TABLE = "store_document (collection, key, partition, facet, sort, unique_values, body)"
_COPY = f"COPY {_TABLE} FROM STDIN"
_INSERT = f"INSERT INTO {_TABLE} VALUES (%s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - constants
_PUT = (
    f"{_INSERT} ON CONFLICT (collection, key) DO UPDATE SET partition = excluded.partition,"
    " facet = excluded.facet, sort = excluded.sort, unique_values = excluded.unique_values,"
    " body = excluded.body"
)
_FREE = "UPDATE store_document SET unique_values = NULL WHERE collection = %s AND key = %s"
_DELETE = "DELETE FROM store_document WHERE collection = %s AND key = %s"
_DELETE_ALL = "DELETE FROM store_document WHERE collection = %s AND partition = %s"


class Write:
    """One atomic write. All that can be encoded is encoded here, before any lock is taken.

    Raises ValueError if two operations name one document, and what `store.columns.row` raises.
    """

    def __init__(self, operations: Sequence[Operation], dialect: Dialect) -> None:
        self._dialect = dialect
        taken = Operations(operations)
        #: Whether there are only conditions to judge, which takes a single statement.
        self.changes_nothing = taken.changes_nothing
        self._sweeps = [_sweep(each) for each in taken.sweeps]
        self._single, self._conditions = taken.single, taken.conditions
        self._locked = [_stored(each) for each in self._single if needs_state(each)]
        self._inserts = [_row(each) for each in self._single if isinstance(each, Insert)]
        self._puts = [_row(each) for each in self._single if isinstance(each, Put)]
        self._deletes = [_stored(each) for each in self._single if isinstance(each, Delete)]
        self._freed = [
            _stored(each)
            for each in self._single
            if isinstance(each, Put | Patch) and each.collection.unique
        ]

    @property
    def rows(self) -> int:
        """How many rows it writes, roughly where it deletes."""
        return len(self._single) + len(self._sweeps)

    def perform(self, cursor: Cursor) -> None:
        """Judge and write, in a transaction of the caller's.

        Raises Conflict, Corrupt, TooLarge, and Django's errors.
        """
        found = self._lock(cursor)
        failed = self._failed(found)
        patches = self._patches(found, failed)
        if failed:
            raise Conflict(frozenset(failed | self._taken(cursor, patches)))
        for statement, rows in self._statements(patches):
            if len(rows) == 1:
                cursor.execute(statement, rows[0])
            elif statement is _INSERT and self._dialect.copies:
                _copy(cursor, rows)
            else:
                cursor.executemany(statement, rows)
        for statement, parameters in self._sweeps:
            cursor.execute(statement, parameters)

    def standing_against(self, cursor: Cursor) -> frozenset[tuple[str, str]]:
        """What `Conflict` has to name if the write were tried now."""
        found = self._lock(cursor)
        failed = self._failed(found)
        return frozenset(failed | self._taken(cursor, self._patches(found, failed)))

    def _lock(self, cursor: Cursor) -> _Found:
        """The bodies of what is conditioned or a head; from here on nobody else changes them.

        One statement, in key order, before anything is written: so no two writes deadlock.
        """
        if not self._locked:
            return {}
        lock = "" if self.changes_nothing else self._dialect.lock
        cursor.execute(
            f"SELECT document.collection, document.key, {self._dialect.body}"  # noqa: S608 - constants
            f" FROM {self._dialect.pairs} CROSS JOIN store_document AS document"
            f" WHERE document.collection = pairs.collection AND document.key = pairs.text {lock}",
            (_json(self._locked),),
        )
        return {(collection, key): body for collection, key, body in cursor.fetchall()}

    def _failed(self, found: _Found) -> set[tuple[str, str]]:
        return {
            name_of(each) for each in self._conditions if not _holds(each, found.get(_stored(each)))
        }

    def _patches(self, found: _Found, failed: set[tuple[str, str]]) -> list[Row]:
        return [
            patched(each.collection, each.key, found[_stored(each)], each.fields)
            for each in self._single
            if isinstance(each, Patch) and name_of(each) not in failed
        ]

    def _statements(self, patches: list[Row]) -> Iterator[tuple[str, list[tuple[Parameter, ...]]]]:
        """The statements with their rows: heads first, and unique tuples given up before taken."""
        kinds: tuple[tuple[str, Sequence[tuple[Parameter, ...]]], ...] = (
            (_DELETE, self._deletes),
            (_FREE, self._freed if len(self._freed) > 1 else ()),
            (_PUT, self._puts + patches),
            (_INSERT, self._inserts),
        )
        for heads in (True, False):
            for statement, rows in kinds:
                chosen = sorted(each for each in rows if (each[0] == WORKFLOWS.name) is heads)
                if chosen:
                    yield statement, chosen

    def _taken(self, cursor: Cursor, patches: list[Row]) -> set[tuple[str, str]]:
        """The documents to be written whose key, or whose unique tuple, another one has."""
        changed = self._puts + patches
        leaving = {each[:2] for each in changed} | set(self._deletes)
        tuples = [each for each in self._inserts + changed if each.unique is not None]
        holders = Counter((each.collection, each.unique) for each in tuples)
        for collection, unique, key in self._look_up(cursor, "unique_values", list(holders)):
            holders[collection, unique] += (collection, key) not in leaving
        taken = {each[:2] for each in tuples if holders[each.collection, each.unique] > 1}
        inserted = [each[:2] for each in self._inserts]
        taken |= {(each[0], each[2]) for each in self._look_up(cursor, "key", inserted)}
        return {(collection, original_key(key)) for collection, key in taken}

    def _look_up(
        self, cursor: Cursor, column: str, pairs: Sequence[tuple[str, str | None]]
    ) -> list[tuple[str, str, str]]:
        """Collection, that column and key of the documents that have one of the pairs."""
        if not pairs:
            return []
        cursor.execute(
            f"SELECT document.collection, document.{column}, document.key"  # noqa: S608 - constants
            f" FROM {self._dialect.pairs} CROSS JOIN store_document AS document"
            f" WHERE document.collection = pairs.collection AND document.{column} = pairs.text",
            (_json(pairs),),
        )
        rows: list[tuple[str, str, str]] = cursor.fetchall()
        return rows


def _copy(cursor: Any, rows: Sequence[tuple[Parameter, ...]]) -> None:
    with cursor.copy(_COPY) as copy:
        for each in rows:
            copy.write_row(each)


def _stored(operation: Single) -> _Key:
    return operation.collection.name, stored_key(operation.key)


def _row(operation: Insert | Put) -> Row:
    return row(operation.collection, operation.key, operation.body)


def _holds(operation: Single, body: str | bytes | None) -> bool:
    if body is None:
        return False
    if not expected(operation):
        return True
    return matches(operation, raw_fields(operation.collection.name, operation.key, body))


def _sweep(operation: DeleteAll) -> tuple[str, tuple[Parameter, ...]]:
    collection = operation.collection
    parameters = (collection.name, index_text(operation.partition))
    if operation.upto is None:
        return _DELETE_ALL, parameters
    return f"{_DELETE_ALL} AND sort <= %s", (*parameters, sort_bound(operation.upto))


def _json(pairs: Sequence[tuple[str, str | None]]) -> str:
    return msgspec.json.encode(pairs).decode()
