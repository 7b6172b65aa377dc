"""Builds the live part of a server process and plugs it together, on the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

import store.current
import workflows.live
from sync.admission import Admission
from sync.consumers import Receive, Rules, SocketConsumer
from sync.hub import Hub
from sync.messages import MAX_INSTRUCTIONS
from sync.origins import Origins
from sync.outbox import Send
from sync.port import Port
from sync.sockets import Sockets
from workflows.instructions import Limits
from workflows.reach import limits

logger = logging.getLogger(__name__)

#: Seconds that the sockets have for closing when the server ends.
FAREWELL = 2.0
#: Seconds for the whole end: less than whoever sent the signal waits before he kills.
STOP = 8.0


@dataclass(frozen=True, slots=True)
class Live:
    """The live part of a server process, on the event loop it was started on."""

    loop: asyncio.AbstractEventLoop
    hub: Hub
    admission: Admission
    sockets: Sockets
    origins: Origins
    rules: Rules


#: The live part once it was started, and still when it was stopped: then it sends away who comes.
_live: list[Live] = []


def start() -> Live:
    """The live part, started on the running event loop if that was not done yet."""
    loop = asyncio.get_running_loop()
    if not _live or _live[0].loop is not loop:
        hub = Hub(store.current.current(), limits(), settings.AUTOSAVE)
        admission = Admission(hub)
        origins = Origins(settings.CORS_ORIGINS)
        sockets = Sockets(admission)
        _live[:] = [Live(loop, hub, admission, sockets, origins, _rules(limits()))]
        workflows.live.install(Port(hub, loop))
    return _live[0]


async def stop() -> None:
    """Commit what was asked for, have the sockets come back later, save everything, and end.

    What cannot be done in STOP seconds is left: all that was told is in the journal.
    """
    for live in _live:
        try:
            async with asyncio.timeout(STOP):
                await live.hub.flush()
                await live.sockets.close(FAREWELL)
                await live.hub.close()
        except TimeoutError:
            logger.warning("not everything could be saved in time; all of it is in the journal")


async def websocket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """`/ws` as an ASGI application."""
    live = start()
    consumer = SocketConsumer(live.admission, live.sockets, live.origins, live.rules)
    await consumer(scope, receive, send)


def _rules(bounds: Limits) -> Rules:
    announced = {
        "message": settings.MAX_MESSAGE,
        "instructions": MAX_INSTRUCTIONS,
        "text": bounds.text,
        "workflow": bounds.workflow,
        "depth": bounds.depth,
        "batch": bounds.batch,
        "rate": settings.INSTRUCTION_RATE,
        "outbox": settings.MAX_OUTBOX,
    }
    return Rules(settings.MAX_MESSAGE, settings.MAX_OUTBOX, settings.INSTRUCTION_RATE, announced)
