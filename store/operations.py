"""The operations of one write, sorted by what they need; the same for every store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from store.base import Delete, DeleteAll, Expect, Insert, Operation, Patch, Put, Scalar
from store.collections import WORKFLOWS
from store.values import check_sweep, index_text

#: What concerns a single document.
Single: TypeAlias = Insert | Put | Patch | Delete | Expect


class Operations:
    """`sweeps` go last; the `single` ones name different documents. Raises ValueError."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.sweeps = [each for each in operations if isinstance(each, DeleteAll)]
        self.single = [each for each in operations if not isinstance(each, DeleteAll)]
        if len({name_of(each) for each in self.single}) < len(self.single):
            raise ValueError("two operations of one write name the same document: make them one")
        for each in self.sweeps:
            check_sweep(each.collection, each.upto)
        self.conditions = [each for each in self.single if expected(each) is not None]

    @property
    def changes_nothing(self) -> bool:
        """Whether there are only conditions to judge."""
        return not self.sweeps and all(isinstance(each, Expect) for each in self.single)


def name_of(operation: Single) -> tuple[str, str]:
    """The collection and the key of its document, as `Conflict` names it."""
    return operation.collection.name, operation.key


def expected(operation: Single) -> Mapping[str, Scalar] | None:
    """The fields a condition names; None if the operation has no condition."""
    match operation:
        case Patch() | Delete():
            return operation.expect
        case Expect():
            return operation.fields
        case _:
            return None


def needs_state(operation: Single) -> bool:
    """Whether the document as it is has to be known: for a condition, and of every head."""
    if isinstance(operation, Insert):
        return False
    return operation.collection.name == WORKFLOWS.name or expected(operation) is not None


def matches(operation: Single, fields: Mapping[str, object]) -> bool:
    """Whether a document of these fields, which is there, is what the operation expects."""
    wanted = expected(operation) or {}
    return all(index_text(fields.get(name)) == index_text(value) for name, value in wanted.items())
