"""Hints between processes, over the channel layer: what a look at the store would show within a
second is looked at now.

They are for speed alone. Any may be lost, late or doubled, and nothing is right or wrong by one. So
whatever a layer raises, and each raises errors of its own, is said and no more.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import secrets
from collections.abc import Callable
from typing import Any, Final

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

#: What a hint is about: something that each process looks for in the store, or a lease given back.
LOOK: Final = "look"
RELEASED: Final = "released"

GROUP = "nodius.hints"
#: Seconds until the layer is asked again after it has failed.
PAUSE = 1.0
#: Seconds that leaving the layer may take.
PATIENCE = 3.0
#: Hints on their way, beyond which more are dropped.
MOST_UNDER_WAY = 100


class Hints:
    """Of one process. `heard` is called on the event loop with what a hint is about.

    Made on the event loop; `close` ends it.
    """

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._me = secrets.token_hex(8)
        self._loop = asyncio.get_running_loop()
        self._layer: Any = get_channel_layer()
        self._closed = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._listening = self._loop.create_task(
            self._listen(), name="hints", context=contextvars.Context()
        )

    def tell(self, about: str) -> None:
        """Have every process look, this one too; from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._tell, about)
        except RuntimeError:
            # The loop has ended, and with it whoever would have to look.
            return

    async def close(self) -> None:
        """Listen no more, and leave the layer; whatever that does, it takes PATIENCE at most."""
        self._closed = True
        try:
            async with asyncio.timeout(PATIENCE):
                self._listening.cancel()
                if self._under_way:
                    await asyncio.wait(self._under_way, timeout=PAUSE)
                for task in self._under_way:
                    task.cancel()
                await asyncio.wait({self._listening, *self._under_way})
                await self._leave()
        except Exception as error:
            logger.info("the channel layer was not left in order: %r", error)

    async def _leave(self) -> None:
        for name in ("close", "close_pools"):
            # Each of the layers has its own word for it, and the one in memory none.
            if leave := getattr(self._layer, name, None):
                await leave()

    def _tell(self, about: str) -> None:
        self._heard(about)
        if len(self._under_way) < MOST_UNDER_WAY and not self._listening.done():
            task = self._loop.create_task(self._send(about), context=contextvars.Context())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _send(self, about: str) -> None:
        hint = {"type": "nodius.hint", "about": about, "sender": self._me}
        try:
            await self._layer.group_send(GROUP, hint)
        except Exception as error:
            logger.info("a hint was not sent: %r", error)

    async def _listen(self) -> None:
        # A layer may take a cancellation for the end of its own patience, and raise that instead.
        while not self._closed:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(GROUP, channel)
                # Something may have been missed before.
                self._heard(LOOK)
                while not self._closed:
                    self._hear(await self._layer.receive(channel))
            except Exception as error:
                if not self._closed:
                    logger.warning("the channel layer fails, and is asked again: %s", error)
                    await asyncio.sleep(PAUSE)

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("sender") != self._me and message.get("about") in (LOOK, RELEASED):
            self._heard(message["about"])
