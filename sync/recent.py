"""The newest batches of a session, kept for those who come back after a short absence."""

from __future__ import annotations

from collections import deque

from workflows.repository import Row

#: What one who comes back gets at most: batches, and bytes of their instructions.
MAX_MISSED = 1000
MAX_MISSED_BYTES = 1024 * 1024
#: Bytes that the kept batches may take with their inverses, which undo needs.
MAX_KEPT_BYTES = 8 * 1024 * 1024


class Recent:
    """At least as many of the newest batches as one who comes back can get, if there are any."""

    def __init__(self, seq: int) -> None:
        self._rows: deque[Row] = deque()
        #: Bytes of instructions, and of inverses.
        self._size = self._inverses = 0
        self._last = seq

    def add(self, row: Row) -> None:
        """The next batch."""
        self._rows.append(row)
        self._last = row.seq
        self._count(row, 1)
        while self._too_many():
            self._count(self._rows.popleft(), -1)

    @property
    def after(self) -> int:
        """All batches after this seq are here."""
        return self._last - len(self._rows)

    def get(self, seq: int) -> Row | None:
        """One batch, if it is here."""
        return self._rows[seq - self.after - 1] if self.after < seq <= self._last else None

    def since(self, seq: int) -> list[Row]:
        """The batches after this seq; all of them must be here."""
        return [row for row in self._rows if row.seq > seq]

    def _count(self, row: Row, sign: int) -> None:
        self._size += sign * len(row.instructions)
        self._inverses += sign * len(row.inverse)

    def _too_many(self) -> bool:
        enough_without = self._size - len(self._rows[0].instructions) >= MAX_MISSED_BYTES
        too_big = self._size + self._inverses > MAX_KEPT_BYTES
        return len(self._rows) > MAX_MISSED or enough_without or (too_big and len(self._rows) > 1)


def few_enough(rows: list[Row]) -> bool:
    """Whether one who comes back can be sent these rather than the whole workflow."""
    size = sum(len(row.instructions) for row in rows)
    return len(rows) <= MAX_MISSED and size <= MAX_MISSED_BYTES
