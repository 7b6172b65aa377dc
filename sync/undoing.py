"""Undo and redo in a session: the rule of `undo.py` on the batches of history and journal."""

from __future__ import annotations

from functools import cache, partial

import msgspec
from msgspec import UNSET, Raw, UnsetType

from sync.entries import Ask, Change
from sync.persistence import Persistence
from sync.session import Session
from sync.undo import IsArray, Past, Path, Place, Touched, UndoLog
from workflows.document import Workflow
from workflows.errors import Refused
from workflows.instructions import Instruction
from workflows.places import OBJ_INSERT, OBJ_MOVE, REM, value_at
from workflows.repository import Repository, Row

#: Batches of a workflow, newest first, among which an undo looks.
REACH = 10_000

_instructions = msgspec.json.Decoder(list[Instruction])
_groups = msgspec.json.Decoder(list[list[Instruction]])
_paths = msgspec.json.Decoder(list[Path])


class Undoing:
    """Undoes and redoes in one session; the history is read when that is first asked for."""

    def __init__(self, session: Session, repository: Repository, persistence: Persistence) -> None:
        self._session = session
        self._repository = repository
        self._persistence = persistence
        self._log: UndoLog | None = None

    def applied(self, row: Row) -> None:
        """A batch was applied."""
        if self._log is not None:
            self._log.add(past(row))

    async def take_back(self, ask: Ask, redo: bool) -> None:
        """Apply the inverse of the newest batch (or undo) of this user that can be taken back.

        Tells the ask what came of it, as it was told before if it was asked for before. Raises
        Unavailable, GivenUp.
        """
        log = self._log or await self._read_log()
        inverses: dict[int, bytes | None] = {}
        while not await self._session.earlier(ask):
            # Nothing may come between this look at the ids and what is applied by it.
            missing = self._try(log, ask, redo, inverses)
            if missing is None:
                return
            inverses[missing] = await self._inverse(missing)

    def _try(
        self, log: UndoLog, ask: Ask, redo: bool, inverses: dict[int, bytes | None]
    ) -> int | None:
        """Do it if all it takes is known; else return the seq of which the inverse is needed."""
        find = log.redoable if redo else log.undoable
        arrays = Arrays(self._session.workflow)
        for candidate, touched in find(ask.user_id, arrays):
            if all(_met(group, touched, arrays) for group in candidate.groups):
                continue
            seq = candidate.seq
            inverse = inverses[seq] if seq in inverses else self._inverse_at_hand(seq)
            if inverse is None and seq not in inverses:
                return seq
            try:
                self._session.apply(ask, _change(seq, inverse, touched, arrays))
            except Refused:
                arrays.forget()
                continue
            return None
        nothing = Refused("nothing_to_undo", "There is nothing left that you could take back.")
        self._session.refuse(ask.reply, nothing)
        return None

    async def _read_log(self) -> UndoLog:
        session = self._session
        while True:
            await session.flushed()
            committed = session.committed
            read = await self._persistence.read(self._past)
            if self._log is not None:
                return self._log
            known = read[-1].seq if read else committed
            if session.recent.after <= known:
                newer = [past(row) for row in session.recent.since(known)]
                self._log = UndoLog((*read, *newer), REACH)
                return self._log

    def _past(self) -> list[Past]:
        newest_first = self._repository.past(self._session.key, REACH)
        return [past(row) for row in newest_first][::-1]

    def _inverse_at_hand(self, seq: int) -> bytes | None:
        row = self._session.recent.get(seq)
        return None if row is None else bytes(row.inverse)

    async def _inverse(self, seq: int) -> bytes | None:
        """The inverse of a batch; None if its history is no longer kept."""
        if seq > self._session.committed:
            await self._session.flushed()
        row = await self._persistence.read(partial(self._repository.row, self._session.key, seq))
        return None if row is None else bytes(row.inverse)


class Arrays:
    """Where there are arrays in a document, for as long as it does not change.

    A history can lead to one node ten thousand times, and that is unpacked but once.
    """

    def __init__(self, workflow: Workflow) -> None:
        self._begin = cache(lambda *path: workflow.at(list(path)))

    def __call__(self, path: Path) -> bool:
        """Whether there is one at this path."""
        try:
            return isinstance(value_at(self._begin(*path[:2]), list(path[2:])), list)
        except Refused:
            return False

    def forget(self) -> None:
        """The document may have changed."""
        self._begin.cache_clear()


def _met(group: tuple[Place, ...], touched: Touched, is_array: IsArray) -> list[Path]:
    """The paths of a group that somebody else has touched."""
    paths = (place.counted(is_array) for place in group)
    return [path for path in paths if touched.meets(path)]


def _change(seq: int, inverse: bytes | None, touched: Touched, is_array: IsArray) -> Change:
    """What is left of an inverse without what others touched.

    Raises Refused if nothing is; an inverse that is no longer kept is None.
    """
    kept: list[Instruction] = []
    skipped: dict[Path, None] = {}
    for group in _groups.decode(inverse or b"[]"):
        met = _met(places(group), touched, is_array)
        skipped.update(dict.fromkeys(met))
        if not met:
            kept += group
    if not kept:
        raise Refused("nothing_to_undo", "Nothing of this batch is left to take back.")
    encoded = Raw(msgspec.json.encode(list(skipped))) if skipped else UNSET
    return Change(kept, undoes=seq, skipped=encoded)


def past(row: Row) -> Past:
    """What undo has to know of a batch."""
    groups = tuple(places(group) for group in _groups.decode(row.inverse))
    touched = {place for group in groups for place in group}
    touched.update(places(_instructions.decode(row.instructions)))
    skipped = [] if isinstance(row.skipped, UnsetType) else _paths.decode(row.skipped)
    return Past(row.seq, row.userId, frozenset(touched), row.undoes, frozenset(skipped), groups)


def places(instructions: list[Instruction]) -> tuple[Place, ...]:
    """Where these instructions change something; their paths are prepared."""
    found: list[Place] = []
    for each in instructions:
        moves = each.o in (OBJ_MOVE, OBJ_INSERT)
        found.append(Place(tuple(each.p), moves or each.o == REM))
        if moves:
            found.append(Place(tuple(each.d), each.o == OBJ_MOVE))
    return tuple(found)
