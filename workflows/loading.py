"""From what is stored to a whole workflow: as it is, and as it was after an earlier batch.

Whoever calls this reads within `DocumentStore.read`, so that all of it is of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from store.base import Between, Document, Order, Reader, Where
from store.collections import EDGES, HISTORY, NODES, RECEIPTS, SNAPSHOTS, WORKFLOWS, Collection
from workflows.document import Workflow
from workflows.errors import Damaged, NotFound
from workflows.instructions import Instruction, Limits
from workflows.parts import pack
from workflows.records import (
    HEAD_FIELDS,
    TOP_LEVEL,
    Dirty,
    Head,
    Loaded,
    Receipt,
    Snapshot,
    head_of,
    row_key,
    row_of,
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A workflow as it was after an earlier batch; so is the head, but for its workspace."""

    head: Head
    workflow: Workflow


def load(reader: Reader, key: str, limits: Limits) -> Loaded:
    """The newest state. Raises NotFound, Damaged, and whatever a damaged body leads to."""
    head, snapshot = head_and_snapshot(reader, key)
    workflow, dirty = Workflow(_root(reader, snapshot, key), limits, stored=True), Dirty()
    for instructions in _batches(reader, key, snapshot.savedSeq, head.seq):
        dirty.add(workflow.replay(instructions))
    return Loaded(head, workflow, snapshot.savedSeq, dirty)


def load_earlier(reader: Reader, key: str, seq: int, limits: Limits) -> Earlier:
    """The state after batch `seq`: the snapshot, moved on by later batches or back by inverses.

    Raises NotFound if there is no such batch yet or the history does not reach back to it, Damaged,
    and whatever a damaged body leads to.
    """
    head, snapshot = head_and_snapshot(reader, key)
    updated_at = _updated_at(reader, head, seq)
    workflow = Workflow(_root(reader, snapshot, key), limits, stored=True)
    for inverse in _inverses(reader, key, seq, snapshot.savedSeq):
        workflow.replay(inverse)
    for instructions in _batches(reader, key, snapshot.savedSeq, seq):
        workflow.replay(instructions)
    fields = {field: workflow.root[field] for field in HEAD_FIELDS}
    return Earlier(msgspec.structs.replace(head, seq=seq, updatedAt=updated_at, **fields), workflow)


def head_and_snapshot(reader: Reader, key: str) -> tuple[Head, Snapshot]:
    """What a workflow begins with. Raises NotFound, Damaged, msgspec.ValidationError."""
    head = head_of(key, reader.get(WORKFLOWS, key))
    found = reader.get(SNAPSHOTS, key)
    if found is None:
        raise Damaged(f"workflow {key} has no snapshot")
    snapshot = msgspec.convert(found.body, Snapshot)
    if snapshot.epoch != head.epoch or snapshot.savedSeq > head.seq:
        raise Damaged(f"the snapshot of workflow {key} is of another history than its head")
    return head, snapshot


def receipt(reader: Reader, key: str, seq: int) -> Receipt | None:
    """A batch: the whole Row while it is kept, then its Receipt, then None."""
    found = reader.get(HISTORY, row_key(key, seq))
    if found is not None:
        return row_of(found)
    left = reader.get(RECEIPTS, row_key(key, seq))
    return None if left is None else msgspec.convert(left.body, Receipt)


def _updated_at(reader: Reader, head: Head, seq: int) -> int:
    """When the workflow came to be as it was at `seq`. Raises NotFound."""
    if seq == head.seq:
        return head.updatedAt
    if seq > head.seq:
        raise NotFound(f"There is no batch {seq} yet; the newest is {head.seq}.")
    following = reader.get(HISTORY, row_key(head.key, seq + 1))
    if following is None:
        raise NotFound(f"The history no longer reaches back to batch {seq}; ask for a later one.")
    if seq == 0:
        return head.createdAt
    known = receipt(reader, head.key, seq)
    # Of a batch that is forgotten it is only known that it came before the following one.
    return row_of(following).timestamp if known is None else known.timestamp


def _root(reader: Reader, snapshot: Snapshot, key: str) -> dict[str, Any]:
    nodes, edges = (_parts(reader, collection, key) for collection in (NODES, EDGES))
    if (len(nodes), len(edges)) != (snapshot.nodeCount, snapshot.edgeCount):
        raise Damaged(
            f"workflow {key} should have {snapshot.nodeCount} nodes and {snapshot.edgeCount} "
            f"edges, but the store holds {len(nodes)} and {len(edges)}"
        )
    fields = {field: getattr(snapshot, field) for field in TOP_LEVEL}
    return {**fields, "nodes": nodes, "edges": edges}


def _parts(reader: Reader, collection: Collection, key: str) -> dict[str, bytes]:
    found = reader.iterate(collection, {"workflowKey": key})
    return {each.body["key"]: pack(each.body["value"]) for each in found}


def _batches(reader: Reader, key: str, above: int, upto: int) -> Iterator[list[Instruction]]:
    """The instructions of these batches, oldest first. Raises Damaged if one is missing."""
    rows = _rows(reader, key, above, upto, Order.ASCENDING)
    for seq in range(above + 1, upto + 1):
        instructions = _row(rows, key, seq).body["instructions"]
        yield msgspec.convert(instructions, list[Instruction])


def _inverses(reader: Reader, key: str, above: int, upto: int) -> Iterator[list[Instruction]]:
    """What undoes these batches, newest first. Raises Damaged if one is missing."""
    rows = _rows(reader, key, above, upto, Order.DESCENDING)
    for seq in range(upto, above, -1):
        groups = msgspec.convert(_row(rows, key, seq).body["inverse"], list[list[Instruction]])
        yield [instruction for group in groups for instruction in group]


def _rows(reader: Reader, key: str, above: int, upto: int, order: Order) -> Iterator[Document]:
    where: Where = {"workflowKey": key, "seq": Between(above=above, upto=upto)}
    return reader.iterate(HISTORY, where, order=order)


def _row(rows: Iterator[Document], key: str, seq: int) -> Document:
    """The next of the rows. Raises Damaged if it is not that of batch `seq`."""
    row = next(rows, None)
    if row is None or row.body["seq"] != seq:
        raise Damaged(f"the history of workflow {key} has a gap at batch {seq}")
    return row
