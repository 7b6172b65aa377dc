"""What waits for whom, over several event loops."""

from __future__ import annotations

import asyncio

import pytest
from channels.exceptions import ChannelFull

from cluster.mailboxes import Mailboxes


def test_a_channel_has_room_for_so_many() -> None:
    boxes = Mailboxes(60)
    boxes.put("a", b"1", 2)
    boxes.put("a", b"2", 2)
    with pytest.raises(ChannelFull):
        boxes.put("a", b"3", 2)
    boxes.put("b", b"4", 2)
    assert len(boxes) == 2
    assert [asyncio.run(boxes.take(each)) for each in "aab"] == [b"1", b"2", b"4"]
    assert len(boxes) == 0


def test_what_expired_leaves_room_and_is_not_taken() -> None:
    boxes = Mailboxes(0)
    boxes.put("a", b"1", 1)
    boxes.put("a", b"2", 1)
    assert boxes.expire() == {"a"}
    assert boxes.expire() == set()

    async def nothing() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(boxes.take("a"), 0)

    asyncio.run(nothing())


def test_one_of_several_takers_gets_a_message_and_the_longest_waiting_first() -> None:
    async def work() -> None:
        boxes = Mailboxes(60)
        takers = [asyncio.create_task(boxes.take("a")) for _ in range(3)]
        await asyncio.sleep(0)
        boxes.put("a", b"1", 9)
        done, waiting = await asyncio.wait(takers, return_when=asyncio.FIRST_COMPLETED, timeout=9)
        assert done == {takers[0]}
        for number in (2, 3):
            boxes.put("a", b"%d" % number, 9)
        assert {await each for each in waiting} == {b"2", b"3"}

    asyncio.run(work())


def test_a_taker_whose_loop_has_ended_is_passed_over() -> None:
    boxes = Mailboxes(60)
    ended = asyncio.new_event_loop()
    lost = ended.create_task(boxes.take("a"))
    ended.run_until_complete(asyncio.sleep(0))
    ended.close()

    async def work() -> bytes:
        taker = asyncio.create_task(boxes.take("a"))
        await asyncio.sleep(0)
        boxes.put("a", b"1", 9)
        return await asyncio.wait_for(taker, 9)

    assert asyncio.run(work()) == b"1"
    # It says so when it goes, which is no fault of the mailboxes.
    lost._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio has no other way
