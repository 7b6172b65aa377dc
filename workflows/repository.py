"""The workflows in a store: read, made, saved, deleted. All calls block."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from store.base import (
    AnyOf,
    Between,
    Conflict,
    Corrupt,
    Delete,
    DeleteAll,
    Document,
    DocumentStore,
    Operation,
    Order,
    Patch,
    Reader,
    StoreError,
    Unavailable,
    Where,
)
from store.collections import EDGES, HISTORY, NODES, RECEIPTS, SNAPSHOTS, WORKFLOWS
from workflows.document import Workflow
from workflows.errors import Damaged, Refused
from workflows.instructions import DEFAULT_LIMITS, Limits
from workflows.loading import Earlier, head_and_snapshot, load, load_earlier, receipt
from workflows.records import (
    HEAD_FIELDS,
    Dirty,
    Head,
    HistoryEntry,
    Loaded,
    Receipt,
    Row,
    Save,
    Snapshot,
    Times,
    creation,
    entry_of,
    head_advance,
    head_expectation,
    head_for,
    head_of,
    new_epoch,
    not_found,
    now,
    row_insert,
    row_key,
    row_of,
    save_of,
)

__all__ = [
    "HEAD_FIELDS",
    "Dirty",
    "Earlier",
    "Head",
    "HistoryEntry",
    "Loaded",
    "Receipt",
    "Repository",
    "Row",
    "Save",
    "head_advance",
    "head_expectation",
    "now",
    "row_insert",
    "row_key",
    "save_of",
]

T = TypeVar("T")


class Repository:
    """Reads and writes workflows in a store."""

    def __init__(self, store: DocumentStore) -> None:
        self.store = store

    def head(self, key: str) -> Head:
        """The workflow's head. Raises NotFound, Damaged, Unavailable."""
        try:
            found = self.store.get(WORKFLOWS, key)
        except Corrupt as error:
            raise Damaged(f"The head of workflow {key} is damaged: {error}") from error
        return head_of(key, found)

    def heads(
        self, workspaces: tuple[str, ...] | None, category: str | None, limit: int, offset: int
    ) -> tuple[list[Head], int]:
        """A page of the workflows of these workspaces (None: all), newest first, and the total."""
        where: dict[str, Any] = {}
        if workspaces is not None:
            where["workspace"] = AnyOf(workspaces)
        if category is not None:
            where["category"] = category
        page = self.store.find(WORKFLOWS, where, order=Order.DESCENDING, limit=limit, offset=offset)
        return [head_of(each.key, each) for each in page.items], page.total

    def lines(self, keys: Collection[str]) -> dict[str, tuple[int, str]]:
        """By key, the `seq` and `epoch` of those of these workflows that there are.

        Raises Corrupt, Unavailable.
        """
        found = self.store.iterate(WORKFLOWS, {"_key": AnyOf(tuple(keys))})
        return {each.key: _line(each) for each in found}

    def newest(self, workspaces: tuple[str, ...] | None) -> Iterator[Head]:
        """The workflows of these workspaces (None: all), newest change first, one at a time."""
        where = {} if workspaces is None else {"workspace": AnyOf(workspaces)}
        found = self.store.iterate(WORKFLOWS, where, order=Order.DESCENDING)
        return (head_of(each.key, each) for each in found)

    def names(self, keys: Collection[str]) -> dict[str, str]:
        """By key, the names of those of these workflows that there are."""
        found = self.store.iterate(WORKFLOWS, {"_key": AnyOf(tuple(keys))})
        return {each.key: str(each.body.get("name")) for each in found}

    def all_keys(self) -> list[str]:
        """The keys of all workflows, ascending. Raises Unavailable."""
        return [each.key for each in self.store.iterate(WORKFLOWS, fields=("workspace",))]

    def create(self, workflow: Workflow, workspace: str) -> str:
        """Store a new workflow, at seq 0; returns its key."""
        key, at = secrets.token_hex(16), now()
        self.store.write(creation(head_for(key, workflow, workspace, 0, Times(at, at)), workflow))
        return key

    def load(self, key: str, limits: Limits = DEFAULT_LIMITS) -> Loaded:
        """The newest committed state, read at one moment; `limits` are for what is applied to it.

        Raises NotFound, Damaged, Unavailable.
        """
        return self._read(key, lambda reader: load(reader, key, limits))

    def state(self, key: str, seq: int, limits: Limits = DEFAULT_LIMITS) -> Earlier:
        """The state after batch `seq` (0: as created), of which nothing is shared with anybody.

        Raises NotFound, also if there is no such batch yet or the history does not reach back to
        it; Damaged, Unavailable.
        """
        return self._read(key, lambda reader: load_earlier(reader, key, seq, limits))

    def shorten(self, key: str, most: int) -> bool:
        """Drop the oldest batches, `most` at a time and none that opening needs; True if there may
        be more. For a workflow that is about to be deleted.
        """
        oldest = next(
            self.store.iterate(HISTORY, {"workflowKey": key}, order=Order.ASCENDING, limit=1), None
        )
        snapshot = self.store.get(SNAPSHOTS, key)
        if oldest is None or snapshot is None:
            return False
        upto = oldest.body["seq"] + most - 1
        if upto > snapshot.body["savedSeq"]:
            return False
        self.store.write([DeleteAll(HISTORY, key, upto=upto)])
        return True

    def delete(self, key: str) -> None:
        """Delete a workflow with all that belongs to it. Raises NotFound, Unavailable."""
        parts: list[Operation] = [
            DeleteAll(part, key) for part in (NODES, EDGES, HISTORY, RECEIPTS)
        ]
        try:
            self.store.write([Delete(WORKFLOWS, key, expect={}), Delete(SNAPSHOTS, key), *parts])
        except Conflict:
            raise not_found(key) from None

    def history(self, key: str, limit: int, before: int | None) -> tuple[list[HistoryEntry], int]:
        """Batches newest first, of a seq below `before` if given, and how many are kept in all."""
        every: Where = {"workflowKey": key}
        total = self.store.find(HISTORY, every, limit=0).total
        below: Where = every if before is None else {**every, "seq": Between(upto=before - 1)}
        rows = self.store.iterate(HISTORY, below, order=Order.DESCENDING, limit=limit)
        return [entry_of(each) for each in rows], total

    def rows(self, key: str, after: int, upto: int, most: int, most_bytes: int) -> list[Row] | None:
        """The batches of after < seq <= upto, in order, for a client that comes back.

        None if they are not all kept any more, or are more than `most`, or than `most_bytes` of
        instructions.
        """
        if upto - after > most:
            return None
        where: Where = {"workflowKey": key, "seq": Between(above=after, upto=upto)}
        rows: list[Row] = []
        for each in self.store.iterate(HISTORY, where, order=Order.ASCENDING):
            row = row_of(each)
            most_bytes -= len(row.instructions)
            if most_bytes < 0:
                return None
            rows.append(row)
        return rows if len(rows) == max(0, upto - after) else None

    def past(self, key: str, most: int) -> Iterator[Row]:
        """The newest `most` batches, newest first, one at a time."""
        rows = self.store.iterate(HISTORY, {"workflowKey": key}, order=Order.DESCENDING, limit=most)
        return map(row_of, rows)

    def ids(self, key: str, user_id: str, client_id: str | None, limit: int) -> dict[str, int]:
        """The ids of this client's newest batches, pruned or not, with their seq, oldest first."""
        where: Where = {"workflowKey": key, "userId": user_id, "clientId": client_id}

        def read(reader: Reader) -> list[tuple[str | None, int]]:
            found: list[tuple[str | None, int]] = []
            for collection in (HISTORY, RECEIPTS):
                rows = reader.iterate(
                    collection,
                    where,
                    order=Order.DESCENDING,
                    limit=limit - len(found),
                    fields=("id", "seq"),
                )
                found += [(each.body["id"], each.body["seq"]) for each in rows]
            return found

        return {id: seq for id, seq in reversed(self.store.read(read)) if id is not None}

    def row(self, key: str, seq: int) -> Row | None:
        """One batch as it was committed, or None if it is no longer kept."""
        found = self.store.get(HISTORY, row_key(key, seq))
        return None if found is None else row_of(found)

    def receipt(self, key: str, seq: int) -> Receipt | None:
        """A batch: the whole Row while it is kept, then its Receipt, then None."""
        return receipt(self.store, key, seq)

    def head_and_snapshot(self, key: str) -> tuple[Head, Snapshot]:
        """Both, read at one moment. Raises NotFound, Damaged, Unavailable."""
        return self._read(key, lambda reader: head_and_snapshot(reader, key))

    def renew_epoch(self, key: str) -> None:
        """Begin another line of history from the present state: no client resumes across that.

        Raises NotFound, Damaged, Unavailable.
        """
        while True:
            head, _ = self.head_and_snapshot(key)
            fields, expect = {"epoch": new_epoch()}, {"epoch": head.epoch}
            with suppress(Conflict):
                return self.store.write(
                    [Patch(each, key, fields, expect) for each in (WORKFLOWS, SNAPSHOTS)]
                )

    def saved_seq(self, key: str, epoch: str) -> int | None:
        """What the snapshot stands for, or None if there is none of this epoch."""
        found = self.store.get(SNAPSHOTS, key)
        if found is None or found.body["epoch"] != epoch:
            return None
        saved: int = found.body["savedSeq"]
        return saved

    def save(self, save: Save) -> None:
        """Make the snapshot stand for a later seq.

        Raises Conflict if it is no longer the one believed.
        """
        self.store.write(save.operations)

    def _read(self, key: str, fn: Callable[[Reader], T]) -> T:
        """Read at one moment. Raises what `fn` raises, as Damaged if that is what it comes from."""
        try:
            return self.store.read(fn)
        except Unavailable:
            raise
        except (StoreError, Refused, msgspec.MsgspecError, KeyError, TypeError) as error:
            raise Damaged(f"workflow {key} is damaged in the store: {error}") from error


def _line(head: Document) -> tuple[int, str]:
    try:
        known = head_of(head.key, head)
    except Damaged as error:
        raise Corrupt(WORKFLOWS.name, head.key) from error
    return known.seq, known.epoch
