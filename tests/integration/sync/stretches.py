"""How long the event loop is busy with one thing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Stretches:
    """How long the event loop did not come round; in seconds of its own work, as other processes
    may take the processor away from it.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Watch while the body runs."""
        watching = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        yield
        watching.cancel()

    async def _watch(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest, last = max(self.longest, now - last), now
