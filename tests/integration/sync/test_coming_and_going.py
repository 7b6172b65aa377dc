"""Sockets that come, come back and go; what the server sees happen elsewhere."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Sequence
from typing import Any

import pytest

from accounts import tokens
from accounts.models import LoginSession, Membership
from store.base import Operation, Unavailable
from sync import consumers, presence
from tests.faulty import FaultyStore
from tests.integration.sync.editor import Editor
from tests.sockets import MemorySocket, Person, Room
from workflows.errors import GivenUp
from workflows.pruning import Policy, prune
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "documents"])

APPEND = {"o": 3, "p": ["data", "log"], "v": "x"}


class Talk:
    """A socket of one person: says something, and has all that is said back."""

    def __init__(self, room: Room, person: Person, key: str, **headers: str) -> None:
        self.room, self.person, self.key = room, person, key
        self.socket: MemorySocket = room.open(**headers)

    async def say(self, type: str, **fields: object) -> list[dict[str, Any]]:
        """Send one message; returns what came until nothing more came."""
        self.socket.send(type, **fields)
        return await self.hear()

    async def hear(self) -> list[dict[str, Any]]:
        """What has come, and what still comes without another message."""
        self.socket.flush()
        await self.room.settled()
        return self.socket.take()

    async def join(self, **fields: object) -> dict[str, Any]:
        """Connect; returns `connected`."""
        first, *self.after = await self.connect(**fields)
        assert first["type"] == "connected", first
        return first

    async def connect(self, **fields: object) -> list[dict[str, Any]]:
        """Connect; returns what came."""
        asked = {"workflowKey": self.key, "token": self.person.token, **fields}
        return await self.say("connect", **asked)

    async def act(self, *batch: object, **fields: object) -> list[dict[str, Any]]:
        """Send a batch; returns what came."""
        return await self.say(
            "instructions", workflowKey=self.key, instructions=list(batch), **fields
        )

    def code(self) -> int | None:
        """The code with which the server has closed the socket."""
        return self.socket.closed

    async def looked_after(self) -> None:
        """Have the server do what it does every second."""
        await self.room.registry._look_at_heads()
        await self.room.registry._look_at_accounts()
        await self.room.settled()


def kinds(messages: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    """The types, with the seq or the code where there is one."""
    return [
        (each["type"], each.get("seq", each.get("code")))
        if "seq" in each or "code" in each
        else (each["type"],)
        for each in messages
    ]


@pytest.fixture
async def ann(room: Room, people: dict[str, Person], flow: str) -> Talk:
    return Talk(room, people["ann"], flow)


@pytest.fixture
async def bob(room: Room, people: dict[str, Person], flow: str) -> Talk:
    return Talk(room, people["bob"], flow)


async def test_two_who_come_at_once_share_one_load(
    room: Room, ann: Talk, bob: Talk, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = 0
    load = room.hub.repository.load

    def counted(*arguments: Any) -> Any:
        nonlocal loads
        loads += 1
        return load(*arguments)

    monkeypatch.setattr(room.hub.repository, "load", counted)
    for talk in (ann, bob):
        talk.socket.send("connect", workflowKey=ann.key, token=talk.person.token)
        talk.socket.flush()
    await room.settled()
    assert kinds(ann.socket.take()) == kinds(bob.socket.take()) == [("connected", 0)]
    assert loads == 1 and len(room.hub.sessions) == 1


async def test_the_same_client_again_closes_the_older_socket_and_only_that(
    room: Room, ann: Talk, bob: Talk, people: dict[str, Person]
) -> None:
    newer = Talk(room, people["ann"], ann.key)
    await ann.join(clientId="shared")
    await bob.join(clientId="shared")
    await newer.join(clientId="shared")
    await room.settled()
    assert (ann.socket.closed, bob.socket.closed, newer.socket.closed) == (4409, None, None)
    assert kinds(await newer.act(APPEND, id="1")) == [("ack", 1)]
    ann.socket.hang_up()
    await room.settled()
    assert kinds(bob.socket.take()) == [("update", 1)], "nobody is gone"


async def test_two_connects_right_after_each_other_answer_the_newest_and_leave_one_client(
    room: Room, ann: Talk, bob: Talk, store: FaultyStore
) -> None:
    """WS-CONNECT-6"""
    await bob.join(clientId="b")
    store.gate.clear()
    for name in ("one", "two"):
        ann.socket.send("connect", workflowKey=ann.key, token=ann.person.token, clientId=name)
    ann.socket.flush()
    await room.settled()
    assert ann.socket.take() == []
    store.gate.set()
    connected = [each for each in await ann.hear() if each["type"] == "connected"]
    assert [each["clientId"] for each in connected] == ["two"]
    assert [each["clientId"] for each in connected[0]["participants"]] == ["b"]
    fresh = await bob.join(clientId="b")
    assert [each["clientId"] for each in fresh["participants"]] == ["two"]
    ann.socket.take()
    assert kinds(await ann.act(APPEND, id="1")) == [("ack", 1)]
    assert kinds(await bob.hear()) == [("update", 1)]


async def test_connecting_again_on_the_same_socket_leaves_no_one_behind(
    room: Room, ann: Talk, bob: Talk
) -> None:
    """WS-CONNECT-6: with the same `clientId`, and with another."""
    for name in ("a", "a", "other"):
        await ann.join(clientId=name)
    there = (await bob.join(clientId="b"))["participants"]
    assert [each["clientId"] for each in there] == ["other"]
    (session,) = room.hub.sessions
    assert session.users == 2 and len(session.fanout.followers) == 2
    ann.socket.hang_up()
    bob.socket.hang_up()
    await room.settled()
    assert room.hub.sessions == ()


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


@pytest.mark.parametrize("grouped", [False, True], ids=["single", "batch mode"])
@pytest.mark.parametrize("open_", [True, False], ids=["from memory", "from the store"])
async def test_who_comes_back_gets_what_it_missed(
    room: Room, ann: Talk, bob: Talk, people: dict[str, Person], grouped: bool, open_: bool
) -> None:
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
    first = await ann.join(clientId="a")
    for n in range(3):
        await ann.act({"o": 1, "p": ["data", "text"], "v": str(n) * 400_000})
    for last, resumed in ((0, False), (1, True)):
        talk = Talk(room, people["bob"], ann.key)
        assert (await talk.join(lastSeq=last, epoch=first["epoch"]))["resumed"] is resumed


async def test_who_missed_what_was_pruned_gets_the_whole_workflow(
    room: Room, ann: Talk, people: dict[str, Person], repository: Repository
) -> None:
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
    first = await ann.join(clientId="a")
    await ann.act(APPEND, id="1")
    await to_thread(repository.renew_epoch, ann.key)
    await ann.looked_after()
    assert ann.socket.closed == 1013
    back = Talk(room, people["ann"], ann.key)
    again = await back.join(clientId="a", lastSeq=1, epoch=first["epoch"])
    assert not again["resumed"] and again["epoch"] != first["epoch"] and again["seq"] == 1


async def test_a_head_that_another_process_moved_on_or_took_away_is_seen_within_a_second(
    room: Room, ann: Talk, bob: Talk, store: FaultyStore, repository: Repository
) -> None:
    """WS-FENCE-1"""
    other = Room(store)
    try:
        there = Talk(other, bob.person, bob.key)
        await ann.join()
        await ann.looked_after()
        assert ann.code() is None
        await there.join()
        assert kinds(await there.act(APPEND, id="1")) == [("ack", 1)]
        await ann.looked_after()
        assert kinds(ann.socket.take()) == [("closing",)] and ann.code() == 1013
        await there.looked_after()
        assert there.socket.closed is None
        await to_thread(repository.delete, ann.key)
        await there.looked_after()
        assert kinds(there.socket.take()) == [("deleted",)] and there.socket.closed is None
        assert other.hub.sessions == ()
    finally:
        await other.close()


async def test_a_member_that_becomes_a_viewer_or_a_stranger_is_held_to_it(
    ann: Talk, bob: Talk
) -> None:
    await ann.join()
    await bob.join()
    membership = Membership.objects.filter(user_id=ann.person.user_id)
    await to_thread(lambda: membership.update(role="viewer"))
    await ann.looked_after()
    assert kinds(await ann.act(APPEND, id="1")) == [("error", "forbidden")]
    assert kinds(await bob.act(APPEND, id="1")) == [("ack", 1)]
    assert kinds(await ann.hear()) == [("update", 1)]
    await to_thread(membership.delete)
    await ann.looked_after()
    assert kinds(await ann.hear()) == [("error", "workflow_not_found")]
    await bob.act(APPEND, id="2")
    assert await ann.hear() == [] and ann.socket.closed is None


async def test_a_revoked_login_session_closes_its_sockets_and_no_others(
    ann: Talk, bob: Talk
) -> None:
    """AUTH-SOCKET-1"""
    await ann.join()
    await bob.join()

    def revoke() -> None:
        for each in LoginSession.objects.filter(user_id=ann.person.user_id):
            tokens.revoke(each.pk)

    await to_thread(revoke)
    await ann.looked_after()
    assert (ann.socket.closed, bob.socket.closed) == (4401, None)


async def test_a_viewer_sees_and_a_stranger_does_not(
    room: Room, ann: Talk, people: dict[str, Person]
) -> None:
    """WS-ROLE-1, WS-CONNECT-8"""
    vera, sam = (Talk(room, people[name], ann.key) for name in ("vera", "sam"))
    await ann.join()
    assert (await vera.join())["role"] == "viewer"
    assert kinds(await sam.connect()) == [("error", "workflow_not_found")]
    await ann.act(APPEND, id="1")
    assert kinds(await vera.hear()) == [("update", 1)]
    for type in ("undo", "redo"):
        answer = await vera.say(type, workflowKey=ann.key, id="v")
        assert kinds(answer) == [("error", "forbidden")]
    assert kinds(await vera.act(APPEND, id="v")) == [("error", "forbidden")]


async def test_a_client_that_does_not_read_is_cut_off_while_others_go_on(
    store: FaultyStore, people: dict[str, Person], flow: str
) -> None:
    """WS-SLOW-1"""
    room = Room(store, max_outbox=64 * 1024)
    try:
        ann, bob, slow = (Talk(room, people[name], flow) for name in ("ann", "bob", "vera"))
        for talk in (ann, bob, slow):
            await talk.join()
        slow.socket.reading.clear()
        big = {"o": 1, "p": ["data", "text"], "v": "x" * 20_000}
        for n in range(6):
            assert kinds(await ann.act(big, id=str(n))) == [("ack", n + 1)]
        slow.socket.reading.set()
        await room.settled()
        assert slow.socket.closed == 4413 and len(slow.socket.take()) <= 1
        assert [each["seq"] for each in await bob.hear()] == [1, 2, 3, 4, 5, 6]
        (session,) = room.hub.sessions
        assert session.applied == 6
    finally:
        await room.close()


async def test_one_big_frame_cuts_off_nobody_who_reads_slowly(
    store: FaultyStore, people: dict[str, Person], flow: str
) -> None:
    """WS-SLOW-1"""
    room = Room(store, max_outbox=64 * 1024)
    try:
        ann, slow = Talk(room, people["ann"], flow), Talk(room, people["vera"], flow)
        await ann.join()
        await slow.join()
        slow.socket.reading.clear()
        await ann.act({"o": 1, "p": ["data", "text"], "v": "x" * 900_000}, id="1")
        await ann.act(APPEND, id="2")
        slow.socket.reading.set()
        assert [each["seq"] for each in await slow.hear()] == [1, 2]
        assert slow.socket.closed is None
    finally:
        await room.close()


async def test_presence_is_shown_to_the_others_and_gone_with_the_connection(
    ann: Talk, bob: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "INTERVAL", 0)
    await ann.join(clientId="a")
    await bob.join(clientId="b")
    assert await ann.say("presence", workflowKey=ann.key, state={"x": 1}) == []
    (seen,) = await bob.hear()
    assert seen == {
        "type": "presence", "workflowKey": ann.key, "clientId": "a", "username": "ann",
        "userId": ann.person.user_id, "state": {"x": 1},
    }  # fmt: skip
    late = await bob.join(clientId="b")
    ann.socket.take()
    assert [each["state"] for each in late["participants"]] == [{"x": 1}]
    big = {"x": "y" * presence.MAX_STATE}
    refused = await ann.say("presence", workflowKey=ann.key, state=big)
    assert kinds(refused) == [("error", "too_large")]
    ann.socket.hang_up()
    (gone,) = await bob.hear()
    assert (gone["clientId"], gone["state"]) == ("a", None)


async def test_a_page_of_another_origin_is_closed_before_it_is_listened_to(
    room: Room, people: dict[str, Person], flow: str
) -> None:
    talk = Talk(room, people["ann"], flow, host="here.example", origin="https://evil.example")
    assert await talk.connect() == [] and talk.socket.closed == 4403
    own = Talk(room, people["ann"], flow, host="here.example", origin="http://here.example")
    assert (await own.join())["seq"] == 0


async def test_who_does_not_connect_in_time_is_closed(
    room: Room, people: dict[str, Person], flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CONNECT_SECONDS", 0)
    silent = Talk(room, people["ann"], flow)
    await room.settled()
    assert silent.socket.closed == 4408


async def test_ten_bad_messages_in_a_row_close_the_socket(ann: Talk) -> None:
    await ann.join()
    for _ in range(2):
        for _ in range(9):
            assert kinds(await ann.say("no such thing")) == [("error", "invalid_message")]
        assert kinds(await ann.say("ping")) == [("pong",)]
    for _ in range(10):
        await ann.say("no such thing")
    assert ann.socket.closed == 4400


async def test_too_much_at_once_is_refused_and_can_be_sent_again(
    store: FaultyStore, people: dict[str, Person], flow: str
) -> None:
    room = Room(store, rate=150)
    try:
        ann = Talk(room, people["ann"], flow)
        await ann.join()
        assert kinds(await ann.act(*[APPEND] * 200, id="1")) == [("ack", 1)]
        assert kinds(await ann.act(*[APPEND] * 250, id="2")) == [("error", "rate_limited")]
        assert kinds(await ann.act(APPEND, id="3")) == [("ack", 2)]
        assert ann.socket.closed is None
    finally:
        await room.close()


async def test_a_socket_stays_one_users_and_takes_fresh_tokens_of_that_one(
    ann: Talk, bob: Talk
) -> None:
    """WS-CONNECT-5"""
    await ann.join()
    for type in ("connect", "auth"):
        refused = await ann.say(type, workflowKey=ann.key, token=bob.person.token)
        assert kinds(refused) == [("error", "forbidden")]
    assert await ann.say("auth", token=ann.person.token) == []
    assert kinds(await ann.say("auth", token="nonsense")) == [("error", "unauthorized")]
    assert kinds(await ann.act(APPEND, id="1")) == [("ack", 1)]


async def test_an_undo_without_an_id_comes_to_its_sender_as_an_update(ann: Talk) -> None:
    """WS-ORDER-1"""
    await ann.join()
    await ann.act(APPEND, id="1")
    assert kinds(await ann.say("undo", workflowKey=ann.key)) == [("update", 2)]


async def test_an_undo_sent_again_is_the_same_undo(
    room: Room, ann: Talk, people: dict[str, Person]
) -> None:
    """WS-ONCE-1: also when its answer was lost with the session."""
    await ann.join(clientId="a")
    await ann.act(APPEND, id="1")
    await ann.act(APPEND, id="2")
    first = await ann.say("undo", workflowKey=ann.key, id="u")
    assert kinds(first) == [("ack", 3)] and first[0]["instructions"]
    assert await ann.say("undo", workflowKey=ann.key, id="u") == first
    room.hub.lost(room.hub.sessions[0], Unavailable("gone"))
    back = Talk(room, people["ann"], ann.key)
    await back.join(clientId="a")
    assert await back.say("undo", workflowKey=ann.key, id="u") == first


FAULTS = ["before", "after"]


@pytest.mark.parametrize("when", FAULTS)
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
