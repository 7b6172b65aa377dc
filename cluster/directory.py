"""Who is in the cluster, as one broker has it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from cluster.messages import MAX_PEERS, Peer, Refused, State
from cluster.pace import Pace


@dataclass(slots=True)
class _Entry:
    routing_id: bytes
    peer: Peer
    heard: float
    #: Whether it is known to have ended, however lately it was heard of.
    ended: bool = False


class Directory:
    """The processes by name, and when each was last heard of, by a monotonic clock.

    `version` is another one after each change. `is_connected` says whether a routing id has a
    connection: who is late and has none is gone.
    """

    def __init__(self, pace: Pace, is_connected: Callable[[bytes], bool]) -> None:
        self._pace, self._is_connected = pace, is_connected
        self._entries: dict[str, _Entry] = {}
        self._names: dict[bytes, str] = {}
        self._aged = 0.0
        # Another broker, or this one started again, has other versions.
        self.version = secrets.randbits(48)

    @property
    def peers(self) -> tuple[Peer, ...]:
        """All that are there, and those that were there lately."""
        return tuple(entry.peer for entry in self._entries.values())

    def heard(self, who: bytes, peer: Peer) -> Refused | None:
        """Take in that a process is there, unless its name is another's."""
        entry = self._entries.get(peer.name)
        if entry is None and len(self._entries) >= MAX_PEERS:
            return Refused(f"there are {MAX_PEERS} processes already")
        if entry and entry.routing_id != who and self._is_there(entry):
            return Refused(f"another process is called {peer.name}")
        peer = replace(peer, state="alive")
        self.version += entry is None or entry.peer != peer
        self._forget(who)
        if entry is not None:
            self._forget(entry.routing_id)
        self._entries[peer.name] = _Entry(who, peer, time.monotonic())
        self._names[who] = peer.name
        return None

    def gone(self, who: bytes) -> None:
        """Take in that a process has ended."""
        if name := self.name(who):
            self._end(self._entries[name])

    def age(self) -> None:
        """See who was silent for long, twice a beat at most."""
        now = time.monotonic()
        if now < self._aged + self._pace.beat / 2:
            return
        self._aged = now
        for entry in list(self._entries.values()):
            if entry.peer.state == "late" and not self._is_connected(entry.routing_id):
                self._end(entry)
            silent = now - entry.heard
            self._become(entry, "gone" if entry.ended else self._pace.state(silent))
            if silent > self._pace.gone + self._pace.kept:
                self._forget(entry.routing_id)
                self.version += 1

    def name(self, who: bytes) -> str | None:
        """What the process with this routing id is called, if it was heard of."""
        return self._names.get(who)

    def routing_id(self, name: str) -> bytes | None:
        """Where to send what is for this process; None if it is not there."""
        entry = self._entries.get(name)
        return None if entry is None or entry.peer.state == "gone" else entry.routing_id

    def _is_there(self, entry: _Entry) -> bool:
        return entry.peer.state != "gone" and self._is_connected(entry.routing_id)

    def _end(self, entry: _Entry) -> None:
        entry.heard, entry.ended = time.monotonic() - self._pace.gone, True
        self._become(entry, "gone")

    def _become(self, entry: _Entry, state: State) -> None:
        if entry.peer.state != state:
            entry.peer = replace(entry.peer, state=state)
            self.version += 1

    def _forget(self, who: bytes) -> None:
        if name := self._names.pop(who, None):
            del self._entries[name]
