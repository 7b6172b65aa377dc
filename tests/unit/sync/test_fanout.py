"""Who is told what, in which frames."""

from __future__ import annotations

import json

from sync.fanout import Fanout
from tests.unit.sync.rows import row
from workflows.errors import WorkflowError


class Follower:
    """Writes down what it is told, and keeps the frames."""

    def __init__(self, grouped: bool = False) -> None:
        self.grouped = grouped
        self.frames: list[str] = []

    def put(self, frame: str) -> None:
        self.frames.append(frame)

    def ended(self, error: WorkflowError) -> None:
        raise AssertionError("nothing ends here")

    @property
    def told(self) -> list[object]:
        """A number for each update, a list of them for each updates."""
        messages = [json.loads(frame) for frame in self.frames]
        return [
            [each["seq"] for each in message["updates"]]
            if message["type"] == "updates"
            else message.get("seq", message["type"])
            for message in messages
        ]


def test_an_update_is_one_frame_for_all_but_its_sender() -> None:
    """WS-ORDER-1"""
    fanout, sender, one, other = Fanout("w"), Follower(), Follower(), Follower()
    for each in (sender, one, other):
        fanout.add(each)
    fanout.tell(row(1), sender)
    assert (sender.told, one.told, other.told) == ([], [1], [1])
    assert one.frames[0] is other.frames[0]


def test_a_group_is_one_frame_for_all_in_batch_mode_the_sender_too() -> None:
    """WS-BATCH-1, WS-BATCH-2"""
    fanout, sender, other = Fanout("w"), Follower(grouped=True), Follower(grouped=True)
    fanout.add(sender)
    fanout.add(other)
    for seq in (1, 2, 3):
        fanout.tell(row(seq, id=f"b{seq}"), sender)
    assert sender.told == []
    fanout.finish()
    assert sender.told == other.told == [[1, 2, 3]]
    assert sender.frames[0] is other.frames[0]
    assert [e["id"] for e in json.loads(sender.frames[0])["updates"]] == ["b1", "b2", "b3"]


def test_what_must_come_after_a_batch_lets_one_catch_up_and_the_rest_follows() -> None:
    """WS-ONCE-3"""
    fanout, one, other = Fanout("w"), Follower(grouped=True), Follower(grouped=True)
    fanout.add(one)
    fanout.add(other)
    fanout.tell(row(1), None)
    fanout.catch_up(one)
    fanout.catch_up(one)
    fanout.tell(row(2), None)
    fanout.tell(row(3), None)
    fanout.finish()
    assert one.told == [[1], [2, 3]]
    assert other.told == [[1, 2, 3]]
    fanout.tell(row(4), None)
    fanout.finish()
    assert one.told[-1] == other.told[-1] == [4]


def test_one_who_comes_within_a_group_is_told_what_follows_and_nothing_before() -> None:
    fanout, late = Fanout("w"), Follower(grouped=True)
    fanout.add(Follower(grouped=True))
    fanout.tell(row(1), None)
    fanout.add(late)
    fanout.tell(row(2), None)
    fanout.finish()
    assert late.told == [[2]]


def test_one_who_comes_last_in_a_group_is_told_nothing_of_it() -> None:
    fanout, late = Fanout("w"), Follower(grouped=True)
    fanout.add(Follower(grouped=True))
    fanout.tell(row(1), None)
    fanout.add(late)
    fanout.finish()
    assert late.told == []


def test_an_announcement_comes_to_everybody_after_the_batches_before_it() -> None:
    fanout, single, grouped = Fanout("w"), Follower(), Follower(grouped=True)
    fanout.add(single)
    fanout.add(grouped)
    fanout.tell(row(1), None)
    fanout.announce('{"type": "saved"}')
    fanout.tell(row(2), None)
    fanout.finish()
    assert single.told == [1, "saved", 2]
    assert grouped.told == [[1], "saved", [2]]


def test_who_has_left_is_told_nothing_more() -> None:
    """WS-LEAVE-1"""
    fanout, single, grouped = Fanout("w"), Follower(), Follower(grouped=True)
    fanout.add(single)
    fanout.add(grouped)
    fanout.tell(row(1), None)
    for each in (single, grouped):
        fanout.remove(each)
        fanout.catch_up(each)
    fanout.tell(row(2), None)
    fanout.finish()
    assert (single.told, grouped.told, fanout.followers) == ([1], [], ())
