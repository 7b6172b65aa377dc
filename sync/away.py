"""The workflows of one socket that other processes hold: a pipe to the process for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from sync.outbox import Outbox
from sync.ownership import Ownership
from workflows.errors import Elsewhere

if TYPE_CHECKING:
    from sync.pipe import Pipe


class Away:
    """What comes by the pipes goes to the `outbox`.

    `on_end` is called when a conversation has ended that was not left: with the close code that the
    other process had for the client, or None if it broke off.
    """

    def __init__(
        self, ownership: Ownership, outbox: Outbox, on_end: Callable[[str, int | None], None]
    ) -> None:
        self._ownership = ownership
        self._outbox = outbox
        self._on_end = on_end
        self._pipes: dict[str, Pipe] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._pipes

    async def connect(self, key: str, to: Elsewhere, frame: str) -> None:
        """Have the client's `connect` for this workflow answered there. Raises GivenUp."""
        pipe = await self._ownership.pipe(to, self._outbox, lambda code: self._ended(key, code))
        self._pipes[key] = pipe
        await pipe.send(frame)

    async def send(self, key: str, frame: str) -> None:
        """Pass on a frame about this workflow, which is one of these."""
        await self._pipes[key].send(frame)

    async def send_to_all(self, frame: str) -> None:
        """Pass on a frame that concerns the socket as a whole."""
        for pipe in tuple(self._pipes.values()):
            await pipe.send(frame)

    async def leave(self, key: str, frame: str) -> None:
        """Pass on the client's `leave`, and be told no more of this workflow."""
        pipe = self._pipes.pop(key)
        await pipe.send(frame)
        await pipe.close()

    def check(self) -> None:
        """Break off what a dead process would have to answer."""
        for key, pipe in self._pipes.items():
            if self._ownership.is_dead(pipe.process):
                self._on_end(key, None)

    async def close(self) -> None:
        """The socket has ended."""
        pipes, self._pipes = tuple(self._pipes.values()), {}
        await asyncio.gather(*(each.close() for each in pipes), return_exceptions=True)

    def _ended(self, key: str, code: int | None) -> None:
        if key in self._pipes:
            self._on_end(key, code)
