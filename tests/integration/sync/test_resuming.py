"""Clients that come back, and what they are told of what they missed."""

from __future__ import annotations

from asyncio import to_thread

import pytest

from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.sockets import Person, Room
from workflows.pruning import Policy, prune
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.mark.parametrize("grouped", [False, True], ids=["single", "batch mode"])
@pytest.mark.parametrize("open_", [True, False], ids=["from memory", "from the store"])
async def test_who_comes_back_gets_what_it_missed(
    room: Room, ann: Talk, bob: Talk, people: dict[str, Person], grouped: bool, open_: bool
) -> None:
    """WS-RESUME-1, WS-RESUME-2"""
    first = await ann.join(clientId="a")
    await bob.join(clientId="b")
    await ann.act(APPEND)
    await ann.act(APPEND, id="mine")
    await bob.act(APPEND, id="theirs")
    ann.socket.hang_up()
    if not open_:
        bob.socket.hang_up()
    await room.settled()
    assert bool(room.hub.sessions) is open_
    back = Talk(room, people["ann"], ann.key)
    again = await back.join(clientId="a", lastSeq=0, epoch=first["epoch"], batch=grouped)
    assert (again["resumed"], again["seq"], "workflow" in again) == (True, 3, False)
    if grouped:
        (message,) = back.after
        assert [(e["seq"], e.get("id")) for e in message["updates"]] == [
            (1, None), (2, "mine"), (3, "theirs"),
        ]  # fmt: skip
    else:
        assert kinds(back.after) == [("update", 1), ("ack", 2), ("update", 3)]
        assert back.after[1]["instructions"] == [APPEND]


@pytest.mark.parametrize("open_", [True, False], ids=["from memory", "from the store"])
async def test_who_missed_too_much_gets_the_whole_workflow(
    room: Room, ann: Talk, bob: Talk, people: dict[str, Person], open_: bool
) -> None:
    """WS-RESUME-3"""
    first = await ann.join(clientId="a")
    for n in range(1001):
        ann.socket.send(
            "instructions", workflowKey=ann.key, instructions=[{"o": 1, "p": ["name"], "v": str(n)}]
        )
    await ann.hear()
    if not open_:
        ann.socket.hang_up()
        await room.settled()
    for last, resumed in ((0, False), (1, True), (1001, True), (1002, False)):
        talk = Talk(room, people["bob"], ann.key)
        answer = await talk.join(lastSeq=last, epoch=first["epoch"])
        assert (answer["resumed"], answer["seq"]) == (resumed, 1001)
        assert [each["seq"] for each in talk.after] == [*range(last + 1, 1002)][: 1001 * resumed]
        talk.socket.hang_up()
    assert not (await bob.join(lastSeq=1001, epoch="another"))["resumed"]
    assert not (await bob.join(lastSeq=1001))["resumed"]


async def test_who_missed_more_than_a_mebibyte_gets_the_whole_workflow(
    room: Room, ann: Talk, people: dict[str, Person]
) -> None:
    """WS-RESUME-3"""
    first = await ann.join(clientId="a")
    for n in range(3):
        await ann.act({"o": 1, "p": ["data", "text"], "v": str(n) * 400_000})
    for last, resumed in ((0, False), (1, True)):
        talk = Talk(room, people["bob"], ann.key)
        assert (await talk.join(lastSeq=last, epoch=first["epoch"]))["resumed"] is resumed


async def test_who_missed_what_was_pruned_gets_the_whole_workflow(
    room: Room, ann: Talk, people: dict[str, Person], repository: Repository
) -> None:
    """WS-RESUME-3, WS-ONCE-5"""
    first = await ann.join(clientId="a")
    for n in range(10):
        await ann.act(APPEND, id=str(n))
    ann.socket.hang_up()
    await room.settled()
    pruned = await to_thread(prune, repository, ann.key, Policy(keep=4))
    assert (pruned.removed, pruned.left) == (6, 4)
    for last, resumed in ((5, False), (6, True)):
        talk = Talk(room, people["ann"], ann.key)
        assert (await talk.join(clientId="a", lastSeq=last, epoch=first["epoch"]))[
            "resumed"
        ] is resumed
        again = await talk.act(APPEND, id="0")
        assert kinds(again) == [("ack", 1)], "of what is pruned the receipt is left"
        talk.socket.hang_up()


async def test_another_line_of_history_gives_everybody_the_whole_workflow(
    room: Room, ann: Talk, people: dict[str, Person], repository: Repository
) -> None:
    """WS-EPOCH-1, WS-RESUME-3"""
    first = await ann.join(clientId="a")
    await ann.act(APPEND, id="1")
    await to_thread(repository.renew_epoch, ann.key)
    await ann.looked_after()
    assert ann.socket.closed == 1013
    back = Talk(room, people["ann"], ann.key)
    again = await back.join(clientId="a", lastSeq=1, epoch=first["epoch"])
    assert not again["resumed"] and again["epoch"] != first["epoch"] and again["seq"] == 1


async def test_small_batches_that_hold_much_to_undo_can_be_missed(
    room: Room, ann: Talk, bob: Talk, people: dict[str, Person]
) -> None:
    """WS-RESUME-1: memory does not hold them all then, the history does."""
    await ann.join(clientId="a")
    for n in range(12):
        await ann.act({"o": 1, "p": ["data", f"text {n}"], "v": "x" * 1_000_000})
    first = await bob.join(clientId="b")
    bob.socket.hang_up()
    for n in range(12):
        await ann.act({"o": 2, "p": ["data", f"text {n}"]})
    (session,) = room.hub.sessions
    assert session.recent.after > first["seq"]
    back = Talk(room, people["bob"], ann.key)
    again = await back.join(clientId="b", lastSeq=first["seq"], epoch=first["epoch"])
    assert again["resumed"] and [each["seq"] for each in back.after] == [*range(13, 25)]
