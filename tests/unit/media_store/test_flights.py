"""What many ask for at once is done once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from media_store.errors import Busy, NotFound
from media_store.flights import Flights


class Work:
    """Something that is done when the test says so, and how often it was begun."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.times = 0
        self.error = error

    def __call__(self) -> int:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(10)
        if self.error:
            raise self.error
        return self.times


def test_those_who_come_meanwhile_get_the_same_and_those_who_come_later_a_new_one() -> None:
    flights: Flights[int] = Flights(10)
    work = Work()
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(flights.share, "x", work)
        assert work.begun.wait(10)
        others = [threads.submit(flights.share, "x", work) for _ in range(7)]
        work.may_end.set()
        assert {each.result(10) for each in [first, *others]} <= {1, 2}
        assert first.result() == 1
    later = work.times
    assert flights.share("x", work) == later + 1


def test_who_waits_is_told_the_same_error() -> None:
    flights: Flights[int] = Flights(10)
    work = Work(NotFound("gone"))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(flights.share, "x", work)
        assert work.begun.wait(10)
        other = threads.submit(flights.share, "x", lambda: 5)
        work.may_end.set()
        with pytest.raises(NotFound):
            first.result(10)
        assert other.exception(10) is not None or other.result() == 5


def test_different_things_do_not_wait_for_each_other() -> None:
    flights: Flights[int] = Flights(10)
    work = Work()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(flights.share, "x", work)
        assert work.begun.wait(10)
        assert flights.share("y", lambda: 7) == 7
        work.may_end.set()
        assert first.result(10) == 1


def test_who_waits_too_long_is_sent_away() -> None:
    flights: Flights[int] = Flights(0.01)
    work = Work()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(flights.share, "x", work)
        assert work.begun.wait(10)
        with pytest.raises(Busy):
            flights.share("x", work)
        work.may_end.set()
        assert first.result(10) == work.times == 1
