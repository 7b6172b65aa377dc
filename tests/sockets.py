"""Sockets in memory: real consumers on a real hub, and a test that decides when each message goes
on.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sync.admission import Admission
from sync.consumers import SocketConsumer
from sync.hub import Hub
from sync.origins import Origins
from sync.places import Places
from sync.rules import Rules
from sync.sockets import Sockets
from tests.faulty import FaultyStore
from workflows.instructions import DEFAULT_LIMITS

T = TypeVar("T")

#: Turns of the event loop in which nothing happens, after which nothing will.
QUIET = 12


@dataclass(frozen=True, slots=True)
class Person:
    """An account, with the token of a login session."""

    user_id: str
    username: str
    token: str


class Room:
    """The live part of a server, without a network. Made on the event loop; `close` ends it."""

    def __init__(
        self,
        store: FaultyStore,
        *,
        autosave: float = 3600,
        max_outbox: int = 8 * 1024 * 1024,
        rate: int = 1_000_000,
        cors: tuple[str, ...] = (),
    ) -> None:
        self.store = store
        self.hub = Hub(store, DEFAULT_LIMITS, autosave)
        self.admission = Admission(self.hub)
        self.registry = Sockets(self.admission)
        self.origins = Origins(cors)
        self.places = Places(1_000_000)
        self.rules = Rules(1024 * 1024, max_outbox, rate, {"message": 1024 * 1024})
        self.sockets: list[MemorySocket] = []
        self.reads = self.writes = 0
        self._count("read", "reads")
        self._count("ask", "reads")
        self._count("write", "writes")
        self._count("commit", "writes")

    def open(self, **headers: str) -> MemorySocket:
        """A new socket, with these headers in its handshake."""
        socket = MemorySocket(self, headers)
        self.sockets.append(socket)
        return socket

    async def settled(self) -> None:
        """Return when the server has done all it can do with what it was given so far."""
        async with asyncio.timeout(20):
            quiet = 0
            while quiet < QUIET:
                await asyncio.sleep(0 if self._still else 0.0002)
                quiet = quiet + 1 if self._still else 0

    async def close(self) -> None:
        """End everything."""
        self.store.heal()
        for socket in self.sockets:
            socket.hang_up()
        await asyncio.gather(*(socket.task for socket in self.sockets))
        await self.registry.close(1)
        await self.hub.close()

    @property
    def _still(self) -> bool:
        if self.store.waiting and not self.store.gate.is_set():
            # Whoever needs a commit has to wait for the test to let it pass.
            return not self.reads
        return not self.reads and not self.writes and all(each.still for each in self.sockets)

    def _count(self, call: str, counter: str) -> None:
        """Know how many of these calls are under way."""
        original: Callable[[Callable[[], T]], Awaitable[T]] = getattr(self.hub.persistence, call)

        async def until_done(result: Awaitable[T]) -> T:
            try:
                return await result
            finally:
                setattr(self, counter, getattr(self, counter) - 1)

        def counted(fn: Callable[[], T]) -> Awaitable[T]:
            setattr(self, counter, getattr(self, counter) + 1)
            return until_done(original(fn))

        setattr(self.hub.persistence, call, counted)


class MemorySocket:
    """One socket. What the client sends reaches the server by `flush`; what the server sends waits
    until the client calls `take`.
    """

    def __init__(self, room: Room, headers: dict[str, str]) -> None:
        self.outgoing: deque[str] = deque()
        self.incoming: deque[dict[str, Any]] = deque()
        self.closed: int | None = None
        #: Cleared, what the server sends does not leave it.
        self.reading = asyncio.Event()
        self.reading.set()
        self._events: deque[dict[str, Any]] = deque([{"type": "websocket.connect"}])
        self._arrived = asyncio.Event()
        self._hungry = self._hung_up = False
        self.consumer = SocketConsumer(
            room.admission, room.registry, room.origins, room.places, room.rules
        )
        scope = {"headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
        self.task = asyncio.create_task(self.consumer(scope, self._receive, self._send))

    def send(self, type: str, **fields: object) -> None:
        """Have the client send a message."""
        self.outgoing.append(json.dumps({"type": type, **fields}))

    def flush(self, count: int | None = None) -> None:
        """Let so many of the client's messages reach the server, or all."""
        for _ in range(len(self.outgoing) if count is None else min(count, len(self.outgoing))):
            self._put({"type": "websocket.receive", "text": self.outgoing.popleft()})

    def take(self, count: int | None = None) -> list[dict[str, Any]]:
        """So many of the messages that the server has sent, or all."""
        wanted = len(self.incoming) if count is None else min(count, len(self.incoming))
        return [self.incoming.popleft() for _ in range(wanted)]

    def hang_up(self) -> None:
        """Lose the connection: what is on its way never arrives."""
        if not self._hung_up:
            self._hung_up = True
            self.outgoing.clear()
            self.incoming.clear()
            self.reading.set()
            self._put({"type": "websocket.disconnect"})

    @property
    def still(self) -> bool:
        """Whether the server waits for more of this socket, or has ended it."""
        return self.task.done() or (self._hungry and not self._events and not self._hung_up)

    def _put(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        self._arrived.set()

    async def _receive(self) -> MutableMapping[str, Any]:
        while not self._events:
            self._hungry = True
            self._arrived.clear()
            await self._arrived.wait()
            self._hungry = False
        return self._events.popleft()

    async def _send(self, event: MutableMapping[str, Any]) -> None:
        await self.reading.wait()
        if event["type"] == "websocket.send" and not self._hung_up:
            self.incoming.append(json.loads(event["text"]))
        elif event["type"] == "websocket.close":
            self.closed = event["code"]
