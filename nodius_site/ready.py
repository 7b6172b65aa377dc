"""`/api/ready`: whether this process can do its work now, for who spreads the load.

Every part is asked in a thread of its own, and once at a time: a part that hangs costs one thread,
however often it is asked for, and nobody more time than DEADLINE.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Literal

from django.db import connection, connections
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import BaseModel

import store.current
from nodius_site import wiring
from nodius_site.watched_store import WatchedStore

#: Seconds after which a part that has not answered is not ready.
DEADLINE = 3.0


class Part:
    """A part of the server. `check` raises if it is not ready; it may hang."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._guard = threading.Lock()
        self._running: Future[bool] | None = None

    def ask(self) -> Future[bool]:
        """Whether it is ready, some time later."""
        with self._guard:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(
                    target=self._answer, args=(self._running,), name="ready", daemon=True
                ).start()
            return self._running

    def _answer(self, answer: Future[bool]) -> None:
        try:
            self._check()
        except Exception:
            # Why is in the log and in the metrics of whoever needs the part, not in an answer.
            answer.set_result(False)
        else:
            answer.set_result(True)
        finally:
            connections.close_all()


def _accounts() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _store() -> None:
    found = store.current.current()
    if isinstance(found, WatchedStore):
        found.check()
    else:
        found.ping()


PARTS: Mapping[str, Part] = {
    "accounts": Part(_accounts),
    "store": Part(_store),
    "journal": Part(wiring.check),
}

State = Literal["ok", "unavailable"]


class Ready(BaseModel):
    """Whether the process takes part, and which part of it does not."""

    status: State
    timestamp: int
    parts: dict[str, State]


router = Router()


@router.get("", auth=None, response={200: Ready, 503: Ready}, summary="Is it ready?")
def ready(request: HttpRequest) -> Status[dict[str, object]]:
    """200 if every part can do its work, else 503; within a few seconds in any case."""
    parts = states(PARTS, DEADLINE)
    good = all(state == "ok" for state in parts.values())
    body = {"timestamp": time.time_ns() // 1_000_000, "parts": parts}
    return Status(200 if good else 503, {"status": "ok" if good else "unavailable", **body})


def states(parts: Mapping[str, Part], deadline: float) -> dict[str, State]:
    """What each part says within so many seconds; silence is no."""
    asked = {name: part.ask() for name, part in parts.items()}
    wait(asked.values(), deadline)
    return {
        name: "ok" if answer.done() and answer.result() else "unavailable"
        for name, answer in asked.items()
    }
