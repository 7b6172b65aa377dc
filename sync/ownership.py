"""Which process holds the live session of a workflow: one lease each, in the store.

Leases are for speed, so that one process alone has a workflow's clients. That nothing is lost or
doubled rests on the heads: each commit is on the condition that the head is as it was believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from store.base import AnyOf, Conflict, Delete, DocumentStore, Insert, Operation, Patch
from store.collections import LEASES
from sync.hints import RELEASED
from sync.membership import Membership, Process, unmoved
from sync.outbox import Outbox
from sync.persistence import Persistence
from workflows.errors import Elsewhere, GivenUp

if TYPE_CHECKING:
    # Whoever is alone need not wait for the import of an HTTP client.
    from sync.pipe import Neighbours, Pipe

T = TypeVar("T")

#: Seconds beyond the time to live for which a dead process' workflow is waited for.
PATIENCE = 2.0
#: Seconds between two attempts meanwhile, at most: a hint may come first.
PAUSE = 0.2
#: How often others may be faster before this one gives up.
ATTEMPTS = 5


class Ownership(Protocol):
    """Who may open a workflow's session. Used on the event loop."""

    async def take(self, key: str) -> None:
        """Hold the workflow. Raises Elsewhere, GivenUp, store.base.Unavailable."""

    async def give_back(self, keys: Collection[str]) -> None:
        """Hold these no longer. Raises Unavailable."""

    async def strayed(self, keys: Collection[str]) -> set[str]:
        """Which of these another process holds by now. Raises Unavailable."""

    def is_dead(self, process: str) -> bool:
        """Whether nothing is to be expected of the process with this id any more."""

    async def pipe(
        self, to: Elsewhere, outbox: Outbox, on_end: Callable[[int | None], None]
    ) -> Pipe:
        """A client's way to the process that holds its workflow. Raises GivenUp.

        What comes goes to the client's outbox; `on_end` is called with the close code with which
        the other side has ended the conversation, or None if it broke.
        """

    def released(self) -> None:
        """Another process has given something back: who waits for it looks again."""

    async def close(self) -> None:
        """Reach no other process any more."""


class Alone:
    """The ownership of a process that shares its store with no other."""

    async def take(self, key: str) -> None:
        """All is its own."""

    async def give_back(self, keys: Collection[str]) -> None:
        """There is nobody to give it to."""

    async def strayed(self, keys: Collection[str]) -> set[str]:
        """None."""
        return set()

    def is_dead(self, process: str) -> bool:
        """There is no other."""
        return False

    async def pipe(
        self, to: Elsewhere, outbox: Outbox, on_end: Callable[[int | None], None]
    ) -> Pipe:
        """There is no other."""
        raise GivenUp("No other process is known here; ask again.")

    def released(self) -> None:
        """There is no other."""

    async def close(self) -> None:
        """There is no other."""


class Leases:
    """The ownership of one process among others, who are told by `tell` of what is given back."""

    def __init__(
        self,
        store: DocumentStore,
        persistence: Persistence,
        membership: Membership,
        neighbours: Neighbours,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._persistence = persistence
        self._membership = membership
        self._neighbours = neighbours
        self._tell = tell
        self._news = asyncio.Event()

    async def take(self, key: str) -> None:
        """Hold the workflow; one whose process is dead, or does not answer, is waited for."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._membership.ttl + PATIENCE
        await self._announced()
        while (owner := await self._lease(partial(self._try, key))) is not None:
            if await self._neighbours.answers(owner.id, owner.address):
                raise Elsewhere(owner.id, owner.address)
            if clock() > deadline:
                raise GivenUp("The process that holds this workflow does not answer; ask again.")
            await self._pause()

    async def give_back(self, keys: Collection[str]) -> None:
        """Hold these no longer; one that another process has taken stays that one's."""
        await self._lease(lambda: self._release(keys))
        self._tell(RELEASED)

    async def strayed(self, keys: Collection[str]) -> set[str]:
        """Which of these another process holds by now."""
        return await self._persistence.read(lambda: self._held_by_others(tuple(keys)))

    def is_dead(self, process: str) -> bool:
        """Whether it was seen to stand still for too long, or to be gone."""
        known = {each.id: each for each in self._membership.processes}
        return process in known and self._membership.is_dead(known[process])

    async def pipe(
        self, to: Elsewhere, outbox: Outbox, on_end: Callable[[int | None], None]
    ) -> Pipe:
        """A client's way to the process that holds its workflow."""
        return await self._neighbours.pipe(to, outbox, on_end)

    async def close(self) -> None:
        """Reach no other process any more."""
        await self._neighbours.close()

    def released(self) -> None:
        """Another process has given something back: who waits for it looks again."""
        self._news.set()

    def _lease(self, fn: Callable[[], T]) -> Awaitable[T]:
        return self._persistence.lease(fn)

    async def _announced(self) -> None:
        # Whom nobody sees, nobody asks before taking what he holds.
        waiting = asyncio.wrap_future(self._membership.announced)
        try:
            await asyncio.wait_for(asyncio.shield(waiting), self._membership.ttl + PATIENCE)
        except TimeoutError:
            raise GivenUp("This process could not announce itself yet; ask again.") from None

    async def _pause(self) -> None:
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), PAUSE)
        except TimeoutError:
            return

    def _try(self, key: str) -> Process | None:
        """Take the lease; returns the living process that has it, if one does."""
        for _ in range(ATTEMPTS):
            holder = self._holder(key)
            if holder == self._membership.me.id:
                return None
            owner = None if holder is None else self._membership.find(holder)
            if owner is not None and not self._membership.is_dead(owner):
                return owner
            try:
                self._store.write(list(self._taking(key, holder, owner)))
            except Conflict:
                continue
            return None
        raise GivenUp("Other processes were faster to take this workflow; ask again.")

    def _holder(self, key: str) -> str | None:
        lease = self._store.get(LEASES, key)
        return None if lease is None else str(lease.body["process"])

    def _taking(self, key: str, holder: str | None, owner: Process | None) -> list[Operation]:
        mine = {"process": self._membership.me.id}
        if holder is None:
            return [Insert(LEASES, key, mine)]
        taking: list[Operation] = [Patch(LEASES, key, mine, expect={"process": holder})]
        return taking if owner is None else [*taking, unmoved(owner)]

    def _release(self, keys: Collection[str]) -> None:
        mine = {"process": self._membership.me.id}
        wanted = set(keys)
        while wanted:
            try:
                self._store.write([Delete(LEASES, key, mine) for key in sorted(wanted)])
            except Conflict as conflict:
                wanted -= {key for _, key in conflict.keys}
            else:
                return

    def _held_by_others(self, keys: tuple[str, ...]) -> set[str]:
        leases = self._store.iterate(LEASES, {"_key": AnyOf(keys)})
        return {each.key for each in leases if each.body["process"] != self._membership.me.id}
