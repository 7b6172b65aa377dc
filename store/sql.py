"""The document store on SQLite and PostgreSQL: one table, through Django's connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread, local
from typing import Any, TypeVar

from django.db import DataError, Error, IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from store.base import (
    Conflict,
    Document,
    DocumentStore,
    Operation,
    Order,
    Page,
    Reader,
    TooLarge,
    Unavailable,
    Where,
)
from store.checkpoints import Checkpoints
from store.collections import Collection
from store.dialects import BY_VENDOR, Parameter
from store.driver import cursor_of, written
from store.reading import SqlReader
from store.turns import Turns
from store.writing import Write

T = TypeVar("T")

#: How often a write is tried when the database gives up one of two that collide.
_ATTEMPTS = 10
#: Seconds to wait for the writers of this process; for those of others the driver waits.
_TURN_TIMEOUT = 10.0
#: Seconds after which a ping gives up: a little less than DocumentStore promises.
_PING_TIMEOUT = 4.5
#: SQLSTATE of PostgreSQL: a class of limits exceeded, a serialization failure, a deadlock.
_LIMIT_EXCEEDED, _COLLISIONS = "54", {"40001", "40P01"}

#: SQLite has one writer a file: those of this process queue here rather than poll for the file.
_turns: dict[Path, Turns] = {}
_checkpoints: dict[Path, Checkpoints] = {}


class _Collision(Unavailable):
    """The database gave this up for something else; nothing was done, and it may be tried again."""


class SqlStore(DocumentStore):
    """The documents in the table `store_document` of one of Django's databases, given by its alias.

    Every thread has a connection of its own; `close` gives up the calling thread's. Keys may be any
    text of up to 1,000 bytes, bodies have up to 128 MiB; beyond that a write raises TooLarge.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._dialect = BY_VENDOR[connections[alias].vendor]
        self._reader = SqlReader(self._ask, self._dialect)
        self._thread = local()
        self._lost = 0
        self._ping: Future[None] | None = None
        self._ping_guard = Lock()

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
        if self._is_reading or self._connection.in_atomic_block:
            return fn(self._reader)
        self._execute(self._dialect.begin_read)
        self._thread.reading = True
        try:
            return fn(self._reader)
        finally:
            self._thread.reading = False
            self._end_read()

    def write(self, operations: Sequence[Operation]) -> None:
        if self._is_reading:
            raise RuntimeError("write() inside of read(): return what to write, and write it then")
        write = Write(operations, self._dialect)
        if write.changes_nothing:
            self._judge(write)
            return
        for _ in range(_ATTEMPTS):
            with suppress(_Collision):
                return self._try(write)
        raise Unavailable(f"{_ATTEMPTS} attempts to write collided with others: try again later")

    def ping(self) -> None:
        with self._ping_guard:
            if self._ping is None or self._ping.done():
                self._ping = Future()
                Thread(target=self._answer, args=(self._ping,), daemon=True).start()
            ping = self._ping
        try:
            ping.result(_PING_TIMEOUT)
        except FutureTimeoutError as error:
            raise Unavailable(f"the database {self._alias!r} does not answer: check it") from error

    def close(self) -> None:
        self._connection.close()

    @property
    def _connection(self) -> BaseDatabaseWrapper:
        """This thread's connection; a new one where any thread has lost its own since.

        A server that restarts ends them all: it is enough that one call finds out.
        """
        connection = connections[self._alias]
        if getattr(self._thread, "lost", 0) != self._lost and not self._is_reading:
            self._thread.lost = self._lost
            _drop(connection)
        return connection

    @property
    def _is_reading(self) -> bool:
        return getattr(self._thread, "reading", False)

    def _answer(self, ping: Future[None]) -> None:
        """Ask the database, on a thread of its own: connecting and asking have no sure end."""
        try:
            self._check_file(self._connection)
            self._ask("SELECT 1 FROM store_document LIMIT 1", ())
        except Exception as error:
            ping.set_exception(error)
        else:
            ping.set_result(None)
        finally:
            self.close()

    def _judge(self, write: Write) -> None:
        """Raise the Conflict that a write has to end with, if any."""
        connection = self._connection
        with self._translated(connection), cursor_of(connection) as cursor:
            keys = write.standing_against(cursor)
        if keys:
            raise Conflict(keys)

    def _try(self, write: Write) -> None:
        connection = self._connection
        with _turn(connection), self._translated(connection):
            self._check_file(connection)
            try:
                with written(connection, self._dialect) as cursor:
                    write.perform(cursor)
            except IntegrityError as error:
                collision = _Collision(str(error))
            else:
                _note(connection, write.rows)
                return
        self._judge(write)
        raise collision

    def _ask(self, sql: str, parameters: Sequence[Parameter]) -> list[tuple[Any, ...]]:
        connection = self._connection
        with self._translated(connection), cursor_of(connection) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def _execute(self, sql: str) -> None:
        connection = self._connection
        with self._translated(connection), cursor_of(connection) as cursor:
            cursor.execute(sql)

    def _end_read(self) -> None:
        if self._connection.connection is not None:
            with suppress(Unavailable):
                self._execute("ROLLBACK")

    @contextmanager
    def _translated(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """Turn Django's errors into the store's, and have the next call make a fresh connection."""
        try:
            yield
        except (DataError, OverflowError) as error:
            raise TooLarge("a value is larger than the database takes: make it smaller") from error
        except Error as error:
            state = getattr(error.__cause__, "sqlstate", None) or ""
            if state in _COLLISIONS:
                raise _Collision("the database chose another write over this one") from error
            _drop(connection)
            if state.startswith(_LIMIT_EXCEEDED):
                raise TooLarge("a limit of the database is exceeded: write less at once") from error
            self._lost += 1
            raise Unavailable(
                f"the database {self._alias!r} does not answer ({_first_line(error)}):"
                " check that it runs, is migrated and has space, then try again"
            ) from error

    def _check_file(self, connection: BaseDatabaseWrapper) -> None:
        """Raise Unavailable if SQLite's file is gone: an open connection would write to nowhere."""
        file = _file_of(connection)
        if file is not None and not file.is_file():
            _drop(connection)
            raise Unavailable(f"the database file of {self._alias!r} is missing: restore it")


def _file_of(connection: BaseDatabaseWrapper) -> Path | None:
    """SQLite's file; None for another database."""
    return _path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None


@lru_cache
def _path(name: str | Path) -> Path:
    return Path(name)


def _turn(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    file = _file_of(connection)
    return nullcontext() if file is None else _turns.setdefault(file, Turns()).turn(_TURN_TIMEOUT)


def _note(connection: BaseDatabaseWrapper, rows: int) -> None:
    file = _file_of(connection)
    if file is not None:
        _checkpoints.setdefault(file, Checkpoints(file)).wrote(rows)


def _drop(connection: BaseDatabaseWrapper) -> None:
    if not connection.in_atomic_block:
        with suppress(Error):
            connection.close()


def _first_line(error: Error) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
