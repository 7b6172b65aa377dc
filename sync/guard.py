"""What one socket may ask for: little before it has shown a token, and then so much a second."""

from __future__ import annotations

from collections.abc import Callable

#: Messages and bytes that a socket may send before its first `connect` has succeeded.
EARLY_MESSAGES, EARLY_BYTES = 64, 256 * 1024
#: Bad messages in a row after which it is closed.
MOST_BAD = 10
#: Seconds of refusals, none longer than CALM apart, after which a flood is closed.
FLOOD_SECONDS = 5.0
CALM = 1.0


class Guard:
    """Counts for one socket.

    `rate`: instructions a second; `burst`: at once. `clock`: seconds.
    """

    def __init__(self, rate: int, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._burst = burst
        self._tokens = float(burst)
        self._filled = clock()
        #: The first and the last refusal of the flood there is, if there is one.
        self._refused: tuple[float, float] | None = None
        self._early: tuple[int, int] | None = (0, 0)
        self._bad = 0
        #: Whether the last message was too much.
        self.refused = False

    def connected(self) -> None:
        """It has shown a token: from now on only its rate counts."""
        self._early = None

    def early_enough(self, size: int) -> bool:
        """Count a message of `size` bytes; False if that is too much before `connect`."""
        if self._early is not None:
            messages, bytes_ = self._early
            self._early = (messages + 1, bytes_ + size)
            return messages < EARLY_MESSAGES and bytes_ + size <= EARLY_BYTES
        return True

    def good(self) -> None:
        """A message could be understood."""
        self._bad = 0

    def bad(self) -> bool:
        """Count one that could not; False if it was one too many."""
        self._bad += 1
        return self._bad < MOST_BAD

    def spend(self, cost: int) -> bool:
        """Pay for a message; False if the socket has spent too much lately."""
        at = self._clock()
        self._tokens = min(self._burst, self._tokens + (at - self._filled) * self._rate)
        self._filled = at
        self.refused = self._tokens < cost
        if self.refused:
            first, last = self._refused or (at, at)
            self._refused = (first if at - last <= CALM else at, at)
            return False
        self._tokens -= cost
        return True

    @property
    def flooded(self) -> bool:
        """Whether refusals have not helped for so long that the socket is to be closed."""
        return self._refused is not None and self._refused[1] - self._refused[0] >= FLOOD_SECONDS
