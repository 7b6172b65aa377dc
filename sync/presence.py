"""Who is in a workflow and what they are at: the last state of each, told at a bounded rate, never
stored.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from msgspec import Raw

from sync.messages import Participant, Present, encode

#: Seconds between two rounds; what changes more often is told by its last state.
INTERVAL = 1 / 30
#: Bytes of JSON that one state may have.
MAX_STATE = 4096

NOTHING = Raw(b"null")


class Member(Protocol):
    """A client that is in the workflow."""

    @property
    def participant(self) -> Participant:
        """It as the others see it; the state is filled in here."""

    def replaced(self, outbox: object) -> None:
        """The same client of the same user has come, by the socket of this outbox."""

    def see(self, who: tuple[str, str], frame: str) -> None:
        """Send it somebody's last state; of what waits about the same, the newest counts."""


class Presence:
    """The clients of one workflow."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._states: dict[Member, Raw] = {}
        #: Of those who have shown something before they were in.
        self._early: dict[Member, Raw] = {}
        self._changed: dict[Member, None] = {}
        self._round: asyncio.TimerHandle | None = None

    def add(self, member: Member) -> None:
        """It is there, and sees the others; what it showed by another socket ends."""
        state = self._early.pop(member, NOTHING)
        self._states[member] = NOTHING
        if any(bytes(self._states[each]) != b"null" for each in self.same_as(member)):
            self._send(member, NOTHING)
        if bytes(state) != b"null":
            self.show(member, state)

    def remove(self, member: Member) -> None:
        """It is gone: the others are told, unless the same client is there by another socket."""
        self._early.pop(member, None)
        if self._states.pop(member, None) is None:
            return
        self._changed.pop(member, None)
        if not self.same_as(member):
            self._send(member, NOTHING)

    def show(self, member: Member, state: Raw) -> None:
        """Let the others see a new state, in the next round, or when the member has come in."""
        if member not in self._states:
            self._early[member] = state
            return
        self._states[member] = state
        self._changed[member] = None
        if self._round is None:
            self._round = asyncio.get_running_loop().call_later(INTERVAL, self._tell)

    def others(self, member: Member) -> list[Participant]:
        """Who else is there, with their states."""
        own = _identity(member)
        return [
            Participant(who.clientId, who.userId, who.username, state)
            for each, state in self._states.items()
            if _identity(each) != own
            for who in (each.participant,)
        ]

    def same_as(self, member: Member) -> list[Member]:
        """The same client, as it is there by other sockets."""
        own = _identity(member)
        return [each for each in self._states if each is not member and _identity(each) == own]

    def _tell(self) -> None:
        self._round = None
        changed, self._changed = list(self._changed), {}
        for member in changed:
            self._send(member, self._states[member])

    def _send(self, member: Member, state: Raw) -> None:
        who = member.participant
        frame = encode(
            Present(
                workflowKey=self._key,
                clientId=who.clientId,
                userId=who.userId,
                username=who.username,
                state=state,
            )
        )
        own = _identity(member)
        for other in self._states:
            if _identity(other) != own:
                other.see(own, frame)


def _identity(member: Member) -> tuple[str, str]:
    who = member.participant
    return who.userId, who.clientId
