"""Builds the live part of a server process and plugs it together, on the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.conf import settings

import store.current
import workflows.live
from accounts.news import access_changed
from media_store.current import decoders
from nodius_site import member, metrics
from nodius_site.passes import is_passed
from sync.admission import Admission
from sync.consumers import Receive, SocketConsumer
from sync.hints import LOOK, RELEASED, Hints
from sync.hub import Hub
from sync.membership import Membership
from sync.messages import MAX_INSTRUCTIONS
from sync.origins import Origins
from sync.outbox import Send
from sync.overview import Overview
from sync.places import Places
from sync.port import Port, result_of
from sync.rules import Rules
from sync.sockets import Sockets
from workflows.instructions import Limits
from workflows.reach import limits

T = TypeVar("T")

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
    places: Places
    rules: Rules
    membership: Membership
    hints: Hints
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


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
        places = Places(settings.CONNECTIONS)
        hints = _hints(hub, sockets)
        membership = member.join(hub, hints)
        rules = _rules(limits())
        _live[:] = [Live(loop, hub, admission, sockets, origins, places, rules, membership, hints)]
        workflows.live.install(Port(hub, loop))
        decoders.open()
        metrics.watch(hub)
    return _live[0]


def ask(question: Callable[[Overview], Coroutine[Any, Any, T]]) -> T:
    """What a question about the live sessions of this process finds out; from another thread.

    Raises LookupError outside of a server process, GivenUp, and what the question raises.
    """
    if not _live:
        raise LookupError("no live sessions here: this process is no server")
    return result_of(question(Overview(_live[0].hub)), _live[0].loop)


def membership() -> Membership:
    """This process among the others. Raises LookupError outside of a server process."""
    if not _live:
        raise LookupError("no live sessions here: this process is no server")
    return _live[0].membership


def check() -> None:
    """Return if the live part does its work; from another thread.

    Raises LookupError before it was started, GivenUp, store.base.Unavailable.
    """
    if not _live:
        raise LookupError("no live sessions here: this process is no server")
    result_of(_live[0].hub.alive(), _live[0].loop)


async def stop() -> None:
    """Commit what was asked for, have the sockets come back later, save everything, and end.

    What cannot be done in STOP seconds is left: all that was told is in the journal. The server and
    its lifespan both call this; the second time there is nothing to do.
    """
    for live in _live:
        if live.stopping.is_set():
            continue
        live.stopping.set()
        decoders.close()
        try:
            async with asyncio.timeout(STOP):
                await live.hub.flush()
                await live.sockets.close(FAREWELL)
                await live.hub.close()
        except TimeoutError:
            logger.warning("not everything could be saved in time; all of it is in the journal")
            live.hub.abandon()
        await live.hints.close()
        await live.hub.ownership.close()
        await asyncio.to_thread(live.membership.close, FAREWELL)


async def websocket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """`/ws` as an ASGI application."""
    live = start()
    consumer = SocketConsumer(
        live.admission, live.sockets, live.origins, live.places, live.rules, is_passed(scope)
    )
    await consumer(scope, receive, send)


def is_for_us(shown: str) -> bool:
    """Whether this is the pass of another process to this one."""
    return any(member.is_pass_to(live.membership.me, shown) for live in _live)


def _hints(hub: Hub, sockets: Sockets) -> Hints:
    """What is heard by hints has this process look; what happens here is told by them."""

    def heard(about: str) -> None:
        if about == RELEASED:
            hub.ownership.released()
        else:
            sockets.look_soon()

    hints = Hints(heard)
    hub.on_news = partial(hints.tell, LOOK)
    access_changed.connect(lambda **_: hints.tell(LOOK), weak=False, dispatch_uid="hints")
    return hints


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
