"""How long those stay away whose session was given up."""

from __future__ import annotations

import asyncio
import random


class Patience:
    """How long those wait whose session was given up: longer each time within a minute."""

    #: Milliseconds: the first wait is drawn from as many; and the most.
    FIRST, MOST = 1000, 30_000
    WINDOW = 60.0

    def __init__(self) -> None:
        self._given_up: dict[str, tuple[float, int]] = {}

    def given_up(self, key: str) -> None:
        """Count one more time."""
        since = asyncio.get_running_loop().time()
        last, times = self._given_up.get(key, (since, 0))
        self._given_up = {
            each: when for each, when in self._given_up.items() if since - when[0] < self.WINDOW
        }
        self._given_up[key] = (since, times + 1 if since - last < self.WINDOW else 1)

    def retry_after(self, key: str) -> int:
        """Milliseconds, drawn at random so that not all come at once."""
        _, times = self._given_up.get(key, (0.0, 1))
        most = min(self.FIRST * 2 ** max(times - 1, 0), self.MOST)
        return random.randrange(most)  # noqa: S311 - spreads load, guards nothing
