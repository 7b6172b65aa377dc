"""The port by which HTTP reaches the live sessions: whoever keeps them installs itself here.

The methods block and are called from request threads, never from the event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workflows.document import Workflow
from workflows.instructions import Instruction
from workflows.repository import Head


@dataclass(frozen=True, slots=True)
class Change:
    """One batch asked for over HTTP.

    `judge` is called in the batch's turn with the document as it is then, and returns the
    instructions to apply; none means that there is nothing to do, and no `seq` is taken. `id` makes
    a repetition by this user harmless.
    """

    user_id: str
    judge: Callable[[Workflow], list[Instruction]]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a committed batch.

    `instructions` (a JSON array) only where others were applied than sent.
    """

    seq: int
    timestamp: int
    instructions: bytes | None = None
    skipped: bytes | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A workflow as it was committed: its head, and its document as JSON in the shape that paths
    address.
    """

    head: Head
    document: bytes


class LiveWorkflows(Protocol):
    """The live sessions, as HTTP sees them.

    Every method raises NotFound, GivenUp, Damaged, store.base.Unavailable.
    """

    def read(self, key: str) -> State:
        """The newest committed state."""

    def change(self, key: str, change: Change) -> Told:
        """Apply one batch and return when it is committed.

        Raises Refused too, and then nothing changed.
        """

    def unsaved(self) -> int:
        """How many open workflows are journalled, but could not be saved the last time."""

    def delete(self, key: str) -> None:
        """Delete the workflow with all that belongs to it; its sockets are told."""


_installed: list[LiveWorkflows] = []


def install(live: LiveWorkflows) -> None:
    """Make `live` the one that `current` returns."""
    _installed[:] = [live]


def current() -> LiveWorkflows:
    """The live sessions of this process. Raises LookupError outside of a server process."""
    if not _installed:
        raise LookupError("no live sessions here: this process is no server")
    return _installed[0]
