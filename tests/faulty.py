"""A store that a test can slow down and break at every write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from store.base import Document, DocumentStore, Operation, Order, Page, Reader, Where
from store.collections import Collection

T = TypeVar("T")


class FaultyStore(DocumentStore):
    """Passes everything to a real store.

    `before` is called with the operations of each write, and may raise; `after` likewise, once they
    are committed. While `gate` is clear, writes wait in front of it; `arrived` counts those that
    came that far, and `waiting` those that stand there. `heal` ends all faults.
    """

    def __init__(self, store: DocumentStore) -> None:
        self.store = store
        self.before: Callable[[Sequence[Operation]], None] = lambda operations: None
        self.after: Callable[[Sequence[Operation]], None] = lambda operations: None
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = self.waiting = 0
        self.writes: list[Sequence[Operation]] = []

    def heal(self) -> None:
        """From now on it is as good as the store behind it."""
        self.before = self.after = lambda operations: None
        self.gate.set()

    def get(self, collection: Collection, key: str) -> Document | None:
        return self.store.get(collection, key)

    def find(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int,
        offset: int = 0,
    ) -> Page:
        return self.store.find(collection, where, order=order, limit=limit, offset=offset)

    def iterate(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[Document]:
        return self.store.iterate(collection, where, order=order, limit=limit, fields=fields)

    def read(self, fn: Callable[[Reader], T]) -> T:
        return self.store.read(fn)

    def write(self, operations: Sequence[Operation]) -> None:
        self.arrived += 1
        self.waiting += 1
        self.gate.wait()
        self.waiting -= 1
        self.before(operations)
        self.store.write(operations)
        self.writes.append(operations)
        self.after(operations)

    def ping(self) -> None:
        self.store.ping()

    def close(self) -> None:
        self.store.close()
