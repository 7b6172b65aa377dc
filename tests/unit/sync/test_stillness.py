"""When a process counts as dead: by what the observer could see, on the observer's own clock."""

from __future__ import annotations

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from sync.membership import Process, Stillness, born, place

LONGEST = 2.0
times = st.floats(0, 100, allow_nan=False)


@given(st.lists(times, max_size=20))
def test_who_moves_between_any_two_looks_never_stands_still(pauses: list[float]) -> None:
    stillness, now = Stillness(LONGEST), 0.0
    for beat, pause in enumerate(pauses):
        now += pause
        stillness.look([("a", beat)], now)
        assert stillness.of("a", beat) == 0


@given(st.floats(-1e6, 1e6), st.lists(st.floats(0, 1.9), min_size=1, max_size=20))
def test_who_does_not_move_stands_still_for_as_long_as_it_was_looked_at(
    start: float, pauses: list[float]
) -> None:
    """The clock's own time does not matter, only what passes on it."""
    stillness, now = Stillness(LONGEST), start
    stillness.look([("a", 1)], now)
    for pause in pauses:
        now += pause
        stillness.look([("a", 1)], now)
    assert abs(stillness.of("a", 1) - (now - start)) < 1e-6


@given(st.floats(2, 1e9))
def test_a_time_in_which_the_observer_could_not_look_counts_little(gap: float) -> None:
    stillness = Stillness(LONGEST)
    stillness.look([("a", 1)], 0)
    stillness.look([("a", 1)], gap)
    assert stillness.of("a", 1) == LONGEST


def test_who_comes_or_moves_later_than_was_looked_is_not_still() -> None:
    stillness = Stillness(LONGEST)
    stillness.look([("a", 1)], 0)
    stillness.look([("a", 1), ("b", 1)], 1)
    assert stillness.of("b", 1) == 0 and stillness.of("c", 1) == 0
    assert stillness.of("a", 1) == 1 and stillness.of("a", 2) == 0
    stillness.look([("b", 1)], 2)
    stillness.look([("a", 1)], 3)
    assert stillness.of("a", 1) == 0, "it was gone in between"


def process(pid: int, birth: int, where: str = "") -> Process:
    """A process that tells this of itself."""
    return Process("p", "", "host", where or place(), pid, birth, "zmq", "sqlite3", "s")


def test_a_process_of_this_machine_is_gone_when_its_id_is_or_is_anothers() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        birth = born(child.pid)
        assert birth and not process(child.pid, birth).is_gone
        assert process(child.pid, birth - 1).is_gone, "another had this id before"
        child.kill()
        while not process(child.pid, birth).is_gone:
            # Nobody has waited for it yet.
            assert child.returncode is None
        child.wait()
        assert process(child.pid, birth).is_gone
        assert not process(child.pid, birth, "elsewhere").is_gone
    assert not process(os.getpid(), born(os.getpid())).is_gone
