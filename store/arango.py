"""The document store on ArangoDB, a single server or a database of one shard.

A write is one stream transaction, whose conditions are judged here by what it reads; ArangoDB sees
to it that of two that touch one document, one is given up and tried again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from threading import local
from typing import TypeVar

from store import arango_setup
from store.arango_queries import Query, anything
from store.arango_reading import Answer, ArangoReader
from store.arango_server import Collision, Connection, Lost, Place
from store.arango_writing import Write
from store.base import Document, DocumentStore, Operation, Order, Page, Reader, Where
from store.collections import COLLECTIONS, Collection

__all__ = ["ArangoStore", "Place"]

T = TypeVar("T")

#: Seconds for which something is tried that others keep from being done; and how often after the
#: connection broke, which an idle one may have done long ago.
_PATIENCE, _CONNECTIONS = 8.0, 2
#: Seconds of colliding after which it is noted which transactions run, and after which those that
#: still do are ended: a process that was killed leaves its locks behind for a minute.
_NOTED, _ENDED = 1.5, 3.0
#: Seconds of the first pause between attempts, at most, and of the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
#: Seconds for an answer, and for that to a ping: a little less than DocumentStore promises.
_TIMEOUT, _PING_TIMEOUT = 10.0, 4.0


class ArangoStore(DocumentStore):
    """The documents in a database of ArangoDB. Every thread has a connection of its own.

    Keys have up to 1,000 bytes, documents up to 60 MiB of JSON, and those of one write 100 MiB
    together; beyond that a write raises TooLarge.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._thread = local()
        self._reader = ArangoReader(self._ask)

    def prepare(self) -> None:
        arango_setup.prepare(self._connection, self._place)

    def get(self, collection: Collection, key: str) -> Document | None:
        return self._reader.get(collection, key)

    def find(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int,
        offset: int = 0,
    ) -> Page:
        return self._reader.find(collection, where, order=order, limit=limit, offset=offset)

    def iterate(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[Document]:
        return self._reader.iterate(collection, where, order=order, limit=limit, fields=fields)

    def read(self, fn: Callable[[Reader], T]) -> T:
        if self._transaction is not None:
            return fn(self._reader)
        return self._repeated(lambda: self._read(fn))

    def write(self, operations: Sequence[Operation]) -> None:
        if self._transaction is not None:
            raise RuntimeError("write() inside of read(): return what to write, and write it then")
        write = Write(operations)
        if write.changes_nothing:
            write.judge(self._ask)
        else:
            self._repeated(lambda: self._write(write))

    def ping(self) -> None:
        connection = Connection(self._place, _PING_TIMEOUT)
        try:
            connection.ask(connection.database, anything())
        finally:
            connection.close()

    def close(self) -> None:
        connection: Connection | None = getattr(self._thread, "connection", None)
        if connection is not None:
            connection.close()
            del self._thread.connection

    @property
    def _connection(self) -> Connection:
        if not hasattr(self._thread, "connection"):
            self._thread.connection = Connection(self._place, _TIMEOUT)
        connection: Connection = self._thread.connection
        return connection

    @property
    def _transaction(self) -> object | None:
        return getattr(self._thread, "transaction", None)

    def _ask(self, query: Query) -> Answer:
        connection = self._connection
        if self._thread.__dict__.get("transaction") is not None:
            return connection.ask(self._thread.transaction, query)
        return self._repeated(lambda: connection.ask(connection.database, query))

    def _read(self, fn: Callable[[Reader], T]) -> T:
        with self._connection.transaction(read=list(COLLECTIONS), write=[]) as begun:
            self._thread.transaction = begun
            try:
                return fn(self._reader)
            finally:
                self._thread.transaction = None

    def _write(self, write: Write) -> None:
        connection = self._connection
        with connection.transaction(read=[], write=write.collections) as begun:
            write.perform(lambda query: connection.ask(begun, query))

    def _repeated(self, call: Callable[[], T]) -> T:
        """Call again what others kept from being done, and what a broken connection did.

        Nothing of it has been done then: a commit whose answer is lost does not come here.
        """
        broken, began = 0, time.monotonic()
        running: frozenset[str] | None = None
        attempt = 0
        while True:
            attempt += 1
            try:
                return call()
            except Lost:
                broken += 1
                if broken == _CONNECTIONS:
                    raise
            except Collision:
                lasted = time.monotonic() - began
                if lasted > _PATIENCE:
                    raise
                if running is None and lasted > _NOTED:
                    running = self._connection.running()
                elif running and lasted > _ENDED:
                    # Whoever lives begins anew.
                    self._connection.end(running & self._connection.running())
                    running = frozenset()
                pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
                time.sleep(random.uniform(0, pause))  # noqa: S311 - it keeps nothing secret
