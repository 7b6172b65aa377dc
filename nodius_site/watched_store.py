"""A store that counts its errors, and knows whether it took what was last to be written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from store.base import (
    Conflict,
    Document,
    DocumentStore,
    Operation,
    Order,
    Page,
    Put,
    Reader,
    StoreError,
    TooLarge,
    Where,
)
from store.collections import PROBES, Collection
from sync import metrics

T = TypeVar("T")


class WatchedStore(DocumentStore):
    """Passes everything to a store."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._doubtful = False

    def check(self) -> None:
        """Return if the store answers, and writes: where the last write failed, another is tried.

        Raises what the store raises. A full disk is found in this way, and that it has room again.
        """
        self.ping()
        if self._doubtful:
            self.write([Put(PROBES, "write", {"at": time.time_ns() // 1_000_000})])

    def prepare(self) -> None:
        self._store.prepare()

    def get(self, collection: Collection, key: str) -> Document | None:
        with _counted():
            return self._store.get(collection, key)

    def find(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int,
        offset: int = 0,
    ) -> Page:
        with _counted():
            return self._store.find(collection, where, order=order, limit=limit, offset=offset)

    def iterate(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[Document]:
        with _counted():
            yield from self._store.iterate(
                collection, where, order=order, limit=limit, fields=fields
            )

    def read(self, fn: Callable[[Reader], T]) -> T:
        with _counted():
            return self._store.read(fn)

    def write(self, operations: Sequence[Operation]) -> None:
        try:
            with _counted():
                self._store.write(operations)
        except (Conflict, TooLarge, ValueError):
            # What was asked for was at fault.
            raise
        except Exception:
            self._doubtful = True
            raise
        self._doubtful = False

    def ping(self) -> None:
        with _counted():
            self._store.ping()

    def close(self) -> None:
        self._store.close()


@contextmanager
def _counted() -> Iterator[None]:
    try:
        yield
    except Conflict:
        # Somebody was faster: nothing is wrong with the store.
        raise
    except StoreError as error:
        metrics.store_error(error)
        raise
