"""Sockets that come into a workflow, at once and again."""

from __future__ import annotations

import asyncio
import threading
from asyncio import to_thread
from typing import Any

import pytest

from sync import consumers
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import until
from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.sockets import Person, Room
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


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
    """WS-SAME-1"""
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


async def test_what_arrives_by_the_older_socket_meanwhile_is_an_update_to_the_newer_one(
    room: Room, ann: Talk, people: dict[str, Person], store: FaultyStore
) -> None:
    """WS-SAME-1"""
    newer = Talk(room, people["ann"], ann.key)
    await ann.join(clientId="shared")
    store.gate.clear()
    assert await newer.connect(clientId="shared") == []
    assert await ann.act(APPEND, id="1") == []
    store.gate.set()
    told = await newer.hear()
    assert kinds(told) == [("connected", 0), ("update", 1)]
    assert (told[1]["sourceClientId"], "id" in told[1]) == ("shared", False)
    assert kinds(await newer.act(APPEND, id="1")) == [("ack", 1)]
    assert ann.code() == 4409


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


async def test_connected_says_who_one_is_where_and_what_there_is(
    ann: Talk, bob: Talk, people: dict[str, Person]
) -> None:
    """WS-CONNECT-1, WS-CONNECT-2"""
    first, second = await ann.join(clientId="a"), await bob.join()
    assert first.pop("limits") and first.pop("epoch") == second["epoch"]
    assert first == {
        "type": "connected",
        "workflowKey": ann.key,
        "clientId": "a",
        "userId": people["ann"].user_id,
        "role": "editor",
        "seq": 0,
        "resumed": False,
        "participants": [],
        "workflow": {
            "name": "Flow",
            "category": None,
            "description": None,
            "data": {"log": []},
            "nodes": {"a": {"posX": 1}, "b": {"posX": 2}},
            "edges": {"e": {"source": "a", "target": "b"}},
        },
    }
    assert 1 <= len(second["clientId"]) <= 64 and second["clientId"] != "a"
    assert kinds(await ann.say("ping")) == [("pong",)]


async def test_one_socket_follows_several_workflows_and_tells_them_apart(
    ann: Talk, bob: Talk, repository: Repository
) -> None:
    """WS-CONNECT-5, WS-PING-1"""
    other = await to_thread(lambda: repository.create(repository.load(ann.key).workflow, "default"))
    await bob.join()
    await ann.join()
    await ann.join(workflowKey=other)
    assert kinds(await bob.act(APPEND, id="1")) == [("ack", 1)]
    (told,) = await ann.hear()
    assert (told["type"], told["workflowKey"]) == ("update", bob.key)
    assert await ann.say("leave", workflowKey=ann.key) == []
    assert kinds(await ann.act(APPEND, id="2")) == [("error", "not_connected")]
    batch = {"workflowKey": other, "instructions": [APPEND], "id": "3"}
    assert kinds(await ann.say("instructions", **batch)) == [("ack", 1)]
    assert kinds(await ann.say("ping")) == [("pong",)]


@pytest.mark.parametrize(
    "call", ["load", "rows"], ids=["while it is opened", "while what it missed is read"]
)
async def test_who_is_closed_while_being_let_in_leaves_no_session_behind(
    room: Room, bob: Talk, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    first = await bob.join()
    await bob.act(APPEND)
    bob.socket.hang_up()
    await room.settled()
    reached, opened = threading.Event(), threading.Event()
    read = getattr(room.hub.repository, call)

    def held(*arguments: object) -> object:
        reached.set()
        assert opened.wait(10)
        return read(*arguments)

    monkeypatch.setattr(room.hub.repository, call, held)
    known = {"lastSeq": 0, "epoch": first["epoch"]}
    monkeypatch.setattr(consumers, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(consumers, "LINGER", 0.0)
    ann = Talk(room, people["ann"], bob.key)
    ann.socket.send("connect", workflowKey=ann.key, token=ann.person.token, **known)
    ann.socket.flush()
    await until(lambda: reached.is_set() and ann.socket.task.done())
    assert ann.code() == 4408
    opened.set()
    await until(lambda: room.hub.sessions == ())
    await room.settled()
    assert room.hub.sessions == ()


async def test_crowds_that_come_and_go_leave_no_task_and_no_session_behind(
    room: Room, people: dict[str, Person], flow: str
) -> None:
    """Some hang up while they are let in, others right after it."""
    await Talk(room, people["vera"], flow).say("ping")
    base = len(asyncio.all_tasks())
    for number in range(4):
        crowd = [Talk(room, people["ann" if n % 2 else "bob"], flow) for n in range(200)]
        for each in crowd:
            each.socket.send("connect", workflowKey=flow, token=each.person.token)
            each.socket.flush()
        if number % 2:
            await room.settled()
            assert {kinds(each.socket.take())[0] for each in crowd} == {("connected", 0)}
            (session,) = room.hub.sessions
            assert session.users == 200
        else:
            await until(lambda: any(each.socket.incoming for each in crowd))  # noqa: B023 - at once
        for each in crowd:
            each.socket.hang_up()
        await asyncio.gather(*(each.socket.task for each in crowd))
        await room.settled()
        assert room.hub.sessions == () and len(asyncio.all_tasks()) <= base
