"""What waits to be sent to one socket: bounded in bytes, in order, with an end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Hashable, MutableMapping
from typing import Any, TypeAlias

from sync.messages import byte_length

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOO_SLOW = 4413

#: Seconds that one frame may take to leave, and bytes for each of which it has one more.
FRAME_SECONDS = 10.0
BYTES_A_SECOND = 64 * 1024


class Outbox:
    """Frames on their way to one socket.

    `limit`: bytes that may wait behind the frame that is next, or under way: one frame, however
    big, cuts nobody off. A client for which more waits, or that does not take a frame in time, is
    cut off: `cut_off` is done then, and whoever runs the outbox has to end it and close the socket
    with TOO_SLOW. `clock` tells seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.cut_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._limit = limit
        self._clock = clock
        #: Frames, or keys of `_passing`, with their sizes.
        self._waiting: deque[tuple[str | _Key, int]] = deque()
        #: By key: frames of which only the newest matters.
        self._passing: dict[_Key, str] = {}
        self._size = 0
        self._room = asyncio.Event()
        self._close_code: int | None = None
        self._wake = asyncio.Event()
        #: When the server underneath has to have room for the next frame.
        self._deadline: float | None = None
        #: How to send, while `run` has nothing to do.
        self._idle: Send | None = None
        #: A frame that was begun to be sent, and waits for room.
        self._begun: _Begun | None = None
        self._last = 0

    @property
    def close_code(self) -> int | None:
        """With which code the socket is to be closed, if it is."""
        return self._close_code

    @property
    def closed(self) -> bool:
        """Whether the socket is to be closed after what waits; nothing more is taken then."""
        return self._close_code is not None

    @property
    def size(self) -> int:
        """Bytes that wait behind the frame that is under way."""
        return self._size

    def put(self, frame: str) -> None:
        """Send a text frame after those that wait; at once, if none does and there is room."""
        if not self._sent_at_once(frame):
            self._add(frame, byte_length(frame))

    def put_passing(self, about: Hashable, frame: str) -> None:
        """Send a text frame, in the place of one about the same that still waits."""
        if self._sent_at_once(frame):
            return
        key = _Key((about,))
        if key not in self._passing:
            self._add(key, byte_length(frame))
        if not self.closed:
            self._passing[key] = frame

    async def room(self) -> None:
        """Wait until less than half of what may wait does, or the socket is closed."""
        while self._size > self._limit // 2 and not self.closed:
            self._room.clear()
            await self._room.wait()

    def close(self, code: int) -> None:
        """Close the socket with this code after what waits; the first code counts."""
        if not self.closed:
            self._close_code = code
            self._wake.set()
            self._room.set()

    def check(self) -> None:
        """Cut the client off if it takes too long over a frame."""
        if self._deadline is not None and self._clock() > self._deadline:
            self._cut_off()

    async def run(self, send: Send) -> None:
        """Send what comes until the socket is closed, then close it."""
        while not (self.closed and not self._waiting):
            while self._waiting:
                self._expect_room()
                frame = self._next()
                self._last = byte_length(frame)
                await send({"type": "websocket.send", "text": frame})
                # Else it is kept until the next one comes, and the first is a whole document.
                del frame
            self._deadline = None
            if not self.closed:
                self._wake.clear()
                self._idle = send
                await self._wake.wait()
                self._idle = None
                if self._begun is not None:
                    await self._begun
                    self._begun = None
        await send({"type": "websocket.close", "code": self._close_code})

    def _sent_at_once(self, frame: str) -> bool:
        """Send without waking a task for it, if the server underneath takes frames as they come."""
        send = self._idle
        if send is None or self.closed or self._wake.is_set():
            return False
        sending = send({"type": "websocket.send", "text": frame}).__await__()
        try:
            room = next(sending)
        except StopIteration:
            pass
        except Exception:
            # The socket is gone: `run` meets the same, and ends.
            return False
        else:
            self._begun = _Begun(room, sending)
            self._expect_room()
            self._wake.set()
        self._last = byte_length(frame)
        return True

    def _expect_room(self) -> None:
        # The server takes a frame once the one before has left.
        self._deadline = self._clock() + FRAME_SECONDS + self._last / BYTES_A_SECOND

    def _next(self) -> str:
        item, size = self._waiting.popleft()
        self._size -= size
        self._room.set()
        return self._passing.pop(item) if isinstance(item, _Key) else item

    def _add(self, item: str | _Key, size: int) -> None:
        if self.closed:
            return
        next_size = self._waiting[0][1] if self._waiting else size
        if self._size + size - next_size > self._limit:
            self._cut_off()
            return
        self._waiting.append((item, size))
        self._size += size
        self._wake.set()

    def _cut_off(self) -> None:
        self._waiting.clear()
        self._passing.clear()
        self._close_code = TOO_SLOW
        self._room.set()
        if not self.cut_off.done():
            self.cut_off.set_result(None)


class _Begun:
    """What waits already when it is awaited: for `first`, then for the rest."""

    def __init__(self, first: object, rest: Generator[Any, Any, None]) -> None:
        self._first = first
        self._rest = rest

    def __await__(self) -> Generator[Any, Any, None]:
        yield self._first
        yield from self._rest


class _Key(tuple[Hashable]):
    """What a passing frame is about."""

    __slots__ = ()
