"""Transactions: each reads what was committed when it began and what it wrote itself.

Of two that write one document, or take one value of a unique index, the later one is refused.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.arango_double.database import Collection, Database, Index, Path, Plain, Server, plain
from tests.arango_double.documents import Doc, changed, made, next_number
from tests.arango_double.durable import Log
from tests.arango_double.errors import (
    ArangoError,
    Locked,
    no_document,
    not_unique,
    write_conflict,
)

#: Bytes that one may write, roughly counted.
LARGEST = 128 * 1024 * 1024
#: Stream transactions whose end is still told.
REMEMBERED = 500


class Transaction:
    """One transaction; a statement outside of any has one of its own."""

    def __init__(self, manager: Transactions, database: Database, writes: set[str] | None) -> None:
        self.id = str(next_number())
        self.database = database
        self.status = "running"
        self.used = time.monotonic()
        #: None: whatever is written to.
        self.writes = writes
        #: None: whatever is read.
        self.reads: set[str] | None = None
        self.largest = LARGEST
        self.snapshot = manager.server.commit
        self.changes: dict[tuple[str, str], Doc | None] = {}
        self._held: dict[tuple[str, str, tuple[Plain, ...]], str | None] = {}
        self._manager = manager
        self.locked: list[tuple[object, ...]] = []
        self.size = 0

    def get(self, collection: str, key: str) -> Doc | None:
        """A document as this one sees it. Raises ArangoError."""
        self._may_read(collection)
        if (collection, key) in self.changes:
            return self.changes[collection, key]
        return self.database.collection(collection).seen(key, self.snapshot)

    def documents(self, collection: str, among: Mapping[Path, Sequence[Any]]) -> list[Doc]:
        """The documents that may have one of the values at each of the paths."""
        self._may_read(collection)
        found = self.database.collection(collection)
        own = (key for name, key in self.changes if name == collection)
        keys = dict.fromkeys([*_candidates(found, among), *own])
        return [each for key in keys if (each := self.get(collection, key)) is not None]

    def document(self, collection: str, key: str) -> Doc | None:
        """As `get`."""
        return self.get(collection, key)

    def insert(
        self, collection: str, document: Any, mode: str | None
    ) -> tuple[Doc | None, Doc | None]:
        """The new document and the one it takes the place of."""
        found = self.database.collection(collection)
        new = made(collection, document, edge=found.type == 3)
        old = self.get(collection, new["_key"])
        if old is None:
            self._write(found, new["_key"], new)
            return new, None
        if mode == "ignore":
            return None, old
        if mode == "update":
            return self.update(collection, new["_key"], document, replace=False, options={})
        if mode != "replace":
            raise not_unique("primary", ["_key"], new["_key"])
        self._write(found, new["_key"], new)
        return new, old

    def update(
        self, collection: str, key: str, change: Any, *, replace: bool, options: Mapping[str, Any]
    ) -> tuple[Doc, Doc]:
        """The new document and the old one."""
        found = self.database.collection(collection)
        old = self._there(collection, key, options.get("revision"))
        edge = found.type == 3
        if replace:
            new = made(collection, change, edge=edge, key=key)
        else:
            new = changed(
                old,
                change,
                edge=edge,
                keep_null=bool(options.get("keepNull", True)),
                merge=bool(options.get("mergeObjects", True)),
            )
        self._write(found, key, new)
        return new, old

    def remove(self, collection: str, key: str, revision: str | None) -> Doc:
        """The old document."""
        old = self._there(collection, key, revision)
        self._write(self.database.collection(collection), key, None)
        return old

    def _there(self, collection: str, key: str, revision: str | None) -> Doc:
        old = self.get(collection, key)
        if old is None:
            raise no_document()
        if revision is not None and old["_rev"] != revision:
            names = {name: old[name] for name in ("_id", "_key", "_rev")}
            raise ArangoError(412, 1200, "conflict, _rev values do not match", **names)
        return old

    def _may_read(self, collection: str) -> None:
        if self.reads is not None and collection not in self.reads:
            raise _undeclared(collection)

    def _write(self, found: Collection, key: str, new: Doc | None) -> None:
        if self.writes is not None and found.name not in self.writes:
            raise _undeclared(found.name)
        self._manager.lock(self, (found.name, key))
        versions = found.versions.get(key)
        if versions and versions[-1][0] > self.snapshot:
            raise write_conflict(key)
        for index in found.indexes:
            if index.unique:
                self._hold(found, index, key, new)
        self.size += len(repr(new))
        if self.size > self.largest:
            raise ArangoError(500, 32, "resource limit exceeded: transaction is too large")
        self.changes[found.name, key] = new

    def _hold(self, found: Collection, index: Index, key: str, new: Doc | None) -> None:
        old, values = index.values(self.get(found.name, key)), index.values(new)
        if values is not None and values != old:
            self._manager.lock_value(self, (found.name, index.id, values), key)
            holder = found.holders.get((index.id, values))
            own = self._held.get((found.name, index.id, values), holder)
            if own is not None and own != key and self._keeps(found, index, own, values):
                raise not_unique(index.name, list(index.fields), key)
            self._held[found.name, index.id, values] = key
        if old is not None and values != old:
            self._manager.lock_value(self, (found.name, index.id, old), key)
            if self._held.get((found.name, index.id, old), key) == key:
                self._held[found.name, index.id, old] = None

    def _keeps(self, found: Collection, index: Index, key: str, values: tuple[Plain, ...]) -> bool:
        """Whether another document has these values for all that this transaction changes."""
        if (found.name, key) in self.changes:
            return index.values(self.changes[found.name, key]) == values
        return index.values(found.newest(key)) == values


class Transactions:
    """Those of a server that are not over, and how the others ended."""

    def __init__(self, server: Server, log: Log, idle: float) -> None:
        self.server = server
        self._log = log
        self._idle = idle
        self._known: dict[str, Transaction] = {}
        self._locks: dict[tuple[object, ...], Transaction] = {}

    def begin(self, database: Database, writes: set[str] | None, *, stream: bool) -> Transaction:
        """A new one; `stream`: it is asked for again by its id."""
        self.expire()
        begun = Transaction(self, database, writes)
        if stream:
            self._known[begun.id] = begun
        return begun

    def running(self, database: Database, id: str) -> Transaction:
        """The one of this id, which is not over, and is used now. Raises ArangoError."""
        found = self.known(database, id)
        if found.status == "running":
            found.used = time.monotonic()
            return found
        if found.status == "expired":
            raise ArangoError(410, 1655, f"transaction '{id}' has already been aborted: idle")
        raise ArangoError(404, 1655, f"transaction '{id}' not found")

    def known(self, database: Database, id: str) -> Transaction:
        """The one of this id, over or not. Raises ArangoError."""
        self.expire()
        found = self._known.get(id)
        if found is None or found.database is not database:
            raise ArangoError(404, 1655, f"transaction '{id}' not found")
        return found

    def all(self, database: Database) -> Iterable[Transaction]:
        """Those of a database that run."""
        return [e for e in self._known.values() if e.database is database and e.status == "running"]

    def commit(self, begun: Transaction) -> None:
        """Make what it wrote what everybody sees."""
        if begun.changes:
            self._log.write(begun.database.name, begun.changes)
            self.server.commit += 1
            oldest = self._oldest(begun)
            for (name, key), document in begun.changes.items():
                collection = begun.database.collections.get(name)
                if collection is not None:
                    collection.commit(key, document, self.server.commit, oldest)
        self._end(begun, "committed")

    def abort(self, begun: Transaction) -> None:
        """Forget what it wrote."""
        self._end(begun, "aborted")

    def expire(self) -> None:
        """End those that nobody has used for long."""
        for each in list(self._known.values()):
            late = time.monotonic() - each.used > self._idle
            if late and each.status == "running":
                self._end(each, "expired")

    def lock(self, begun: Transaction, name: tuple[str, str]) -> None:
        """Take a document. Raises ArangoError if somebody has it."""
        self._take(begun, (begun.database.name, *name), name[1])

    def lock_value(
        self, begun: Transaction, name: tuple[str, str, tuple[Plain, ...]], key: str
    ) -> None:
        """Take a value of a unique index. Raises ArangoError if somebody has it."""
        self._take(begun, (begun.database.name, *name), key)

    def _take(self, begun: Transaction, name: tuple[object, ...], key: str) -> None:
        if name not in self._locks:
            self._locks[name] = begun
            begun.locked.append(name)
        elif self._locks[name] is not begun:
            raise Locked(key)

    def _oldest(self, but: Transaction) -> int:
        running = (
            e.snapshot for e in self._known.values() if e.status == "running" and e is not but
        )
        return min(running, default=self.server.commit)

    def _end(self, begun: Transaction, status: str) -> None:
        begun.status = status
        for name in begun.locked:
            del self._locks[name]
        begun.locked, begun.changes = [], {}
        over = [id for id, each in self._known.items() if each.status != "running"]
        for id in over[:-REMEMBERED]:
            del self._known[id]


def _undeclared(collection: str) -> ArangoError:
    return ArangoError(400, 1652, f"unregistered collection used in transaction: {collection}")


def _candidates(found: Collection, among: Mapping[Path, Sequence[Any]]) -> Iterable[str]:
    if ("_key",) in among:
        return [each for each in among["_key",] if isinstance(each, str)]
    for path, values in among.items():
        if path in found.keys:
            by_value = found.keys[path]
            return [key for each in values for key in by_value.get(plain(each), ())]
    return list(found.versions)
