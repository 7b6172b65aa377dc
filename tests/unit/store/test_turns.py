"""First come, first served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from store.base import Unavailable
from store.turns import Turns


def test_only_one_has_the_turn_at_a_time() -> None:
    turns, inside, together = Turns(), [0], Barrier(8)

    def run() -> None:
        together.wait()
        for _ in range(200):
            with turns.turn(timeout=30):
                inside[0] += 1
                assert inside[0] == 1
                inside[0] -= 1

    with ThreadPoolExecutor(8) as threads:
        for each in [threads.submit(run) for _ in range(8)]:
            each.result()


def test_a_thread_that_comes_back_at_once_queues_behind_who_waited() -> None:
    turns, order = Turns(), list[str]()

    def run() -> None:
        with turns.turn(timeout=30):
            order.append("waited")

    with ThreadPoolExecutor(1) as threads:
        for _ in range(100):
            with turns.turn(timeout=30):
                waiting = threads.submit(run)
                while not turns._waiting:
                    assert not waiting.done()
            with turns.turn(timeout=30):
                order.append("came back")
            waiting.result()
    assert order == ["waited", "came back"] * 100


def test_who_waits_too_long_is_told_and_does_not_hold_up_the_next() -> None:
    turns = Turns()
    with ThreadPoolExecutor(1) as threads:

        def give_up() -> None:
            with pytest.raises(Unavailable, match="later"), turns.turn(timeout=0.01):
                raise AssertionError("it was not free")

        with turns.turn(timeout=1):
            threads.submit(give_up).result()
    with turns.turn(timeout=0):
        pass


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    with pytest.raises(KeyError), turns.turn(timeout=1):
        raise KeyError
    with turns.turn(timeout=0):
        pass
