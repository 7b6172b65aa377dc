"""The open sockets of this process, and the look once a second at what has happened elsewhere.

Whatever another process or the admin site does is seen in the database: login sessions that ended,
roles that changed, heads that were deleted, replaced or advanced.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from functools import partial
from typing import Protocol

from prometheus_client import Gauge

from accounts.access import Principal
from store.base import Corrupt, Unavailable
from sync import metrics
from sync.admission import Admission
from sync.client import Client

logger = logging.getLogger(__name__)

#: Seconds between two looks, and between two that were asked for.
POLL, PAUSE = 1.0, 0.05


class Socket(Protocol):
    """What this module needs of an open socket."""

    @property
    def principal(self) -> Principal | None:
        """Who has shown a token here, and by which login session."""

    @property
    def clients(self) -> tuple[Client, ...]:
        """The workflows it follows."""

    @property
    def piped(self) -> bool:
        """Whether its client's own socket is at another process."""

    def check_pace(self) -> None:
        """Cut its client off if that does not read, and from processes that are dead."""

    def unauthorized(self) -> None:
        """Its token counts no more: close it."""

    def expel(self, client: Client) -> None:
        """The user is no member of this workflow's workspace any more."""

    def restart(self) -> None:
        """The server is about to end: tell it, and close it."""


class Sockets:
    """The registry of this process."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._hub = admission.hub
        self._open: set[Socket] = set()
        self._all_gone = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        self._watches = [
            asyncio.get_running_loop().create_task(
                work, name="watch", context=contextvars.Context()
            )
            for work in (self._keep_looking(), self._look_when_asked())
        ]

    def add(self, socket: Socket) -> None:
        """Watch over a socket from its handshake on."""
        self._open.add(socket)
        _gauge(socket).inc()
        self._all_gone.clear()

    def remove(self, socket: Socket) -> None:
        """The socket is closed."""
        self._open.discard(socket)
        _gauge(socket).dec()
        if not self._open:
            self._all_gone.set()

    def look_soon(self) -> None:
        """Look now at what has happened elsewhere: something has."""
        self._asked.set()

    async def close(self, patience: float) -> None:
        """Have every socket come back later; waits until all are closed, `patience` s at most."""
        for watch in self._watches:
            watch.cancel()
        for socket in tuple(self._open):
            socket.restart()
        if self._open:
            await asyncio.wait({asyncio.ensure_future(self._all_gone.wait())}, timeout=patience)

    async def _keep_looking(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(POLL)
            metrics.LOOP_LAG.set(loop.time() - began - POLL)
            for socket in tuple(self._open):
                socket.check_pace()
            # One that takes long does not hold up the next check of the pace.
            _ = self._begin_to_look()

    async def _look_when_asked(self) -> None:
        while True:
            await self._asked.wait()
            if self._looking is not None:
                # It may have begun before there was something to see.
                await asyncio.wait({self._looking})
            self._asked.clear()
            await asyncio.wait({self._begin_to_look()})
            await asyncio.sleep(PAUSE)

    def _begin_to_look(self) -> asyncio.Task[None]:
        if self._looking is None or self._looking.done():
            self._looking = self._hub.spawn(self._look())
        return self._looking

    async def _look(self) -> None:
        # What cannot be seen of the ones says nothing of the others.
        looks = (self._look_at_accounts, self._look_at_heads, self._hub.look_for_strays)
        for look in looks:
            try:
                await look()
            except Unavailable as error:
                logger.warning("what happened elsewhere cannot be looked up: %s", error)
            except Exception:
                logger.exception("what happened elsewhere cannot be looked up")

    async def _look_at_heads(self) -> None:
        unseen = {session.key: session for session in self._hub.sessions}
        while unseen:
            read = partial(self._hub.repository.lines, tuple(unseen))
            try:
                heads = await self._hub.persistence.read(read)
            except Corrupt as error:
                # Whoever comes back is told its name; the others are looked at all the same.
                self._hub.lost(unseen.pop(error.key[1]), error)
            else:
                for key, session in unseen.items():
                    self._hub.check(session, heads.get(key))
                return

    async def _look_at_accounts(self) -> None:
        sockets = [(each, who) for each in self._open if (who := each.principal) is not None]
        if not sockets:
            return
        sessions = {who.session_id for _, who in sockets}
        places = {
            (who.user_id, client.session.workspace)
            for socket, who in sockets
            for client in socket.clients
        }
        standing = await self._admission.standing(sessions, places)
        for socket, who in sockets:
            if who.session_id in standing.ended and socket.principal == who:
                socket.unauthorized()
                continue
            for client in socket.clients:
                place = (who.user_id, client.session.workspace)
                if place in places:
                    if (role := standing.roles.get(place)) is None:
                        socket.expel(client)
                    else:
                        client.role = role


def _gauge(socket: Socket) -> Gauge:
    return metrics.PIPES.labels("in") if socket.piped else metrics.SOCKETS
