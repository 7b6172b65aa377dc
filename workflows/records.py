"""How a workflow lies in the store: its head, snapshot, parts and history, and the operations that
write them.

The head is what every batch advances; the snapshot, its nodes and its edges stand for the batch
`savedSeq`; the rows of the history from there to the head's `seq` are what opening has to apply.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from store.base import Delete, Document, Expect, Insert, Operation, Patch, Put
from store.collections import (
    EDGES,
    HISTORY,
    NODES,
    RECEIPTS,
    SNAPSHOTS,
    WORKFLOWS,
    Collection,
)
from workflows.document import Applied, Workflow
from workflows.errors import Damaged, NotFound
from workflows.parts import pack

TOP_LEVEL = ("name", "category", "description", "data")
HEAD_FIELDS = ("name", "category", "description")

#: The fields of a row that most rows do without, and what they are then; it is not stored.
_MOSTLY: tuple[tuple[str, object], ...] = (("told", False), ("undoes", None), ("skipped", UNSET))
#: The fields of a row that hold JSON as it is told.
_LISTS = ("instructions", "inverse", "skipped")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a workflow without opening it; times in milliseconds since 1970."""

    key: str
    seq: int
    epoch: str
    name: str
    category: str | None
    description: str | None
    workspace: str
    createdAt: int
    updatedAt: int


@dataclass(frozen=True, slots=True)
class Times:
    """When something was made and last changed, in milliseconds since 1970."""

    created: int
    updated: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The saved state but for its nodes and edges, and how many of those there are."""

    savedSeq: int
    epoch: str
    name: str
    category: str | None
    description: str | None
    data: dict[str, Any]
    nodeCount: int
    edgeCount: int


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One committed batch as it is shown. `instructions` is a JSON array, as applied."""

    seq: int
    timestamp: int
    userId: str
    clientId: str | None
    instructions: msgspec.Raw


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That a batch was committed, and whose it was: what is left of it once it is pruned.

    `id` is null where the client gave none. `told` is true where the acknowledgement carried the
    instructions, as they were not those that were sent.
    """

    workflowKey: str
    seq: int
    timestamp: int
    userId: str
    clientId: str | None
    id: str | None
    told: bool = False


class Row(Receipt, frozen=True, kw_only=True, omit_defaults=True):
    """One committed batch as it is stored.

    `instructions` is a JSON array, as applied, and `inverse` one of arrays that undo it, in this
    order. `undoes` is the seq of the batch that this one undoes or redoes, `skipped` a JSON array
    of the paths that it left out.
    """

    instructions: msgspec.Raw
    inverse: msgspec.Raw
    undoes: int | None = None
    skipped: msgspec.Raw | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Loaded:
    """A workflow as it was committed; `dirty` is what the journal's tail changed since the
    snapshot.
    """

    head: Head
    workflow: Workflow
    saved_seq: int
    dirty: Dirty


#: A node or an edge: the name of its collection, and its key.
Part: TypeAlias = tuple[str, str]


class Dirty:
    """What a save has to write: the touched top-level fields, and the keys of touched nodes and
    edges.
    """

    __slots__ = ("edges", "fields", "nodes")

    def __init__(self) -> None:
        self.fields: set[str] = set()
        self.nodes: set[str] = set()
        self.edges: set[str] = set()

    def __len__(self) -> int:
        """How many nodes and edges."""
        return len(self.nodes) + len(self.edges)

    def take(self, most: int) -> Dirty:
        """Take out as many nodes and edges; the fields stay."""
        taken = Dirty()
        for here, there in ((self.nodes, taken.nodes), (self.edges, taken.edges)):
            while here and len(taken) < most:
                there.add(here.pop())
        return taken

    def add(self, applied: Applied | Dirty) -> None:
        """Take in what a batch, or an earlier save that failed, has touched."""
        self.fields |= applied.fields
        self.nodes |= applied.nodes
        self.edges |= applied.edges


@dataclass(frozen=True, slots=True)
class Save:
    """One save, encoded: the snapshot as of `seq`, on the condition that it is as believed, and the
    nodes and edges that have changed.
    """

    seq: int
    snapshot: Patch
    parts: list[Operation]

    @property
    def operations(self) -> list[Operation]:
        """What writes it."""
        return [self.snapshot, *self.parts]

    def on_top_of(self, before: int) -> Save:
        """The same save, on the condition that the snapshot is at `before`."""
        expect = {**self.snapshot.expect, "savedSeq": before}
        return replace(self, snapshot=replace(self.snapshot, expect=expect))


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_epoch() -> str:
    """A name for one line of history; a client that knows another one cannot resume."""
    return secrets.token_hex(8)


def row_key(workflow_key: str, seq: int) -> str:
    """The key of a batch in the history, and of its receipt."""
    return f"{workflow_key}-{seq:012}"


def part_key(workflow_key: str, key: str) -> str:
    """The key under which a node or an edge of a workflow is stored."""
    return f"{workflow_key}-{key}"


def not_found(key: str) -> NotFound:
    """What to raise where there is no such workflow."""
    return NotFound(f"There is no workflow {key[:64]!r}; GET /api/workflow lists yours.")


def head_of(key: str, found: Document | None) -> Head:
    """The head that was read. Raises NotFound, Damaged."""
    if found is None:
        raise not_found(key)
    try:
        return msgspec.convert({"key": key, **found.body}, Head)
    except msgspec.ValidationError as error:
        raise Damaged(f"The head of workflow {key} is damaged: {error}") from error


def row_of(found: Document) -> Row:
    """The batch that was read from the history. Raises msgspec.ValidationError."""
    return msgspec.convert(_raw(found), Row)


def entry_of(found: Document) -> HistoryEntry:
    """The batch that was read from the history, as it is shown. Raises msgspec.ValidationError."""
    return msgspec.convert(_raw(found), HistoryEntry)


def head_expectation(key: str, seq: int, epoch: str) -> Expect:
    """Holds while nobody has advanced, replaced or deleted the workflow since `seq`."""
    return Expect(WORKFLOWS, key, {"seq": seq, "epoch": epoch})


def head_advance(
    key: str, before: int, epoch: str, last: Row, workflow_fields: dict[str, Any]
) -> Patch:
    """Move the head from seq `before` to the row's, and keep the fields that lists show in step."""
    fields = {"seq": last.seq, "updatedAt": last.timestamp, **workflow_fields}
    return Patch(WORKFLOWS, key, fields, expect={"seq": before, "epoch": epoch})


def row_insert(row: Row) -> Insert:
    """Append one batch to the history."""
    return Insert(HISTORY, row_key(row.workflowKey, row.seq), _body(row))


def receipt_put(receipt: Receipt) -> Put:
    """Keep the receipt of a batch."""
    return Put(RECEIPTS, row_key(receipt.workflowKey, receipt.seq), _body(receipt))


def creation(head: Head, workflow: Workflow) -> list[Operation]:
    """What stores a new workflow, saved as of its head's seq."""
    root, fields = workflow.root, msgspec.structs.asdict(head)
    key = fields.pop("key")
    snapshot = {
        "savedSeq": head.seq,
        "epoch": head.epoch,
        "nodeCount": len(root["nodes"]),
        "edgeCount": len(root["edges"]),
        **{field: root[field] for field in TOP_LEVEL},
    }
    return [
        Insert(WORKFLOWS, key, fields),
        Insert(SNAPSHOTS, key, snapshot),
        *(_put(NODES, key, part, pack(value)) for part, value in root["nodes"].items()),
        *(_put(EDGES, key, part, pack(value)) for part, value in root["edges"].items()),
    ]


def head_for(key: str, workflow: Workflow, workspace: str, seq: int, times: Times) -> Head:
    """The head of a workflow that begins here, with an epoch of its own."""
    fields = {field: workflow.root[field] for field in HEAD_FIELDS}
    return Head(
        key=key,
        seq=seq,
        epoch=new_epoch(),
        workspace=workspace,
        createdAt=times.created,
        updatedAt=times.updated,
        **fields,
    )


def save_of(
    key: str,
    epoch: str,
    before: int,
    seq: int,
    workflow: Workflow,
    dirty: Dirty,
    encoded: Mapping[Part, Operation] = MappingProxyType({}),
) -> Save:
    """Encode what is dirty, before anything later changes it, on the condition that the snapshot is
    at `before`. What was `encoded` already, and is not dirty again, goes with it.
    """
    root = workflow.root
    fields: dict[str, Any] = {field: _encoded(root[field]) for field in dirty.fields}
    fields |= {"savedSeq": seq, "nodeCount": len(root["nodes"]), "edgeCount": len(root["edges"])}
    snapshot = Patch(SNAPSHOTS, key, fields, expect={"savedSeq": before, "epoch": epoch})
    parts = {**encoded, **encode_parts(key, workflow, dirty)}
    return Save(seq, snapshot, list(parts.values()))


def encode_parts(key: str, workflow: Workflow, dirty: Dirty) -> dict[Part, Operation]:
    """What brings the dirty nodes and edges in the store to where they are now."""
    operations: dict[Part, Operation] = {}
    for collection, touched in ((NODES, dirty.nodes), (EDGES, dirty.edges)):
        for part in touched:
            value = workflow.rest(collection.name, part)
            operations[collection.name, part] = (
                Delete(collection, part_key(key, part))
                if value is None
                else _put(collection, key, part, value)
            )
    return operations


def _put(collection: Collection, key: str, part: str, value: bytes) -> Put:
    body = {"workflowKey": key, "key": part, "value": msgspec.Raw(value)}
    return Put(collection, part_key(key, part), body)


def _body(record: Receipt) -> dict[str, Any]:
    body = msgspec.structs.asdict(record)
    for field, usual in _MOSTLY:
        if body.get(field, UNSET) is usual:
            body.pop(field, None)
    return body


def _raw(found: Document) -> dict[str, Any]:
    """The body with its lists as encoded JSON, as rows and entries hold them."""
    body = found.body
    return {**body, **{field: _encoded(body[field]) for field in _LISTS if field in body}}


def _encoded(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
