"""How many requests a client has made within the last minute. Pure: time comes from outside."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

WINDOW = 60.0
#: Requests within so many seconds are remembered together, as if all came with the last of them.
TOGETHER = 5.0
#: Clients that are remembered; whoever was not seen for longest is forgotten first.
MOST = 10_000


@dataclass(slots=True)
class Burst:
    """Requests that came between two moments (seconds)."""

    first: float
    last: float
    count: int


@dataclass(slots=True)
class Recent:
    """The requests of one client within the last minute, and their sum."""

    bursts: deque[Burst] = field(default_factory=deque)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """Where a client stands: whether this request is let through, how many more are, and in how
    many seconds (1 to 60) there is room again for some of those that were made.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: int


class Windows:
    """Lets each client make at most `limit` requests in any minute.

    `limit` is 1 or more; only those that were let through count. What it keeps is bounded, however
    many clients come.
    """

    def __init__(self, limit: int, most: int = MOST) -> None:
        self.limit = limit
        self._most = most
        self._clients: OrderedDict[str, Recent] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    def take(self, client: str, now: float) -> Quota:
        """Count a request of this client at `now`, in seconds of a clock that never goes back."""
        recent = self._recent(client, now)
        allowed = recent.count < self.limit
        if allowed:
            recent.count += 1
            if recent.bursts and now - recent.bursts[-1].first < TOGETHER:
                recent.bursts[-1].last = now
                recent.bursts[-1].count += 1
            else:
                recent.bursts.append(Burst(now, now, 1))
        free_in = recent.bursts[0].last + WINDOW - now
        reset = min(max(math.ceil(free_in), 1), int(WINDOW))
        return Quota(allowed, self.limit, self.limit - recent.count, reset)

    def _recent(self, client: str, now: float) -> Recent:
        recent = self._clients.setdefault(client, Recent())
        self._clients.move_to_end(client)
        if len(self._clients) > self._most:
            self._clients.popitem(last=False)
        while recent.bursts and recent.bursts[0].last <= now - WINDOW:
            recent.count -= recent.bursts.popleft().count
        return recent
