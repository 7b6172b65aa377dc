"""What an operator sees of the live sessions of this process, and does with them.

Made and used on the event loop. What is asked for at once costs the loop in proportion to what is
shown, never to the documents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from sync.autosave import Saver
from sync.client import Client
from sync.hub import Hub
from sync.session import Session
from workflows.errors import GivenUp, NotFound

#: Names of users that one session is shown with, and sockets that are looked at for them.
NAMED, LOOKED_AT = 5, 20
#: Seconds that a save which an operator waits for may take.
SAVE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class SessionState:
    """One live session. `applied`, `committed` and `saved` are seqs.

    `failed` says why the last save failed, if it did. `users` are some of those whose `sockets`
    follow it, by name; `others`, whether there may be more of them.
    """

    key: str
    workspace: str
    applied: int
    committed: int
    saved: int
    failed: str | None
    sockets: int
    users: tuple[str, ...]
    others: bool

    @property
    def lag(self) -> int:
        """Batches that are applied and not committed yet."""
        return self.applied - self.committed

    @property
    def unsaved(self) -> int:
        """Batches since the last save."""
        return self.applied - self.saved


@dataclass(frozen=True, slots=True)
class SocketState:
    """One socket in one session: `since` when (ms since 1970), with so many bytes in its outbox."""

    user_id: str
    username: str
    client_id: str
    role: str
    since: int
    outbox: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How many live sessions there are, and how many of them could not be saved the last time."""

    sessions: int
    failed: int


class Overview:
    """The live sessions of a hub. Coroutines, so that other threads may ask by the loop."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def totals(self) -> Totals:
        """How many there are."""
        return Totals(self._hub.count, self._hub.unsaved)

    async def sessions(self, start: int, count: int) -> list[SessionState]:
        """As many sessions from the `start`th on, the one that was opened first being 0."""
        some = islice(self._hub.sessions, start, start + count)
        return [state for each in some if (state := self._state(each)) is not None]

    async def open_ones(self, keys: Collection[str]) -> dict[str, SessionState]:
        """By key, the sessions of those of these workflows that are open."""
        found = (self._hub.session(key) for key in keys)
        states = (self._state(each) for each in found if each is not None)
        return {each.key: each for each in states if each is not None}

    async def sockets(self, key: str, start: int, count: int) -> list[SocketState]:
        """As many of the sockets that follow a workflow, in no special order."""
        return [_socket(each) for each in self._clients_of(key)[start : start + count]]

    async def disconnect(self, key: str, who: Collection[tuple[str, str]] | None = None) -> int:
        """Close the sockets of these (user id, client id) in a workflow, or of all, with 1013.

        Their clients may come back. Returns how many sockets there were.
        """
        chosen = [
            each
            for each in self._clients_of(key)
            if who is None or (each.principal.user_id, each.client_id) in who
        ]
        for client in chosen:
            client.ended(GivenUp("An administrator has disconnected this client."))
        return len(chosen)

    async def save(self, key: str) -> int:
        """Save a session and wait for it; the seq that its snapshot stands for then.

        Raises NotFound if it is not open, GivenUp if it could not be saved, with the reason.
        """
        session = self._hub.session(key)
        saver = None if session is None else self._hub.saver(session)
        if session is None or saver is None:
            raise NotFound("It is not open any more; what is not open is saved.")
        session.users += 1
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                return await _save(session, saver)
        except TimeoutError:
            raise GivenUp("Its save takes long; look again later.") from None
        finally:
            self._hub.release(session)

    def _state(self, session: Session) -> SessionState | None:
        saver = self._hub.saver(session)
        if saver is None:
            return None
        clients = _clients(session)
        names = [*dict.fromkeys(each.principal.username for each in clients[:LOOKED_AT])]
        return SessionState(
            session.key,
            session.workspace,
            session.applied,
            session.committed,
            saver.saved,
            saver.failed,
            len(clients),
            tuple(names[:NAMED]),
            len(clients) > LOOKED_AT or len(names) > NAMED,
        )

    def _clients_of(self, key: str) -> list[Client]:
        session = self._hub.session(key)
        return [] if session is None else _clients(session)


def _clients(session: Session) -> list[Client]:
    """The sockets that follow it, but for those that are being closed."""
    followers = session.fanout.followers
    return [each for each in followers if isinstance(each, Client) and not each.closing]


async def _save(session: Session, saver: Saver) -> int:
    wanted = session.applied
    saver.save()
    await saver.settled(wanted)
    if saver.saved < wanted:
        reason = "its session was given up" if session.struck else saver.failed
        raise GivenUp(f"It could not be saved: {reason}. All of it is in the journal.")
    return saver.saved


def _socket(client: Client) -> SocketState:
    return SocketState(
        client.principal.user_id,
        client.principal.username,
        client.client_id,
        client.role.value,
        client.since,
        client.waiting,
    )
