"""One open workflow: the document, the order of its batches, and who follows them.

A session lives on the event loop and is used from there alone. The document may run ahead of the
store by the groups under way, so whatever is told takes its place in the journal and is told when
its group is committed: a batch, and as an entry without a row the answer to a `connect`, a refusal,
a repeated acknowledgement, a read.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from msgspec import Raw

from sync import metrics
from sync.entries import Answer, Ask, Batch, Change, Entry, Joined, Joiner, Reply, Turn, told_of
from sync.fanout import Fanout
from sync.ids import Ids
from sync.presence import Presence
from sync.recent import Recent, few_enough
from workflows.document import Workflow
from workflows.errors import Refused, WorkflowError
from workflows.live import State, Told
from workflows.repository import HEAD_FIELDS, Head, Loaded, Row, now

logger = logging.getLogger(__name__)

#: Bytes that may wait for the journal before those who send more have to wait.
MAX_WAITING = 8 * 1024 * 1024
#: Seconds that the whole document stays encoded for the next ones who ask for it.
SHARED_FOR = 1.0


class Watcher(Protocol):
    """Who keeps the session and is told what happens to it."""

    def waiting(self, session: Session) -> None:
        """Something waits for the journal."""

    def applied(self, session: Session, row: Row) -> None:
        """A batch has changed the document."""

    def lost(self, session: Session, error: Exception) -> None:
        """It cannot go on, and has to be ended."""

    def quiet(self, session: Session) -> None:
        """Nothing waits or is under way any more."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What one who comes back lacks: all after seq `after`; of that, the `older` rows were read."""

    after: int
    older: list[Row]


class Session:
    """See the module."""

    def __init__(self, loaded: Loaded, ids: Ids, watcher: Watcher) -> None:
        head = loaded.head
        self.key, self.epoch, self.workspace = head.key, head.epoch, head.workspace
        self.workflow = loaded.workflow
        self.dirty = loaded.dirty
        self.applied = self.committed = self.submitted = head.seq
        self.users = 0
        self.over: WorkflowError | None = None
        self.struck = False
        self.recent = Recent(head.seq)
        self.fanout = Fanout(head.key)
        self.presence = Presence(head.key)
        self._created_at, self._updated_at = head.createdAt, head.updatedAt
        self._ids = ids
        self._watcher = watcher
        self._joining: dict[Joiner, None] = {}
        self._waiting: list[Entry] = []
        self._waiting_size = 0
        self._under_way: deque[Entry] = deque()
        self._room = asyncio.Event()
        self._encoded = (-1, b"")

    @property
    def idle(self) -> bool:
        """Whether nothing waits for the journal or is under way there."""
        return not self._waiting and not self._under_way

    def join(
        self, follower: Joiner, missing: Missing | None = None, instead_of: Joiner | None = None
    ) -> None:
        """Let the follower see the state as it is now, and every batch after it.

        With `missing` it gets what it missed instead of the document, if that can be had. From its
        place in the order on it is there `instead_of` another follower of the same socket.
        """
        if self.over is not None:
            follower.ended(self.over)
            return
        if instead_of is not None:
            self._joining.pop(instead_of, None)
        self._joining[follower] = None
        seq = self.applied
        missed = None if missing is None else self._missed(missing)
        document = self._document() if missed is None else None

        def tell() -> None:
            if instead_of is not None:
                instead_of.leave()
            if follower in self._joining:
                del self._joining[follower]
                self.fanout.add(follower)
                follower.connected(Joined(seq, self.epoch, document, missed or []))

        self.answer(tell)

    def leave(self, follower: Joiner) -> None:
        """Tell the follower nothing more; what it asked for goes on."""
        self.fanout.remove(follower)
        self._joining.pop(follower, None)

    def read(self, tell: Callable[[State], None], lose: Callable[[WorkflowError], None]) -> None:
        """Tell the state as it is now, once it is known to be committed."""
        state = State(self._head(), self._document())
        self.answer(lambda: tell(state), lose)

    async def earlier(self, ask: Ask) -> bool:
        """Whether this batch was asked for before; if so, it is answered in its place.

        Also waits while too much waits for the journal. Raises Unavailable, GivenUp.
        """
        while self._waiting_size > MAX_WAITING and not self.struck:
            self._room.clear()
            await self._room.wait()
        if ask.id is None:
            return False
        row = await self._ids.earlier(ask.user_id, ask.client_id, ask.id)
        if row is None:
            return False
        told = told_of(row)
        self.answer(lambda: ask.reply.told(told, True), ask.reply.lost)
        return True

    def judge(self, ask: Ask, change: Callable[[Workflow], Change]) -> None:
        """Apply what `change` makes of the document as it is now, or refuse it, in its place."""
        try:
            self.apply(ask, change(self.workflow))
        except Refused as refused:
            self.refuse(ask.reply, refused)

    def apply(self, ask: Ask, change: Change) -> None:
        """Apply a batch and give it its place; it is told when it is committed. Raises Refused."""
        try:
            self._apply(ask, change)
        except Refused:
            raise
        except Exception as bug:
            # What is half changed must not be built upon.
            self._watcher.lost(self, bug)
            raise

    def _apply(self, ask: Ask, change: Change) -> None:
        if not change.instructions:
            nothing = Told(self.applied, self._updated_at)
            self.answer(lambda: ask.reply.told(nothing, False), ask.reply.lost)
            return
        applied = self.workflow.apply(change.instructions)
        self.applied += 1
        metrics.INSTRUCTIONS.count += len(change.instructions)
        self._updated_at = now()
        self.dirty.add(applied)
        row = Row(
            workflowKey=self.key,
            seq=self.applied,
            timestamp=self._updated_at,
            userId=ask.user_id,
            clientId=ask.client_id,
            id=ask.id,
            instructions=Raw(applied.instructions),
            inverse=Raw(applied.inverse),
            told=applied.extended or change.undoes is not None,
            undoes=change.undoes,
            skipped=change.skipped,
        )
        head = {name: self.workflow.root[name] for name in HEAD_FIELDS if name in applied.fields}
        self._ids.applied(row)
        self.recent.add(row)
        self._append(Batch(self.fanout, ask, row, head))
        self._watcher.applied(self, row)

    def refuse(self, reply: Reply, refused: Refused) -> None:
        """Tell a refusal in its place."""
        metrics.BATCHES_REFUSED.labels(refused.code).inc()
        self.answer(lambda: reply.refused(refused), reply.lost)

    def answer(
        self, tell: Callable[[], None], lose: Callable[[WorkflowError], None] = lambda error: None
    ) -> None:
        """Have something told in its place, or lost with the session."""
        self._append(Answer(tell, lose))

    async def flushed(self) -> None:
        """Return when all that was asked for so far is committed. Raises what ends the session."""
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell() -> None:
            if not reached.done():
                reached.set_result(None)

        def lose(error: WorkflowError) -> None:
            if not reached.done():
                reached.set_exception(error)

        self.answer(tell, lose)
        await reached

    def take(self, limit: int) -> Turn[Session] | None:
        """Hand over what waits, up to about `limit` bytes, as this session's part of a group."""
        if self.struck or not self._waiting:
            return None
        size = count = 0
        while count < len(self._waiting) and (size < limit or not count):
            size += self._waiting[count].size
            count += 1
        entries, self._waiting = self._waiting[:count], self._waiting[count:]
        turn = Turn(self, entries, self.submitted)
        self.submitted = max([self.submitted, *turn.seqs()])
        self._under_way += entries
        self._waiting_size -= size
        self._room.set()
        if self._waiting:
            self._watcher.waiting(self)
        return turn

    def committed_through(self, entries: list[Entry]) -> None:
        """Tell what these entries, the next ones under way, have to tell."""
        for entry in entries:
            if isinstance(entry, Batch):
                self.committed = entry.row.seq
                self._ids.committed(entry.row)
            entry.tell()
            # Whoever is not told, because telling somebody failed, is told of the session's end.
            self._under_way.popleft()
        self.fanout.finish()
        if self.idle:
            self._watcher.quiet(self)

    def blame(self, refused: Refused) -> None:
        """Tell whoever asked for the next entry under way that it is what cannot be stored."""
        metrics.BATCHES_REFUSED.labels(refused.code).inc()
        self._under_way.popleft().lose(refused)

    def strike(self) -> None:
        """From now on nothing of this session is ever submitted again."""
        self.struck = True
        self._room.set()

    def end(self, error: WorkflowError) -> None:
        """Tell everybody that it is over: NotFound if the workflow is gone, else GivenUp."""
        self.strike()
        self.over = error
        entries = [*self._under_way, *self._waiting]
        self._under_way.clear()
        self._waiting.clear()
        followers = (*self.fanout.followers, *self._joining)
        self._joining.clear()
        for follower in followers:
            self.fanout.remove(follower)
        farewells = [partial(entry.lose, error) for entry in entries]
        farewells += [partial(follower.ended, error) for follower in followers]
        for say in farewells:
            try:
                say()
            except Exception:
                logger.exception("somebody in workflow %s could not be told its end", self.key)

    def _missed(self, missing: Missing) -> list[Row] | None:
        known = missing.after + len(missing.older)
        if not self.recent.after <= known <= self.applied:
            return None
        rows = [*missing.older, *self.recent.since(known)]
        return rows if few_enough(rows) else None

    def _head(self) -> Head:
        root = self.workflow.root
        return Head(
            key=self.key,
            seq=self.applied,
            epoch=self.epoch,
            workspace=self.workspace,
            createdAt=self._created_at,
            updatedAt=self._updated_at,
            **{field: root[field] for field in HEAD_FIELDS},
        )

    def _document(self) -> bytes:
        if self._encoded[0] != self.applied:
            self._encoded = (self.applied, self.workflow.encode())
            asyncio.get_running_loop().call_later(SHARED_FOR, self._forget, self.applied)
        return self._encoded[1]

    def _forget(self, seq: int) -> None:
        if self._encoded[0] == seq:
            self._encoded = (-1, b"")

    def _append(self, entry: Entry) -> None:
        if self.over is not None:
            entry.lose(self.over)
            return
        self._waiting.append(entry)
        self._waiting_size += entry.size
        if not self.struck:
            self._watcher.waiting(self)
