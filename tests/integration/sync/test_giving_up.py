"""Sessions that are given up, and those who come back to them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from store.base import Operation, Unavailable
from sync.patience import Patience
from tests.faulty import FaultyStore
from tests.integration.sync.editor import Editor
from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.sockets import Person, Room
from workflows.errors import GivenUp

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def test_connecting_again_while_the_session_is_given_up_leaves_no_session_behind(
    room: Room, ann: Talk
) -> None:
    """WS-GIVEUP-1"""
    await ann.join(clientId="a")
    (old,) = room.hub.sessions
    old.strike()
    room.hub._forget(old)
    await ann.join(clientId="a")
    (new,) = room.hub.sessions
    assert new is not old and (old.users, new.users) == (0, 1)
    old.end(GivenUp("given up"))
    ann.socket.hang_up()
    await room.settled()
    assert room.hub.sessions == () and new.users == 0


async def test_who_comes_while_its_session_ends_is_sent_away_and_not_left_waiting(
    room: Room, ann: Talk, bob: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-GIVEUP-1"""
    await bob.join()
    older = room.hub.older
    epoch = room.hub.sessions[0].epoch

    async def meanwhile(*arguments: Any) -> Any:
        (session,) = room.hub.sessions
        room.hub.lost(session, Unavailable("gone"))
        return await older(*arguments)

    monkeypatch.setattr(room.hub, "older", meanwhile)
    assert kinds(await ann.connect(lastSeq=0, epoch=epoch)) == [("closing",)]
    assert ann.socket.closed == bob.socket.closed == 1013


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kth", range(1, 7))
async def test_whichever_write_fails_those_who_come_back_are_told_all_and_nothing_twice(
    room: Room, flow: str, people: dict[str, Person], store: FaultyStore, kth: int, when: str
) -> None:
    """WS-GIVEUP-1, WS-ONCE-1: `before` the write takes effect, and `after`, its answer lost."""
    left = kth

    def fail(operations: Sequence[Operation]) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Unavailable("the store is away")

    editors = [Editor(room, flow, people[name], name, name == "bob") for name in ("ann", "bob")]
    setattr(store, when, fail)
    for turn in range(12):
        for editor in editors:
            if editor.socket is None:
                editor.connect()
            if turn < 4:
                editor.act("instructions", instructions=[{**APPEND, "v": f"{editor.name}{turn}"}])
                editor.say("save")
            assert editor.socket is not None
            editor.socket.flush()
        await room.settled()
        for editor in editors:
            editor.hear()
    assert left <= 0 and all(editor.resting for editor in editors)
    logs = [editor.base["data"]["log"] for editor in editors]
    assert logs[0] == logs[1] and sorted(logs[0]) == sorted(
        f"{editor.name}{turn}" for editor in editors for turn in range(4)
    )
    state = await room.hub.read(flow)
    assert json.loads(state.document)["data"]["log"] == logs[0]


async def test_a_message_that_finds_the_accounts_away_ends_its_socket_alone(
    room: Room, ann: Talk, bob: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-GIVEUP-4: also one that meets a fault of ours."""
    await bob.join()
    for error, told in ((Unavailable("away"), 1), (ZeroDivisionError(), 2)):

        async def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(room.admission, "admit", fail)
        lost = Talk(room, ann.person, ann.key)
        messages = await lost.connect()
        assert messages[-1]["type"] == "closing" and messages[-1]["retryAfterMs"] >= 0
        assert len(messages) == told and lost.code() == 1013
    assert kinds(await bob.act(APPEND, id="1")) == [("ack", 1)]


async def test_the_wait_before_coming_back_doubles_with_each_giving_up_within_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """WS-GIVEUP-3"""
    most: list[int] = []

    def nearly(limit: int) -> int:
        most.append(limit)
        return limit - 1

    monkeypatch.setattr(random, "randrange", nearly)
    patience = Patience()
    for _ in range(8):
        patience.given_up("w")
        patience.given_up("other")
        assert 0 <= patience.retry_after("w") < most[-1]
    assert most == [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
    monkeypatch.setattr(Patience, "WINDOW", 0.0)
    patience.given_up("w")
    patience.retry_after("w")
    assert most[-1] == 1000
