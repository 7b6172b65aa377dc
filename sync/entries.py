"""What is asked of a session, and how it takes its place in the order: entries, and a session's
turn in a group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from msgspec import UNSET, Raw, UnsetType

from store.base import Operation
from sync.fanout import Fanout, Follower
from workflows.errors import Refused, WorkflowError
from workflows.instructions import Instruction
from workflows.live import Told
from workflows.repository import Receipt, Row, head_advance, head_expectation, row_insert


class Line(Protocol):
    """The workflow that a turn belongs to, and the line of its history."""

    key: str
    epoch: str
    struck: bool


S = TypeVar("S", bound=Line)


class Reply(Protocol):
    """Who asked for a batch, and is told what became of it: exactly one of these, once."""

    def told(self, told: Told, again: bool) -> None:
        """It is committed: just now, or it was sent `again`."""

    def refused(self, refused: Refused) -> None:
        """It cannot be applied; nothing changed."""

    def lost(self, error: WorkflowError) -> None:
        """It was not committed.

        NotFound if the workflow is gone, Refused if it cannot be stored, else GivenUp.
        """


class Joiner(Follower, Protocol):
    """A follower that comes in."""

    def connected(self, at: Joined) -> None:
        """The committed state it starts from."""

    def leave(self) -> None:
        """Another follower of the same socket takes its place."""


@dataclass(frozen=True, slots=True)
class Change:
    """Instructions to apply. An undo or a redo says of which batch, and which paths it skips."""

    instructions: list[Instruction]
    undoes: int | None = None
    skipped: Raw | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Ask:
    """A batch somebody asks for.

    `sender` is the follower that sent it, if it is to be told by `reply` alone. Without an `id` it
    cannot be asked for again.
    """

    user_id: str
    client_id: str | None
    id: str | None
    reply: Reply
    sender: Follower | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a follower starts: at `seq`, with the `document`, or with the batches it `missed`."""

    seq: int
    epoch: str
    document: bytes | None
    missed: list[Row]


class Entry(Protocol):
    """What takes a place in the order, and is told or lost there."""

    size: int

    def tell(self) -> None:
        """The group it is in is committed."""

    def lose(self, error: WorkflowError) -> None:
        """The session ended before that."""


@dataclass(slots=True)
class Answer:
    """An entry that changes nothing: something that must be true when it is told."""

    tell: Callable[[], None]
    lose: Callable[[WorkflowError], None]
    size: int = 0


class Batch:
    """An applied batch; `head` holds the head's fields that it changed."""

    __slots__ = ("_ask", "_fanout", "head", "row", "size")

    def __init__(self, fanout: Fanout, ask: Ask, row: Row, head: dict[str, Any]) -> None:
        self.row = row
        self.head = head
        self.size = len(row.instructions) + len(row.inverse)
        self._fanout = fanout
        self._ask = ask

    def tell(self) -> None:
        """Tell the followers but for its sender, then whoever asked."""
        self._fanout.tell(self.row, self._ask.sender)
        self._ask.reply.told(told_of(self.row), False)

    def lose(self, error: WorkflowError) -> None:
        """Tell whoever asked."""
        self._ask.reply.lost(error)


def told_of(committed: Receipt) -> Told:
    """What the sender of a committed batch is told, the first time and every other.

    Once its history is pruned only the receipt is left, and the instructions are missing.
    """
    instructions = skipped = None
    if isinstance(committed, Row):
        instructions = bytes(committed.instructions) if committed.told else None
        skipped = None if isinstance(committed.skipped, UnsetType) else bytes(committed.skipped)
    return Told(committed.seq, committed.timestamp, instructions, skipped)


@dataclass(frozen=True, slots=True)
class Turn(Generic[S]):
    """A session's part of one group: entries in their order, on top of a head at `before`."""

    session: S
    entries: list[Entry]
    before: int

    def part(self, start: int, stop: int) -> Turn[S]:
        """Some of the entries, as if those in front were committed."""
        front = Turn(self.session, self.entries[:start], self.before).seqs()
        return Turn(self.session, self.entries[start:stop], front[-1] if front else self.before)

    def seqs(self) -> list[int]:
        """The seqs of its batches."""
        return [each.row.seq for each in self.entries if isinstance(each, Batch)]

    def operations(self) -> list[Operation]:
        """What commits it: the rows and the advanced head, or the head as it is believed to be."""
        session, batches = self.session, [each for each in self.entries if isinstance(each, Batch)]
        if not batches:
            return [head_expectation(session.key, self.before, session.epoch)]
        fields: dict[str, Any] = {}
        for each in batches:
            fields |= each.head
        last = batches[-1].row
        head = head_advance(session.key, self.before, session.epoch, last, fields)
        return [head, *(row_insert(each.row) for each in batches)]
