"""What an export or an import comes to: counts by collection, and what was wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

#: Problems of one collection that are told one by one.
TOLD = 50


class Report:
    """Counts, and tells each problem when it shows by `tell`, a line each."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.replaced: Counter[str] = Counter()
        self.inserted: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def problem(self, collection: str, key: str, reason: str) -> None:
        """Something was left out."""
        self.errors[collection] += 1
        if self.errors[collection] <= TOLD:
            self._tell(f"{collection} {ascii(key)[1:-1][:150]}: {reason}; left out")
        elif self.errors[collection] == TOLD + 1:
            self._tell(f"{collection}: more are left out, which are only counted")

    def done(self, collection: str, *, new: bool, count: int = 1) -> None:
        """So many documents went in, or are there instead of what had their keys."""
        if count:
            (self.inserted if new else self.replaced)[collection] += count

    def lines(self, collections: Iterable[str]) -> list[str]:
        """A line for each of these collections, and for what else was counted."""
        names = {*collections, *self.replaced, *self.inserted, *self.errors} - {"kept"}
        return [
            f"{name}: {self.replaced[name]} replaced, {self.inserted[name]} inserted, "
            f"{self.errors[name]} errors"
            for name in sorted(names)
        ]
