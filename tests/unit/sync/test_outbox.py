"""What waits for one socket, and when that is too much."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from sync.outbox import BYTES_A_SECOND, FRAME_SECONDS, TOO_SLOW, Outbox

LIMIT = 100


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()


class Wire:
    """Takes frames while `open`; writes down what it was sent."""

    def __init__(self, taking: bool = True) -> None:
        self.sent: list[str | int] = []
        self.open = asyncio.Event()
        if taking:
            self.open.set()

    async def send(self, event: MutableMapping[str, Any]) -> None:
        await self.open.wait()
        self.sent.append(event.get("text", event.get("code")))


def cut_off(box: Outbox) -> bool:
    """Whether it takes no more, and says so to whoever runs it."""
    assert box.closed == box.cut_off.done()
    return box.closed


async def ticks() -> None:
    """Let everything happen that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_frames_leave_in_order_and_then_the_close_code() -> None:
    box, wire = Outbox(LIMIT, CLOCK), Wire()
    for frame in "abc":
        box.put(frame)
    box.close(1012)
    box.put("late")
    box.close(1013)
    await box.run(wire.send)
    assert wire.sent == ["a", "b", "c", 1012]


async def test_what_comes_while_it_runs_leaves_at_once() -> None:
    box, wire = Outbox(LIMIT, CLOCK), Wire()
    running = asyncio.create_task(box.run(wire.send))
    for frame in "ab":
        box.put(frame)
        await ticks()
    assert wire.sent == ["a", "b"]
    box.close(1000)
    await running


async def test_more_than_the_limit_waiting_cuts_off_and_drops_what_waits() -> None:
    """WS-SLOW-1"""
    box, wire = Outbox(LIMIT, CLOCK), Wire(taking=False)
    running = asyncio.create_task(box.run(wire.send))
    box.put("under way")
    await ticks()
    box.put("next, and big: " + "x" * LIMIT)
    box.put("x" * LIMIT)
    assert not cut_off(box)
    box.put("y")
    assert cut_off(box)
    wire.open.set()
    await running
    assert wire.sent == ["under way", TOO_SLOW]


async def test_bytes_count_not_characters() -> None:
    box = Outbox(LIMIT, CLOCK)
    box.put("a")
    box.put("é" * (LIMIT // 2))
    assert not cut_off(box)
    box.put("é")
    assert cut_off(box)


@pytest.mark.parametrize("under_way", [False, True])
async def test_a_single_frame_however_big_cuts_nobody_off(under_way: bool) -> None:
    """WS-SLOW-1"""
    box, wire = Outbox(LIMIT, CLOCK), Wire(taking=False)
    running = asyncio.create_task(box.run(wire.send))
    if under_way:
        box.put("small")
        await ticks()
    box.put("x" * 50 * LIMIT)
    await ticks()
    assert not cut_off(box)
    wire.open.set()
    box.close(1000)
    await running
    assert wire.sent[-2:] == ["x" * 50 * LIMIT, 1000]


async def test_of_what_passes_only_the_newest_leaves_in_the_place_of_the_first() -> None:
    """WS-PRESENCE-2"""
    box, wire = Outbox(LIMIT, CLOCK), Wire()
    box.put("a")
    box.put_passing("ann", "ann 1")
    box.put_passing("bob", "bob 1")
    box.put("b")
    box.put_passing("ann", "ann 2")
    box.close(1000)
    await box.run(wire.send)
    assert wire.sent == ["a", "ann 2", "bob 1", "b", 1000]


async def test_passing_frames_about_the_same_never_add_up() -> None:
    box = Outbox(LIMIT, CLOCK)
    box.put("a")
    for number in range(10 * LIMIT):
        box.put_passing("ann", f"{number:050}")
    assert not cut_off(box)


async def test_passing_frames_about_many_count() -> None:
    box = Outbox(LIMIT, CLOCK)
    box.put("a")
    box.put_passing("ann", "x" * LIMIT)
    box.put_passing("ann", "y" * LIMIT)
    assert not cut_off(box)
    box.put_passing("bob", "x")
    assert cut_off(box)


async def test_there_is_room_again_when_less_than_half_of_the_limit_waits() -> None:
    """WS-SLOW-1"""
    box, wire = Outbox(LIMIT, CLOCK), Wire(taking=False)
    running = asyncio.create_task(box.run(wire.send))
    for size in (1, LIMIT // 2, LIMIT // 2):
        box.put("x" * size)
    waiting = asyncio.create_task(box.room())
    await ticks()
    assert not waiting.done()
    wire.open.set()
    await waiting
    box.close(1000)
    await running


async def test_a_passing_frame_that_has_left_makes_room_for_a_new_one() -> None:
    box, wire = Outbox(LIMIT, CLOCK), Wire()
    running = asyncio.create_task(box.run(wire.send))
    for number in range(3):
        box.put_passing("ann", f"{number}")
        await ticks()
    box.close(1000)
    await running
    assert wire.sent == ["0", "1", "2", 1000]


async def test_a_frame_that_does_not_leave_in_time_cuts_off() -> None:
    """WS-SLOW-1, WS-SLOW-2"""
    clock = Clock()
    box, wire = Outbox(LIMIT, clock), Wire(taking=False)
    running = asyncio.create_task(box.run(wire.send))
    box.put("never read")
    await ticks()
    clock.now += FRAME_SECONDS
    box.check()
    assert not cut_off(box)
    clock.now += 0.01
    box.check()
    assert cut_off(box)
    running.cancel()


async def test_the_frame_after_a_big_one_has_a_second_more_for_each_64_kib_of_that() -> None:
    """WS-SLOW-1, WS-SLOW-2"""
    clock = Clock()
    box, wire = Outbox(LIMIT, clock), Wire(taking=False)
    running = asyncio.create_task(box.run(wire.send))
    box.put("x" * 10 * BYTES_A_SECOND)
    await ticks()
    wire.open.set()
    await ticks()
    wire.open.clear()
    box.put("next")
    await ticks()
    clock.now += FRAME_SECONDS + 10
    box.check()
    assert not cut_off(box)
    clock.now += 0.01
    box.check()
    assert cut_off(box)
    running.cancel()


async def test_one_for_whom_nothing_waits_is_never_too_slow() -> None:
    clock = Clock()
    box, wire = Outbox(LIMIT, clock), Wire()
    running = asyncio.create_task(box.run(wire.send))
    box.put("a")
    await ticks()
    clock.now += 10 * FRAME_SECONDS
    box.check()
    assert not cut_off(box)
    running.cancel()
