"""Calls what users of the cluster have given, one after another, on a thread of its own.

So a slow one delays no sign of life, and may itself wait for an answer from the cluster.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from queue import Full, Queue
from threading import Thread, current_thread

logger = logging.getLogger(__name__)


class Callbacks:
    """At most `bound` calls wait; `count` is told of each that failed or found no room."""

    def __init__(self, name: str, bound: int, count: Callable[[str], None]) -> None:
        self._count = count
        self._waiting: Queue[Callable[[], None]] = Queue(bound)
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, call: Callable[[], None]) -> None:
        """Have this called, unless too many wait."""
        try:
            self._waiting.put_nowait(call)
        except Full:
            self._count("overrun")

    def close(self, timeout: float) -> None:
        """Call nothing any more; returns when the last call has ended, or after the timeout."""
        self._closed = True
        # With a full queue it wakes anyway.
        with suppress(Full):
            self._waiting.put_nowait(lambda: None)
        if current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._closed:
            call = self._waiting.get()
            try:
                call()
            except Exception:
                self._count("failed")
                logger.exception("a callback of the cluster failed")
