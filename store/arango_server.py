"""Talking to an ArangoDB server: one connection a thread, and its errors as the store's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from arango.client import ArangoClient
from arango.database import Database, TransactionDatabase
from arango.exceptions import ArangoClientError, ArangoServerError
from arango.http import DefaultHTTPClient
from requests import Session
from requests.exceptions import RequestException

from store.arango_queries import Query
from store.arango_reading import Answer
from store.base import Refused, StoreError, TooLarge, Unavailable

#: Numbers of ArangoDB's errors: no right, no such database, a name that is taken.
UNAUTHORIZED, NO_DATABASE, DUPLICATE = 11, 1228, 1207
#: Somebody was faster, holds a lock, or a transaction is gone: nothing was done.
_COLLISIONS = frozenset({18, 28, 29, 1200, 1210, 1302, 1429, 1653, 1655, 21003, 21004})
#: More memory than is allowed, JSON that is nested too deep, and a document that is too large.
_LIMITS = frozenset({32, 600, 1216})
#: HTTP: a transaction that was ended for its age, and a body that is too large.
_GONE, _OVERSIZE = 410, 413


@dataclass(frozen=True, slots=True)
class Place:
    """Where the documents are: the server's address, who asks, and the name of the database."""

    url: str
    user: str
    password: str = field(repr=False)
    name: str


class Collision(Unavailable):
    """The server gave this up for something else; nothing was done, and it may be tried again."""


class Lost(Unavailable):
    """The connection broke: whether the server did what it was asked for is not known."""


class _Http(DefaultHTTPClient):
    """Sends each request once, and to the server itself."""

    def create_session(self, host: str) -> Session:
        session = super().create_session(host)
        session.trust_env = False
        return session


class Connection:
    """A client of one thread."""

    def __init__(self, place: Place, timeout: float) -> None:
        self._place = place
        self._size = 0
        self._client = ArangoClient(
            hosts=place.url,
            resolver_max_tries=1,
            http_client=_Http(request_timeout=timeout, retry_attempts=0),
            serializer=lambda value: msgspec.json.encode(value).decode(),
            deserializer=self._decode,
        )
        self.database = self.of(place.name)

    def of(self, name: str) -> Any:
        """A database of the server; nothing is asked of it yet."""
        return self._client.db(name, self._place.user, self._place.password)

    def ask(self, database: Database, query: Query) -> Answer:
        """Run a query in a database, or in a transaction of it. Raises Unavailable, TooLarge."""
        with self._answered():
            cursor: Any = database.aql.execute(
                query.text,
                bind_vars=dict(query.binds),
                batch_size=query.rows,
                full_count=query.counted or None,
            )
            rows = list(cursor.batch())
            total = cursor.statistics().get("fullCount", 0) if query.counted else len(rows)
            return Answer(rows, self._size, total)

    @contextmanager
    def transaction(self, *, write: list[str], read: list[str]) -> Iterator[TransactionDatabase]:
        """A transaction over these collections: committed in the end, or given up for an error.

        Raises Unavailable and TooLarge; if the answer to the commit is lost, not Collision or Lost.
        """
        with self._answered():
            begun: TransactionDatabase = self.database.begin_transaction(
                read=read, write=write, sync=bool(write), allow_implicit=False
            )
        try:
            yield begun
        except BaseException:
            self._abort(begun)
            raise
        if not write:
            self._abort(begun)
            return
        try:
            with self._answered():
                begun.commit_transaction()
        except Lost as error:
            raise Unavailable(str(error)) from error
        except StoreError:
            self._abort(begun)
            raise

    def running(self) -> frozenset[str]:
        """The transactions of this database that are not over."""
        with self.translated():
            found: Any = self.database.list_transactions()
            return frozenset(str(each["id"]) for each in found)

    def end(self, transactions: frozenset[str]) -> None:
        """Give up transactions, whoever began them; one that is over by now is no matter."""
        for each in transactions:
            with suppress(Collision), self.translated():
                self.database.fetch_transaction(each).abort_transaction()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the driver's errors into the store's: Unavailable, Refused and TooLarge."""
        try:
            yield
        except ArangoServerError as error:
            raise self._meaning(error) from error
        except (ArangoClientError, ConnectionError) as error:
            raise Lost(self._away("the connection is lost")) from error
        except RequestException as error:
            raise Unavailable(self._away(type(error).__name__)) from error

    def close(self) -> None:
        """Give up the connection."""
        self._client.close()

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Translate, where all was well at first: what is refused now may be taken again later."""
        try:
            with self.translated():
                yield
        except Refused as error:
            raise Unavailable(str(error)) from error

    def _abort(self, begun: TransactionDatabase) -> None:
        try:
            with self.translated():
                begun.abort_transaction()
        except StoreError:
            # The server ends it by itself.
            pass

    def _decode(self, text: str) -> Any:
        self._size = len(text)
        return msgspec.json.decode(text)

    def _meaning(self, error: ArangoServerError) -> StoreError:
        number, status = error.error_code, error.http_code
        if number in _COLLISIONS or status == _GONE:
            return Collision(f"ArangoDB chose another write over this one ({number})")
        if number in _LIMITS or status == _OVERSIZE:
            return TooLarge("a limit of ArangoDB is exceeded: write less at once")
        if number == UNAUTHORIZED or status == 401:
            return Refused(
                f"arangodb: {self._place.url} takes the user {self._place.user!r} and the password "
                "not, or not for this database; correct arangodb_user and arangodb_pass"
            )
        if number == NO_DATABASE:
            return Refused(
                f"arangodb_name: there is no database {self._place.name!r} at {self._place.url}; "
                "create it, or correct the option"
            )
        return Unavailable(
            f"arangodb: {self._place.url} answers with error {number}: see the server's log"
        )

    def _away(self, reason: str) -> str:
        return (
            f"arangodb: {self._place.url} does not answer ({reason}); "
            "start it, or correct the option"
        )
