"""Waiting for what another thread, process or machine does."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], timeout: float = 30) -> None:
    """Return when it holds; AssertionError if it does not within so many seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.005)
