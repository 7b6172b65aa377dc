"""Undo and redo in a session: the rule of `undo.py` on the batches of history and journal."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import UNSET, Raw, UnsetType

from sync.entries import Ask, Change
from sync.persistence import Persistence
from sync.session import Session
from sync.undo import Past, Path, Place, Touched, UndoLog
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
        """Apply the inverse of the newest batch (or undo) of this user of which something can be
        undone.

        Tells the ask what came of it. Raises Unavailable.
        """
        log = self._log or await self._read_log()
        inverses: dict[int, bytes | None] = {}
        while (missing := self._try(log, ask, redo, inverses)) is not None:
            inverses[missing] = await self._inverse(missing)

    def _try(
        self, log: UndoLog, ask: Ask, redo: bool, inverses: dict[int, bytes | None]
    ) -> int | None:
        """Do it if all it takes is known; else return the seq of which the inverse is needed."""
        find = log.redoable if redo else log.undoable
        for seq, touched in find(ask.user_id, self._is_array):
            if seq not in inverses:
                return seq
            change = self._change(seq, inverses[seq], touched)
            if change.instructions:
                try:
                    self._session.apply(ask, change)
                except Refused:
                    continue
                return None
        nothing = Refused("nothing_to_undo", "There is nothing left that you could take back.")
        self._session.refuse(ask.reply, nothing)
        return None

    async def _read_log(self) -> UndoLog:
        session = self._session
        while True:
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
        return [past(row) for row in self._repository.past(self._session.key, REACH)]

    async def _inverse(self, seq: int) -> bytes | None:
        row = self._session.recent.get(seq) or await self._persistence.read(
            partial(self._repository.row, self._session.key, seq)
        )
        return None if row is None else bytes(row.inverse)

    def _is_array(self, path: Path) -> bool:
        try:
            return isinstance(value_at(self._session.workflow.root, list(path)), list)
        except Refused:
            return False

    def _change(self, seq: int, inverse: bytes | None, touched: Touched) -> Change:
        """What is left of an inverse (None: it is no longer kept) without what others touched."""
        kept: list[Instruction] = []
        skipped: dict[Path, None] = {}
        for group in _groups.decode(inverse or b"[]"):
            paths = [place.counted(self._is_array) for each in group for place in places(each)]
            met = [path for path in paths if touched.meets(path)]
            skipped.update(dict.fromkeys(met))
            if not met:
                kept += group
        encoded = Raw(msgspec.json.encode(list(skipped))) if skipped else UNSET
        return Change(kept, undoes=seq, skipped=encoded)


def past(row: Row) -> Past:
    """What undo has to know of a batch."""
    instructions = _instructions.decode(row.instructions)
    undoing = [each for group in _groups.decode(row.inverse) for each in group]
    skipped = [] if isinstance(row.skipped, UnsetType) else _paths.decode(row.skipped)
    touched = frozenset(place for each in (*instructions, *undoing) for place in places(each))
    return Past(row.seq, row.userId, touched, row.undoes, frozenset(skipped))


def places(instruction: Instruction) -> list[Place]:
    """Where an instruction changes something; its paths are prepared."""
    moves = instruction.o in (OBJ_MOVE, OBJ_INSERT)
    found = [Place(tuple(instruction.p), moves or instruction.o == REM)]
    if moves:
        found.append(Place(tuple(instruction.d), instruction.o == OBJ_MOVE))
    return found
