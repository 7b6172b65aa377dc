"""The newest batches of a session, kept for those who come back after a short absence."""

from __future__ import annotations

from collections import deque

from workflows.repository import Row

#: What one who comes back gets at most: batches, and bytes of their instructions.
MAX_MISSED = 1000
MAX_MISSED_BYTES = 1024 * 1024


class Recent:
    """At least as many of the newest batches as one who comes back can get, if there are any."""

    def __init__(self, seq: int) -> None:
        self._rows: deque[Row] = deque()
        self._size = 0
        self._last = seq

    def add(self, row: Row) -> None:
        """The next batch."""
        self._rows.append(row)
        self._last = row.seq
        self._size += len(row.instructions)
        while len(self._rows) > MAX_MISSED or self._reaches_without_the_oldest():
            self._size -= len(self._rows.popleft().instructions)

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

    def _reaches_without_the_oldest(self) -> bool:
        return self._size - len(self._rows[0].instructions) >= MAX_MISSED_BYTES


def few_enough(rows: list[Row]) -> bool:
    """Whether one who comes back can be sent these rather than the whole workflow."""
    size = sum(len(row.instructions) for row in rows)
    return len(rows) <= MAX_MISSED and size <= MAX_MISSED_BYTES
