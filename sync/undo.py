"""What a user may undo and redo in a workflow: which batch is next, and what of it somebody else
has touched since.

Pure: batches are known by their seq, author and touched paths; here nothing is read and nothing
applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]


#: Whether there is an array at a path now.
IsArray: TypeAlias = Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instruction changes something; `taken`: it takes away or adds what is there."""

    path: Path
    taken: bool = False

    def counted(self, is_array: IsArray) -> Path:
        """The path it counts with: whatever takes or adds an element changes its array."""
        return self.path[:-1] if self.taken and is_array(self.path[:-1]) else self.path


@dataclass(frozen=True, slots=True)
class Past:
    """A batch of the history, the places it touched, and those that each group of its inverse does.

    An undo or a redo says of which batch it is, and which paths it skipped.
    """

    seq: int
    user_id: str
    places: frozenset[Place]
    undoes: int | None = None
    skipped: frozenset[Path] = frozenset()
    groups: tuple[tuple[Place, ...], ...] = ()


class Touched:
    """Paths that count as changed by somebody else; some `until` an undo is reached, going back."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._above: set[Path] = set()
        self.until: dict[int, Touched] = {}

    def add(self, path: Path) -> None:
        """This one too."""
        self._paths.add(path)
        self._above.update(path[:length] for length in range(len(path)))

    def meets(self, path: Path) -> bool:
        """Whether the path is one of these, or lies above or below one."""
        return (
            path in self._above
            or any(path[:length] in self._paths for length in range(len(path) + 1))
            or any(some.meets(path) for some in self.until.values())
        )


class UndoLog:
    """The newest batches of one workflow, `reach` at the most, oldest first."""

    def __init__(self, batches: Iterable[Past], reach: int) -> None:
        self._reach = reach
        self._batches: dict[int, Past] = {}
        #: By seq: the newest batch that undoes it.
        self._undone_by: dict[int, int] = {}
        for batch in batches:
            self.add(batch)

    def add(self, batch: Past) -> None:
        """The next batch."""
        self._batches[batch.seq] = batch
        if batch.undoes is not None:
            self._undone_by[batch.undoes] = batch.seq
        if len(self._batches) > self._reach:
            oldest = next(iter(self._batches))
            del self._batches[oldest]
            self._undone_by.pop(oldest, None)

    def undoable(self, user_id: str, is_array: IsArray) -> Iterator[tuple[Past, Touched]]:
        """The batches that an undo of this user may take, newest first, each with what others
        touched since.
        """
        return self._candidates(user_id, is_array, lambda batch: batch.undoes is None)

    def redoable(self, user_id: str, is_array: IsArray) -> Iterator[tuple[Past, Touched]]:
        """The undos that a redo of this user may take, newest first; none is older than a new batch
        of the user.
        """
        own = (each for each in reversed(self._batches.values()) if each.user_id == user_id)
        newest = next((each.seq for each in own if each.undoes is None), 0)
        return self._candidates(
            user_id, is_array, lambda batch: batch.seq > newest and self._is_undo(batch)
        )

    def _candidates(
        self, user_id: str, is_array: IsArray, fits: Callable[[Past], bool]
    ) -> Iterator[tuple[Past, Touched]]:
        touched = Touched()
        for batch in reversed(self._batches.values()):
            if batch.user_id != user_id:
                self._count(batch, is_array, touched)
            elif fits(batch) and not self._undone(batch.seq):
                yield batch, touched

    def _count(self, batch: Past, is_array: IsArray, touched: Touched) -> None:
        touched.until.pop(batch.seq, None)
        for path in self._counted(batch, is_array):
            touched.add(path)
        if batch.undoes is not None and not self._is_undo(batch) and not self._undone(batch.seq):
            # A redo and its undo leave no trace together, but between them the change stands again.
            standing = touched.until[batch.undoes] = Touched()
            for place in batch.places:
                standing.add(place.counted(is_array))

    def _undone(self, seq: int) -> bool:
        by = self._undone_by.get(seq)
        return by is not None and not self._undone(by)

    def _is_undo(self, batch: Past) -> bool:
        if batch.undoes is None:
            return False
        undone = self._batches.get(batch.undoes)
        return undone is not None and undone.undoes is None

    def _counted(self, batch: Past, is_array: IsArray) -> Iterable[Path]:
        if self._undone(batch.seq):
            return self._batches[self._undone_by[batch.seq]].skipped
        if batch.undoes is not None:
            return batch.skipped
        return (place.counted(is_array) for place in batch.places)
