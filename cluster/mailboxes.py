"""The channels of one process: what waits for whom, and who waits for what.

Any thread and any event loop may put and take: a lock guards all, and is never held for long.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from threading import Lock

from channels.exceptions import ChannelFull


class Mailboxes:
    """`expiry` is in seconds, after which a message is gone."""

    def __init__(self, expiry: float) -> None:
        self._expiry = expiry
        self._lock = Lock()
        self._messages: dict[str, deque[tuple[float, bytes]]] = {}
        self._takers: dict[str, deque[asyncio.Future[None]]] = {}

    def __len__(self) -> int:
        """How many channels have something that waits."""
        return len(self._messages)

    def put(self, channel: str, message: bytes, capacity: int) -> None:
        """Raises ChannelFull if so many messages wait there."""
        with self._lock:
            self._drop_expired(channel)
            queue = self._messages.setdefault(channel, deque())
            if len(queue) >= capacity:
                raise ChannelFull(channel)
            queue.append((time.monotonic() + self._expiry, message))
            self._wake(channel)

    async def take(self, channel: str) -> bytes:
        """The oldest message, as soon as there is one."""
        while True:
            with self._lock:
                self._drop_expired(channel)
                if channel in self._messages:
                    return self._oldest(channel)
                taker = asyncio.get_running_loop().create_future()
                self._takers.setdefault(channel, deque()).append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                # Who was woken and does not take leaves it to the next.
                with self._lock:
                    self._wake(channel)
                raise
            finally:
                with self._lock:
                    self._leave(channel, taker)

    def expire(self) -> set[str]:
        """Remove what nobody took in time; returns the channels that had such."""
        with self._lock:
            return {channel for channel in list(self._messages) if self._drop_expired(channel)}

    def clear(self) -> None:
        """Remove all that waits."""
        with self._lock:
            self._messages.clear()

    def _drop_expired(self, channel: str) -> bool:
        """Whether there was something to drop."""
        queue, now = self._messages.get(channel, deque()), time.monotonic()
        before = len(queue)
        while queue and queue[0][0] <= now:
            queue.popleft()
        if before and not queue:
            del self._messages[channel]
        return len(queue) < before

    def _oldest(self, channel: str) -> bytes:
        queue = self._messages[channel]
        message = queue.popleft()[1]
        if not queue:
            del self._messages[channel]
        return message

    def _leave(self, channel: str, taker: asyncio.Future[None]) -> None:
        takers = self._takers.get(channel)
        if takers and taker in takers:
            takers.remove(taker)
        if not takers:
            self._takers.pop(channel, None)

    def _wake(self, channel: str) -> None:
        """Wake who has waited longest, if there is something for him."""
        takers = self._takers.get(channel)
        while takers and channel in self._messages:
            taker = takers.popleft()
            try:
                taker.get_loop().call_soon_threadsafe(_finish, taker)
                return
            # His loop has ended without telling him.
            except RuntimeError:
                continue


def _finish(taker: asyncio.Future[None]) -> None:
    if not taker.done():
        taker.set_result(None)
