"""The live sessions of this process: opened once, shared by all who use them, and dropped when
nobody does and all is saved.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Generic, TypeVar

from store.base import Conflict, DocumentStore, StoreError, Unavailable
from sync import metrics
from sync.autosave import Saver
from sync.entries import Ask, Change
from sync.ids import Ids
from sync.journal import Journal
from sync.ownership import Alone, Ownership
from sync.patience import Patience
from sync.persistence import Persistence
from sync.recent import MAX_MISSED, MAX_MISSED_BYTES
from sync.session import Session
from sync.undoing import Undoing
from workflows import live
from workflows.errors import GivenUp, NotFound, Refused, WorkflowError
from workflows.instructions import Limits
from workflows.live import State, Told
from workflows.repository import Repository, Row

logger = logging.getLogger(__name__)

#: Seconds that what is still under way has when the hub is closed.
LAST_TASKS = 3.0
#: Batches of a history that are deleted at a stretch.
PIECE = 5000

T = TypeVar("T")


class Hub:
    """Keeps the sessions. Made and used on one event loop; `close` ends it.

    `autosave`: seconds from a change to its save.
    """

    def __init__(self, store: DocumentStore, limits: Limits, autosave: float) -> None:
        self.persistence = Persistence()
        self.repository = Repository(store)
        #: Who may open a session; whoever shares the store with others sets another one.
        self.ownership: Ownership = Alone()
        #: Called when there is something that other processes would see within a second.
        self.on_news: Callable[[], None] = lambda: None
        self._limits = limits
        self._autosave = autosave
        self._journal = Journal(store, self.persistence, self.lost)
        self._sessions: dict[str, Session] = {}
        self._savers: dict[Session, Saver] = {}
        self._undoing: dict[Session, Undoing] = {}
        self._opening: dict[str, asyncio.Task[Session]] = {}
        #: Workflows that are held no longer than until the store is told so.
        self._let_go: set[str] = set()
        self._giving_back: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._patience = Patience()
        self._closing = False

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Those that are open."""
        return tuple(self._sessions.values())

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._sessions)

    def session(self, key: str) -> Session | None:
        """The session of this workflow, if it is open."""
        return self._sessions.get(key)

    def saver(self, session: Session) -> Saver | None:
        """Who saves this session, if it is still kept."""
        return self._savers.get(session)

    @property
    def unsaved(self) -> int:
        """How many workflows' last save failed. They are journalled; may be asked by any thread."""
        return sum(saver.failed is not None for saver in list(self._savers.values()))

    @property
    def lag(self) -> float:
        """Seconds for which the oldest change is in no snapshot; may be asked by any thread."""
        return max((saver.lag for saver in list(self._savers.values())), default=0.0)

    async def alive(self) -> None:
        """Return if what is asked for now would be committed. Raises GivenUp, Unavailable."""
        self._check_open()
        if not self._journal.running:
            raise GivenUp("The journal has ended; restart the server.")
        await self.persistence.commit(lambda: None)

    @asynccontextmanager
    async def using(self, key: str) -> AsyncIterator[Session]:
        """The session of this workflow while it is used. Raises what `use` raises."""
        session = await self.use(key)
        try:
            yield session
        finally:
            self.release(session)

    async def use(self, key: str) -> Session:
        """The session of this workflow, until `release`.

        Raises NotFound, Damaged, Elsewhere, GivenUp, Unavailable.
        """
        self._check_open()
        session = self._sessions.get(key) or await self._open(key)
        self._check_open()
        session.users += 1
        return session

    def release(self, session: Session) -> None:
        """Use the session no longer; the last one out has it saved and dropped."""
        session.users -= 1
        self._end_if_unused(session)

    async def read(self, key: str) -> State:
        """The newest committed state: the session's if there is one, else the store's."""
        self._check_open()
        session = self._sessions.get(key)
        if session is None:
            loaded = await self.persistence.read(lambda: self.repository.load(key))
            return State(loaded.head, loaded.workflow.encode())
        waiter = _Waiter[State]()
        session.users += 1
        try:
            session.read(waiter.done, waiter.lost)
            return await waiter.future
        finally:
            self.release(session)

    async def change(self, key: str, change: live.Change) -> Told:
        """Apply one batch, and return when it is committed.

        Raises Refused, GivenUp, and what `use` raises.
        """
        async with self.using(key) as session:
            waiter = _Waiter[Told]()
            ask = Ask(change.user_id, None, change.id, waiter)
            if not await session.earlier(ask):
                session.judge(ask, lambda workflow: Change(change.judge(workflow)))
            return await waiter.future

    async def delete(self, key: str) -> None:
        """Delete the workflow; its followers are told. Raises NotFound, GivenUp, Unavailable.

        A long history goes first, in pieces, so that the journal is not held up.
        """
        self._check_open()
        while await self.persistence.write(partial(self.repository.shorten, key, PIECE)):
            pass
        await self.persistence.write(partial(self.repository.delete, key))
        self.on_news()
        if session := self._sessions.get(key):
            self._forget(session)
            session.end(NotFound("The workflow was deleted."))

    async def take_back(self, session: Session, ask: Ask, redo: bool) -> None:
        """Undo, or redo, what this user did last. Raises Unavailable, GivenUp."""
        undoing = self._undoing.get(session)
        if undoing is None:
            raise GivenUp("The live session was given up; connect again.")
        await undoing.take_back(ask, redo)

    async def older(self, session: Session, seq: int) -> list[Row] | None:
        """Batches after `seq` that the session does not hold any more; None if they cannot be had.

        Raises Unavailable.
        """
        if seq >= session.recent.after:
            return []
        read = partial(
            self.repository.rows,
            session.key,
            seq,
            session.committed,
            MAX_MISSED,
            MAX_MISSED_BYTES,
        )
        return await self.persistence.read(read)

    def save(self, session: Session) -> int | None:
        """Save the session now; returns the seq of its snapshot if there is nothing to save."""
        saver = self._savers.get(session)
        if saver is None:
            return None
        saver.save()
        return saver.saved if saver.done else None

    async def flush(self) -> None:
        """Commit and tell all that was asked for so far."""
        await asyncio.gather(*(each.flushed() for each in self.sessions), return_exceptions=True)

    def check(self, session: Session, head: tuple[int, str] | None) -> None:
        """Compare with the `seq` and `epoch` of the head, read while the session was open."""
        if self._sessions.get(session.key) is not session:
            return
        if head is None:
            self._forget(session)
            session.end(NotFound("The workflow was deleted."))
        elif head[1] != session.epoch or head[0] > session.submitted:
            self.lost(session, GivenUp("Another process has changed this workflow."))

    async def look_for_strays(self) -> None:
        """Give up the sessions whose workflows another process has taken. Raises Unavailable."""
        open_now = dict(self._sessions)
        if not open_now:
            return
        for key in await self.ownership.strayed(open_now.keys()):
            self.lost(open_now[key], GivenUp("Another process holds this workflow by now."))

    async def close(self) -> None:
        """Commit and save what there is, tell the followers to come back, and end."""
        self._closing = True
        await asyncio.gather(*(saver.finish() for saver in self._savers.values()))
        self.abandon()
        await self._journal.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_TASKS)
        await self.persistence.close(LAST_TASKS)

    def abandon(self) -> None:
        """End all sessions as they are; whoever waits for something is told to come back."""
        self._closing = True
        for session in self.sessions:
            self._forget(session)
            session.end(GivenUp("The server is stopping; come back."))

    def waiting(self, session: Session) -> None:
        """Something waits for the journal."""
        self._journal.add(session)

    def applied(self, session: Session, row: Row) -> None:
        """A batch has changed a document, which is to be saved in time."""
        if saver := self._savers.get(session):
            saver.changed()
            self._undoing[session].applied(row)

    def quiet(self, session: Session) -> None:
        """Nothing of a session is under way any more; perhaps nobody needs it."""
        self._end_if_unused(session)

    def saved(self, session: Session) -> None:
        """A save is over; perhaps nobody needs the session any more."""
        self._end_if_unused(session)

    def lost(self, session: Session, error: Exception) -> None:
        """Drop a session that cannot go on; whoever is in it comes back by the journal."""
        session.strike()
        if self._sessions.get(session.key) is not session:
            return
        self._forget(session)
        metrics.SESSIONS_GIVEN_UP.inc()
        self._patience.given_up(session.key)
        logger.warning("the session of workflow %s is given up: %s", session.key, error)
        if isinstance(error, Conflict):
            _ = self.spawn(self._bury(session))
        else:
            session.end(GivenUp("The live session was given up; connect again."))

    def retry_after(self, key: str) -> int:
        """Milliseconds after which one who was in a session that was given up may come back."""
        return self._patience.retry_after(key)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task that this hub owns; not in the context of the request that caused it."""
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _check_open(self) -> None:
        if self._closing:
            raise GivenUp("The server is stopping; come back.")

    async def _open(self, key: str) -> Session:
        opening = self._opening.get(key)
        if opening is None:
            opening = self._opening[key] = self.spawn(self._load(key))
        try:
            return await asyncio.shield(opening)
        finally:
            opening.add_done_callback(self._end_if_loaded_for_nobody)

    async def _load(self, key: str) -> Session:
        self._let_go.discard(key)
        try:
            await self.ownership.take(key)
            try:
                read = partial(self.repository.load, key, self._limits)
                loaded = await self.persistence.read(read)
                self._check_open()
            except BaseException:
                self._give_back(key)
                raise
        finally:
            del self._opening[key]
        session = Session(loaded, Ids(key, self.persistence, self.repository), self)
        self._sessions[key] = session
        self._savers[session] = Saver(session, loaded.saved_seq, self, self._autosave)
        self._undoing[session] = Undoing(session, self.repository, self.persistence)
        return session

    def _forget(self, session: Session) -> None:
        if self._sessions.get(session.key) is session:
            del self._sessions[session.key]
        if saver := self._savers.pop(session, None):
            saver.stop()
            self._give_back(session.key)
        self._undoing.pop(session, None)

    def _give_back(self, key: str) -> None:
        """Have another process take this workflow if it likes: with others, soon."""
        self._let_go.add(key)
        if self._giving_back is None or self._giving_back.done():
            self._giving_back = self.spawn(self._keep_giving_back())

    async def _keep_giving_back(self) -> None:
        while self._let_go:
            keys, self._let_go = self._let_go, set()
            try:
                await self.ownership.give_back(keys)
            except Unavailable as error:
                logger.warning("%d workflows stay held by this process: %s", len(keys), error)

    def _end_if_loaded_for_nobody(self, opening: asyncio.Task[Session]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            asyncio.get_running_loop().call_soon(self._end_if_unused, opening.result())

    def _end_if_unused(self, session: Session) -> None:
        if session.users or not session.idle or self._sessions.get(session.key) is not session:
            return
        saver = self._savers[session]
        if saver.done:
            self._forget(session)
        elif saver.failed is None:
            saver.save()

    async def _bury(self, session: Session) -> None:
        """End a session whose head is not what it believed: it is gone, or somebody else's."""
        reason: WorkflowError = GivenUp("Another process writes this workflow; connect again.")
        try:
            await self.persistence.read(lambda: self.repository.head(session.key))
        except NotFound:
            reason = NotFound("The workflow was deleted.")
        except (StoreError, WorkflowError) as error:
            logger.warning("the head of workflow %s cannot be read: %s", session.key, error)
        session.end(reason)


class _Waiter(Generic[T]):
    """A request that waits for what it asked for."""

    def __init__(self) -> None:
        self.future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def done(self, result: T) -> None:
        if not self.future.done():
            self.future.set_result(result)

    def told(self, told: T, again: bool) -> None:
        self.done(told)

    def refused(self, refused: Refused) -> None:
        self.lost(refused)

    def lost(self, error: WorkflowError) -> None:
        if not self.future.done():
            self.future.set_exception(error)
