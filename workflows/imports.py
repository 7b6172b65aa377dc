"""Taking in whole workflows from elsewhere, also while somebody edits the one that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from store.base import Conflict, DeleteAll, Insert, Operation, Patch, Put
from store.collections import HISTORY, RECEIPTS
from workflows.diff import difference
from workflows.document import Applied, Workflow
from workflows.errors import GivenUp, NotFound
from workflows.parts import pack, unpack
from workflows.records import (
    HEAD_FIELDS,
    Loaded,
    Receipt,
    Row,
    Times,
    creation,
    head_advance,
    head_for,
    new_epoch,
    now,
    receipt_put,
    row_insert,
    save_of,
)
from workflows.repository import Repository

#: How often a workflow is tried while others change it, and from when on they are made to pause.
ATTEMPTS, PATIENT = 30, 2
#: Bytes of the history that go in with the workflow itself; what is before goes in in pieces.
PIECE = 16 * 1024 * 1024
#: Who made the batch of an import.
AUTHOR = "importdb"

_GRAPH = ("nodes", "edges")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A workflow from elsewhere, as it was after batch `seq`.

    `history` and `receipts` are what is kept of its batches, ascending; one may ask for them again.
    """

    key: str
    workspace: str
    seq: int
    times: Times
    workflow: Workflow
    history: Iterable[Row]
    receipts: Iterable[Receipt]


def take_in(repository: Repository, incoming: Incoming) -> bool:
    """Have the store hold this workflow; True if it is new, with its history.

    One that exists is changed by one batch, if there is a difference. Both get a new epoch, so that
    a live session of the old one ends. Raises Refused, Damaged, GivenUp, Unavailable, TooLarge.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _try(repository, incoming, force=attempt >= PATIENT)
        except (Conflict, NotFound):
            # Somebody changed, made or deleted it meanwhile.
            continue
    raise GivenUp(f"others change the workflow {incoming.key} all the time; import it again")


def _try(repository: Repository, incoming: Incoming, *, force: bool) -> bool:
    if not repository.lines([incoming.key]):
        _found(repository, incoming)
        return True
    if force:
        repository.renew_epoch(incoming.key)
    _supersede(repository, incoming)
    return False


def _found(repository: Repository, incoming: Incoming) -> None:
    """Store it as a new one. Its head is what makes it one: before, nobody sees the history."""
    head = head_for(
        incoming.key, incoming.workflow, incoming.workspace, incoming.seq, incoming.times
    )
    last: list[Operation] = []
    repository.store.write([DeleteAll(each, incoming.key) for each in (HISTORY, RECEIPTS)])
    for piece in _pieces(incoming):
        if last:
            repository.store.write(last)
        last = piece
    repository.store.write([*creation(head, incoming.workflow), *last])


def _pieces(incoming: Incoming) -> Iterator[list[Operation]]:
    """What writes the history, the newest batches last."""
    operations = _operations(incoming)
    piece: list[Operation] = []
    size = 0
    for operation, bytes_of in operations:
        piece.append(operation)
        size += bytes_of
        if size > PIECE:
            yield piece
            piece, size = [], 0
    yield piece


def _operations(incoming: Incoming) -> Iterator[tuple[Operation, int]]:
    for receipt in incoming.receipts:
        yield receipt_put(receipt), 200
    for row in incoming.history:
        insert = row_insert(row)
        size = len(row.instructions) + len(row.inverse) + 200
        # An import that was killed may have left it there.
        yield Put(insert.collection, insert.key, insert.body), size


def _supersede(repository: Repository, incoming: Incoming) -> None:
    """Change what is there by one batch, and begin another line of history with it."""
    loaded = repository.load(incoming.key)
    applied = _applied(loaded, incoming.workflow)
    if applied is None:
        repository.renew_epoch(incoming.key)
    else:
        repository.store.write(_batch(loaded, applied))


def _applied(loaded: Loaded, wanted: Workflow) -> Applied | None:
    """Make the one that was loaded what is wanted; None if it is that already. Raises Refused."""
    before, after = dict(loaded.workflow.root), dict(wanted.root)
    for field in _GRAPH:
        before[field], after[field] = _unlike(before[field], after[field])
    instructions = difference(before, after)
    return loaded.workflow.apply(instructions) if instructions else None


def _unlike(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of both, what the other one has not to the byte: of most workflows next to nothing."""
    equal = {key for key, part in after.items() if key in before and pack(before[key]) == part}
    return (
        {key: part for key, part in before.items() if key not in equal},
        {key: unpack(part) for key, part in after.items() if key not in equal},
    )


def _batch(loaded: Loaded, applied: Applied) -> list[Operation]:
    head, workflow, epoch = loaded.head, loaded.workflow, {"epoch": new_epoch()}
    row = Row(
        workflowKey=head.key,
        seq=head.seq + 1,
        timestamp=now(),
        userId=AUTHOR,
        clientId=None,
        id=None,
        instructions=msgspec.Raw(applied.instructions),
        inverse=msgspec.Raw(applied.inverse),
    )
    loaded.dirty.add(applied)
    save = save_of(head.key, head.epoch, loaded.saved_seq, row.seq, workflow, loaded.dirty)
    fields = {name: workflow.root[name] for name in HEAD_FIELDS if name in applied.fields}
    advance = head_advance(head.key, head.seq, head.epoch, row, fields | epoch)
    snapshot: Patch = replace(save.snapshot, fields=dict(save.snapshot.fields) | epoch)
    insert: Insert = row_insert(row)
    return [advance, snapshot, insert, *save.parts]
