"""Who follows a session, and what one pass over a committed group tells them.

A follower is told either batch by batch, or a group in one frame. Frames are encoded once for all
who get the same.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Raw

from sync.messages import Updates, encode, encode_entry, encode_update
from workflows.errors import WorkflowError
from workflows.repository import Row


class Follower(Protocol):
    """A client that sees every batch from its place in the order on.

    `grouped`: it takes many batches in one frame, its own among them.
    """

    @property
    def grouped(self) -> bool:
        """Whether it is told a group at a time."""

    def put(self, frame: str) -> None:
        """Send it a frame, after what it was sent before."""

    def ended(self, error: WorkflowError) -> None:
        """The session is over: NotFound if the workflow is gone, else GivenUp."""


class Fanout:
    """The followers of one workflow."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._single: dict[Follower, None] = {}
        #: By follower: how many batches of this pass it has been told.
        self._grouped: dict[Follower, int] = {}
        self._pass: list[Raw] = []
        #: By their start: the frames made in this pass, up to its newest batch.
        self._frames: dict[int, str] = {}

    @property
    def followers(self) -> tuple[Follower, ...]:
        """All of them."""
        return (*self._single, *self._grouped)

    def add(self, follower: Follower) -> None:
        """From the next batch on it is told."""
        if follower.grouped:
            self._grouped[follower] = len(self._pass)
        else:
            self._single[follower] = None

    def remove(self, follower: Follower) -> None:
        """It is told nothing more."""
        self._single.pop(follower, None)
        self._grouped.pop(follower, None)

    def tell(self, row: Row, sender: Follower | None) -> None:
        """Tell a committed batch, now or with its group; to its sender only with its group."""
        others = [each for each in self._single if each is not sender]
        if others:
            frame = encode_update(row)
            for follower in others:
                follower.put(frame)
        if self._grouped:
            self._pass.append(encode_entry(row))
            self._frames.clear()

    def catch_up(self, follower: Follower) -> None:
        """Tell it the batches of this pass it was not told yet, before what must come after."""
        known = self._grouped.get(follower, len(self._pass))
        if known < len(self._pass):
            self._grouped[follower] = len(self._pass)
            follower.put(self._frame(known))

    def announce(self, frame: str) -> None:
        """Send something about the workflow as a whole to everybody."""
        for follower in self.followers:
            self.catch_up(follower)
            follower.put(frame)

    def finish(self) -> None:
        """Tell what this pass has not told yet."""
        if self._pass:
            for follower in self._grouped:
                self.catch_up(follower)
                self._grouped[follower] = 0
            self._pass.clear()
            self._frames.clear()

    def _frame(self, start: int) -> str:
        frame = self._frames.get(start)
        if frame is None:
            frame = encode(Updates(workflowKey=self._key, updates=self._pass[start:]))
            self._frames[start] = frame
        return frame
