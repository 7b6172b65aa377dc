"""Takes the oldest batches out of a workflow's history, also while somebody edits it.

What is left of a batch is its receipt, for as long as a client may send it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, takewhile

import msgspec

from store.base import Between, Conflict, DeleteAll, DocumentStore, Expect, Operation, Order, Where
from store.collections import HISTORY, RECEIPTS, SNAPSHOTS, Collection
from workflows.records import Receipt, now, receipt_put
from workflows.repository import Repository

DAY = 24 * 60 * 60 * 1000
#: How long a batch that is sent again is recognised, in milliseconds.
RECOGNISED = 30 * DAY
#: Batches that one write takes out; commits of a live server go between two writes.
PIECE = 500


@dataclass(frozen=True, slots=True)
class Policy:
    """Which batches stay: the newest `keep`, and if `age` is given all that are no older than so
    many milliseconds.
    """

    keep: int
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many batches were `removed` and are `left`, and how many of these go as soon as the
    snapshot stands for them.
    """

    removed: int
    left: int
    unsaved: int


def prune(repository: Repository, key: str, policy: Policy) -> Pruned:
    """Remove the batches that need not stay, piece by piece, and receipts that are too old.

    Raises NotFound, Damaged, Unavailable; what was removed until then is complete in itself.
    """
    pruning = _Pruning(repository, key, policy)
    removed = pruning.remove()
    pruning.forget()
    return Pruned(removed, pruning.left(), pruning.unsaved())


class _Pruning:
    """One workflow's turn."""

    def __init__(self, repository: Repository, key: str, policy: Policy) -> None:
        self._repository = repository
        self._store: DocumentStore = repository.store
        self._key = key
        self._policy = policy
        self._now = now()

    def remove(self) -> int:
        """Remove what can be; returns how many batches."""
        removed, piece = 0, 1
        while piece:
            # If the snapshot moves on meanwhile, nothing is lost but this attempt.
            with suppress(Conflict):
                piece = self._remove_some()
                removed += piece
        return removed

    def forget(self) -> None:
        """Remove the receipts of what is not recognised any more."""
        old = self._before(self._now - RECOGNISED, self._each(RECEIPTS, Between()))
        while some := list(islice(old, PIECE)):
            self._store.write([DeleteAll(RECEIPTS, self._key, upto=some[-1].seq)])

    def left(self) -> int:
        """How many batches there are."""
        return self._store.find(HISTORY, {"workflowKey": self._key}, limit=0).total

    def unsaved(self) -> int:
        """How many batches stay only because the snapshot does not stand for them."""
        head, snapshot = self._repository.head_and_snapshot(self._key)
        return sum(1 for _ in self._aged(snapshot.savedSeq, head.seq - self._policy.keep))

    def _remove_some(self) -> int:
        head, snapshot = self._repository.head_and_snapshot(self._key)
        upto = min(head.seq - self._policy.keep, snapshot.savedSeq)
        some = list(islice(self._aged(0, upto), PIECE))
        if some:
            receipts: list[Operation] = [
                receipt_put(each)
                for each in some
                if each.id is not None and each.timestamp >= self._now - RECOGNISED
            ]
            self._store.write(
                [
                    Expect(
                        SNAPSHOTS,
                        self._key,
                        {"savedSeq": snapshot.savedSeq, "epoch": snapshot.epoch},
                    ),
                    DeleteAll(HISTORY, self._key, upto=some[-1].seq),
                    *receipts,
                ]
            )
        return len(some)

    def _aged(self, above: int, upto: int) -> Iterator[Receipt]:
        """What may go for its age, oldest first, of above < seq <= upto."""
        batches = self._each(HISTORY, Between(above, upto))
        age = self._policy.age
        return batches if age is None else self._before(self._now - age, batches)

    def _each(self, collection: Collection, which: Between) -> Iterator[Receipt]:
        where: Where = {"workflowKey": self._key, "seq": which}
        for each in self._store.iterate(collection, where, order=Order.ASCENDING):
            yield msgspec.convert(each.body, Receipt)

    @staticmethod
    def _before(time: int, batches: Iterator[Receipt]) -> Iterator[Receipt]:
        return takewhile(lambda each: each.timestamp < time, batches)
