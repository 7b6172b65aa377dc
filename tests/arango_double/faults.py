"""What goes wrong on request: `POST /_double/faults`."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

#: Requests that are remembered.
REMEMBERED = 1000


@dataclass
class Fault:
    """What happens to the next `times` requests of this method under this path.

    `do`: `drop-before` and `drop-after` end the connection before or after the request is carried
    out, `status` answers with an error instead. `delay`: seconds before anything is done.
    """

    method: str = ""
    path: str = ""
    times: int = 1
    do: str = ""
    status: int = 503
    number: int = 503
    message: str = "service unavailable"
    delay: float = 0.0

    def __post_init__(self) -> None:
        if self.do not in ("", "drop-before", "drop-after", "status"):
            raise ValueError(f"nothing is done by the name {self.do!r}")


@dataclass
class Faults:
    """Those that wait, and the requests that came."""

    waiting: list[Fault] = field(default_factory=list)
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, given: dict[str, Any]) -> None:
        """One more. Raises TypeError or ValueError for what is none."""
        with self._guard:
            self.waiting.append(Fault(**given))

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        with self._guard:
            self.waiting.clear()

    def next(self, method: str, path: str, query: str, body: str) -> Fault:
        """What is to go wrong with this request, which is remembered."""
        with self._guard:
            told = {"method": method, "path": path, "query": query, "body": body}
            self.requests.append(told)
            for each in self.waiting:
                if each.method in ("", method) and path.startswith(each.path) and each.times > 0:
                    each.times -= 1
                    return each
        return Fault()
