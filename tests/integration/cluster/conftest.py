"""A broker for each test, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.integration.cluster.scene import Running
from tests.waiting import until


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Every thread that a test brought about has ended after it."""
    before = set(threading.enumerate())
    yield

    def left() -> list[threading.Thread]:
        new = set(threading.enumerate()) - before
        # Of event loops, which keep them for the next one.
        return [each for each in new if not each.name.startswith(("asyncio_", "ThreadPool"))]

    until(lambda: not left())


@pytest.fixture
def running() -> Iterator[Running]:
    with Running() as started:
        yield started
