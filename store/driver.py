"""Statements on the driver's own cursor: beside them, Django's wrappers cost more than SQLite does.

The connections stay Django's: it opens, checks and closes them, and its errors are what is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Protocol

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from store.dialects import Dialect, Parameter


class Cursor(Protocol):
    """What a store needs of a cursor; parameters are marked by %s."""

    def execute(self, sql: str, parameters: Sequence[Parameter] = (), /) -> object:
        """Run a statement."""

    def executemany(self, sql: str, rows: Sequence[Sequence[Parameter]], /) -> object:
        """Run a statement for each row."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows of the last statement."""


class _QuestionMarks:
    """A cursor of SQLite, whose marks are question marks."""

    __slots__ = ("_cursor", "fetchall")

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.fetchall = cursor.fetchall

    def execute(self, sql: str, parameters: Sequence[Parameter] = (), /) -> None:
        self._cursor.execute(_marked(sql), parameters)

    def executemany(self, sql: str, rows: Sequence[Sequence[Parameter]], /) -> None:
        self._cursor.executemany(_marked(sql), rows)


@lru_cache(maxsize=1000)
def _marked(sql: str) -> str:
    return sql.replace("%s", "?")


@contextmanager
def cursor_of(connection: BaseDatabaseWrapper) -> Iterator[Cursor]:
    """A cursor on a connection that is made, or made anew, if need be."""
    with connection.wrap_database_errors:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        cursor = connection.connection.cursor()
        try:
            yield _QuestionMarks(cursor) if connection.vendor == "sqlite" else cursor
        finally:
            # A connection that was given up has closed it already.
            if connection.connection is not None:
                cursor.close()


@contextmanager
def written(connection: BaseDatabaseWrapper, dialect: Dialect) -> Iterator[Cursor]:
    """A cursor in a transaction that is committed in the end, or rolled back by any exception.

    Within a transaction of Django's it is a part of that one.
    """
    if connection.in_atomic_block:
        with transaction.atomic(using=connection.alias), cursor_of(connection) as cursor:
            yield cursor
        return
    with cursor_of(connection) as cursor:
        cursor.execute(dialect.begin_write)
        try:
            yield cursor
            cursor.execute("COMMIT")
        except BaseException:
            _roll_back(connection, cursor)
            raise


def _roll_back(connection: BaseDatabaseWrapper, cursor: Cursor) -> None:
    try:
        with connection.wrap_database_errors:
            cursor.execute("ROLLBACK")
    except Error:
        # Nobody knows what it is at; the next statement makes a new one.
        with suppress(Error):
            connection.close()
