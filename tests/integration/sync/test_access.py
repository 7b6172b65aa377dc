"""Who may do what on a socket, and by which token."""

from __future__ import annotations

import time
from asyncio import to_thread

import pytest

from accounts import tokens
from sync import identity
from tests.integration.accounts.wire import resigned
from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.sockets import Person, Room

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


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


async def test_a_socket_stays_one_users_and_takes_fresh_tokens_of_that_one(
    ann: Talk, bob: Talk
) -> None:
    """WS-CONNECT-5, WS-TOKEN-2"""
    await ann.join()
    for type in ("connect", "auth"):
        refused = await ann.say(type, workflowKey=ann.key, token=bob.person.token)
        assert kinds(refused) == [("error", "forbidden")]
    assert await ann.say("auth", token=ann.person.token) == []
    assert kinds(await ann.say("auth", token="nonsense")) == [("error", "unauthorized")]
    assert kinds(await ann.act(APPEND, id="1")) == [("ack", 1)]


async def test_a_page_of_another_origin_is_closed_before_it_is_listened_to(
    room: Room, people: dict[str, Person], flow: str
) -> None:
    """WS-ORIGIN-1, WS-ORIGIN-2"""
    talk = Talk(room, people["ann"], flow, host="here.example", origin="https://evil.example")
    assert await talk.connect() == [] and talk.socket.closed == 4403
    own = Talk(room, people["ann"], flow, host="here.example", origin="http://here.example")
    assert (await own.join())["seq"] == 0


async def test_a_token_that_does_not_count_is_told_why_and_ends_a_socket_that_has_shown_no_other(
    room: Room, ann: Talk, people: dict[str, Person]
) -> None:
    """WS-CONNECT-7, AUTH-SOCKET-1"""
    past = int(time.time()) - 10
    for token, code in (
        ("nonsense", "unauthorized"),
        (resigned(people["ann"].token, exp=past), "token_expired"),
    ):
        stranger = Talk(room, people["ann"], ann.key)
        assert kinds(await stranger.connect(token=token)) == [("error", code)]
        assert stranger.code() == 4401
        await ann.join()
        assert kinds(await ann.connect(token=token)) == [("error", code)]
        assert ann.code() is None


async def test_before_its_token_ends_a_socket_is_told_and_a_fresh_one_lets_it_go_on(
    ann: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-TOKEN-1, WS-TOKEN-2, CLIENT-9"""
    ending = int(time.time()) + 30
    told = await ann.connect(token=resigned(ann.person.token, exp=ending))
    assert {"type": "tokenExpiring", "expiresAt": ending * 1000} in told
    assert ("connected", 0) in kinds(told)
    monkeypatch.setattr(identity, "TOKEN_GRACE", -30_000)
    fresh = await to_thread(tokens.refresh, ann.person.token)
    assert await ann.say("auth", token=fresh.token) == []
    assert kinds(await ann.act(APPEND, id="1")) == [("ack", 1)] and ann.code() is None


async def test_a_socket_whose_token_has_ended_long_enough_ago_is_closed(
    ann: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-TOKEN-3: as if the 60 seconds were over already."""
    monkeypatch.setattr(identity, "TOKEN_GRACE", -30_000)
    ending = int(time.time()) + 30
    await ann.connect(token=resigned(ann.person.token, exp=ending))
    await ann.room.settled()
    assert ann.code() == 4401
