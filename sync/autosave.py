"""When a session is saved: some time after a change, after many, when asked to, when the last one
leaves.

What is not saved is in the journal all the same, so a save that fails costs nobody anything: it is
tried again, later and later, and shows in the health of the server.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

from store.base import Conflict, Operation, StoreError
from sync import metrics
from sync.messages import Saved, encode
from sync.persistence import Persistence
from sync.session import Session
from workflows.errors import WorkflowError
from workflows.records import Part, encode_parts
from workflows.repository import Dirty, Repository, Save, now, save_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Batches after which a session is saved, however short ago it was.
MANY = 5000
#: Nodes and edges that are encoded at a stretch.
SLICE = 500
#: Seconds before a failed save is tried again: at first, and at most; doubled each time.
FIRST_RETRY, LAST_RETRY = 1.0, 60.0


class Keeper(Protocol):
    """Who keeps the session, runs its saves and is told of them."""

    repository: Repository
    persistence: Persistence

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run this as a task of its own."""

    def saved(self, session: Session) -> None:
        """A save is over, however it went."""

    def lost(self, session: Session, error: Exception) -> None:
        """Another process has saved beyond what this session knows."""


class Saver:
    """Saves one session: at most one save is under way, and one more waits.

    `saved`: the seq its snapshot stands for. `interval`: seconds from a change to its save.
    """

    def __init__(self, session: Session, saved: int, keeper: Keeper, interval: float) -> None:
        self.saved = saved
        #: Why the last save failed, if it did.
        self.failed: str | None = None
        #: When the oldest change was applied that the snapshot does not stand for.
        self._behind_since: float | None = None
        self._session = session
        self._keeper = keeper
        self._interval = interval
        self._retry = FIRST_RETRY
        self._timer: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None
        self._again = False

    @property
    def done(self) -> bool:
        """Whether the snapshot stands for all that was applied, and no save is under way."""
        return self._saving is None and self.saved == self._session.applied

    @property
    def lag(self) -> float:
        """Seconds for which the snapshot is behind; 0 if it stands for all that was applied."""
        since = self._behind_since
        return 0.0 if since is None else time.monotonic() - since

    def changed(self) -> None:
        """A batch was applied: save it in time."""
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        if self.failed is None and self._session.applied - self.saved >= MANY:
            self.save()
        elif self._timer is None and self._saving is None:
            self._wait(self._interval)

    def save(self) -> None:
        """Save now; while a save is under way, once more after it."""
        if self._saving is not None:
            self._again = True
        elif not self.done and not self._session.struck:
            self._stop_waiting()
            self._saving = self._keeper.spawn(self._run())

    async def settled(self, seq: int) -> None:
        """Return when the snapshot stands for `seq` or more, or no save is under way any more."""
        while self._saving is not None and self.saved < seq:
            await asyncio.wait({self._saving})

    def stop(self) -> None:
        """Start no more saves."""
        self._stop_waiting()

    async def finish(self) -> None:
        """Save what there is to save, and start no more saves."""
        self.save()
        while self._saving is not None:
            await asyncio.wait({self._saving})
        self._stop_waiting()

    async def _run(self) -> None:
        try:
            await self._save()
        except Conflict as conflict:
            self._keeper.lost(self._session, conflict)
        except (StoreError, WorkflowError) as error:
            self._failed(error)
        except Exception as bug:
            logger.exception("workflow %s cannot be saved", self._session.key)
            self._failed(bug)
        finally:
            self._saving = None
            self._go_on()
            self._keeper.saved(self._session)

    def _go_on(self) -> None:
        again, self._again = self._again, False
        if self._session.struck or self.done:
            return
        if self.failed is not None:
            self._wait(self._retry)
            self._retry = min(2 * self._retry, LAST_RETRY)
        elif again:
            self.save()
        else:
            self._wait(self._interval)

    def _failed(self, error: Exception) -> None:
        metrics.SAVES_FAILED.inc()
        self.failed = str(error)
        logger.warning(
            "workflow %s is journalled but not saved, next try in %.0f s: %s",
            self._session.key,
            self._retry,
            error,
        )

    async def _save(self) -> None:
        session, before, written = self._session, self.saved, Dirty()
        key, workflow, parts = session.key, session.workflow, dict[Part, Operation]()
        began = time.monotonic()
        try:
            while len(session.dirty) > SLICE:
                # Others get their turn; what they change meanwhile is dirty again, and comes again.
                some = session.dirty.take(SLICE)
                written.add(some)
                parts |= encode_parts(key, workflow, some)
                await asyncio.sleep(0)
            encoded = time.monotonic()
            seq, rest, session.dirty = session.applied, session.dirty, Dirty()
            written.add(rest)
            save = save_of(key, session.epoch, before, seq, workflow, rest, parts)
            await session.flushed()
            await self._write(save)
        except BaseException:
            session.dirty.add(written)
            raise
        self.saved, self.failed, self._retry = seq, None, FIRST_RETRY
        self._behind_since = None if session.applied == seq else encoded
        metrics.SAVE_SECONDS.observe(time.monotonic() - began)
        session.fanout.announce(encode(Saved(workflowKey=session.key, seq=seq, timestamp=now())))

    async def _write(self, save: Save) -> None:
        """Write a save on top of whichever snapshot is there; Conflict if that knows more."""
        while True:
            try:
                return await self._keeper.persistence.write(
                    partial(self._keeper.repository.save, save)
                )
            except Conflict:
                there = await self._keeper.persistence.read(
                    partial(
                        self._keeper.repository.saved_seq, self._session.key, self._session.epoch
                    )
                )
                if there is None or there > save.seq:
                    raise
                if there == save.seq:
                    return None
                save = save.on_top_of(there)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.save)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
