"""Group commit: what all sessions of this process have waiting becomes one transaction, again and
again.

It never waits to gather. While one group is being committed the next one forms, so load makes
groups larger, not queues longer; and what the last group has to tell is told while the next one is
on its way to the disk.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from store.base import Conflict, DocumentStore, TooLarge, Unavailable
from store.collections import HISTORY, WORKFLOWS
from sync import metrics
from sync.entries import Entry, Turn
from sync.persistence import Persistence
from sync.session import Session
from workflows.errors import GivenUp, Refused
from workflows.repository import row_key

logger = logging.getLogger(__name__)

#: About how many bytes of history one group commits at most; the rest goes into the next one.
MAX_GROUP = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a turn: how many of its entries are committed, and why not all, if not all.

    `culprit`: the entry that cannot be stored, where it is one entry's fault.
    """

    turn: Turn[Session]
    committed: int
    error: Exception | None = None
    culprit: Entry | None = None


class Journal:
    """Commits the sessions' entries.

    `on_lost` is called, once, for a session whose commit failed.
    """

    def __init__(
        self,
        store: DocumentStore,
        persistence: Persistence,
        on_lost: Callable[[Session, Exception], None],
    ) -> None:
        self._store = store
        self._persistence = persistence
        self._on_lost = on_lost
        self._waiting: dict[Session, None] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._task = asyncio.get_running_loop().create_task(
            self._run(), name="journal", context=contextvars.Context()
        )

    @property
    def running(self) -> bool:
        """Whether it commits what it is given."""
        return not self._task.done()

    def add(self, session: Session) -> None:
        """Commit what this session has waiting with the next group."""
        self._waiting[session] = None
        self._wake.set()

    async def close(self) -> None:
        """Commit and tell what waits, and end."""
        self._stopping = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        outcomes: list[Outcome] = []
        while outcomes or self._waiting or not self._stopping:
            turns = self._take()
            committing = self._start(turns) if turns else None
            for outcome in outcomes:
                self._tell(outcome)
            outcomes = await self._settle(turns, committing) if committing else []
            if not outcomes and not self._waiting and not self._stopping:
                self._wake.clear()
                await self._wake.wait()

    def _take(self) -> list[Turn[Session]]:
        sessions, self._waiting = list(self._waiting), {}
        turns: list[Turn[Session]] = []
        size = 0
        for session in sessions:
            if size >= MAX_GROUP:
                self.add(session)
            elif turn := session.take(MAX_GROUP - size):
                turns.append(turn)
                size += sum(entry.size for entry in turn.entries)
        return turns

    def _start(self, turns: list[Turn[Session]]) -> Awaitable[list[Outcome]]:
        return self._persistence.commit(lambda: commit(self._store, turns))

    async def _settle(
        self, turns: list[Turn[Session]], committing: Awaitable[list[Outcome]]
    ) -> list[Outcome]:
        try:
            outcomes = await committing
        except Exception as error:
            outcomes = [Outcome(turn, 0, error) for turn in turns]
        for outcome in outcomes:
            if outcome.error is not None:
                outcome.turn.session.strike()
        return outcomes

    def _tell(self, outcome: Outcome) -> None:
        session, entries, error = outcome.turn.session, outcome.turn.entries, outcome.error
        if session.over is not None:
            return
        try:
            session.committed_through(entries[: outcome.committed])
            if outcome.culprit is not None and error is not None:
                session.blame(_blame(error))
        except Exception as bug:
            logger.exception("session of workflow %s failed while telling", session.key)
            error = bug
        if error is not None:
            try:
                self._on_lost(session, error)
            except Exception:
                logger.exception("session of workflow %s could not be ended", session.key)


def commit(store: DocumentStore, turns: list[Turn[Session]]) -> list[Outcome]:
    """Commit turns of different sessions in one transaction, in the writing thread.

    One that fails by name is left out and the others are tried again at once; what fails for no
    named reason is split by session, then within it from the front, so that everything before the
    culprit is committed.
    """
    turns, struck = (
        [t for t in turns if not t.session.struck],
        [t for t in turns if t.session.struck],
    )
    outcomes = [Outcome(turn, 0, GivenUp("struck")) for turn in struck]
    if not turns:
        return outcomes
    try:
        operations = [operation for turn in turns for operation in turn.operations()]
        # One of each turn is its head.
        with metrics.committing(len(operations) - len(turns)):
            store.write(operations)
    except Conflict as conflict:
        named = [turn for turn in turns if _names(conflict, turn)]
        if not named:
            return outcomes + _split(store, turns, conflict)
        others = [turn for turn in turns if turn not in named]
        outcomes += [Outcome(turn, 0, conflict) for turn in named]
        return outcomes + commit(store, others)
    except Unavailable as error:
        return outcomes + [Outcome(turn, 0, error) for turn in turns]
    except Exception as error:
        return outcomes + _split(store, turns, error)
    return outcomes + [Outcome(turn, len(turn.entries)) for turn in turns]


def _names(conflict: Conflict, turn: Turn[Session]) -> bool:
    head = (WORKFLOWS.name, turn.session.key)
    rows = ((HISTORY.name, row_key(turn.session.key, seq)) for seq in turn.seqs())
    return head in conflict.keys or any(row in conflict.keys for row in rows)


def _split(store: DocumentStore, turns: list[Turn[Session]], error: Exception) -> list[Outcome]:
    if len(turns) > 1:
        return [outcome for turn in turns for outcome in commit(store, [turn])]
    (turn,) = turns
    if len(turn.entries) == 1:
        return [Outcome(turn, 0, error, turn.entries[0])]
    for index in range(len(turn.entries)):
        (one,) = commit(store, [turn.part(index, index + 1)])
        if one.error is not None:
            return [Outcome(turn, index, one.error, one.culprit)]
    return [Outcome(turn, len(turn.entries))]


def _blame(error: Exception) -> Refused:
    if isinstance(error, TooLarge):
        return Refused("too_large", "The database does not take a batch of this size; split it.")
    logger.error("a batch cannot be stored", exc_info=error)
    return Refused("internal_error", "The batch cannot be stored; the server's log says why.")
