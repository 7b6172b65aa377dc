"""What one socket may cost, and how it ends if it asks for more."""

from __future__ import annotations

import pytest

from sync import consumers, guard
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import until
from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.sockets import Person, Room

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


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


async def test_who_does_not_connect_in_time_is_closed(
    room: Room, people: dict[str, Person], flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-EARLY-1"""
    monkeypatch.setattr(consumers, "CONNECT_SECONDS", 0)
    silent = Talk(room, people["ann"], flow)
    await room.settled()
    assert silent.socket.closed == 4408


async def test_ten_bad_messages_in_a_row_close_the_socket(ann: Talk) -> None:
    """WS-BAD-3"""
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
    """WS-RATE-1"""
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


async def test_others_have_their_turns_while_a_flood_is_refused(
    store: FaultyStore, people: dict[str, Person], flow: str
) -> None:
    """WS-RATE-1"""
    room = Room(store, rate=150)
    try:
        flooder, other = Talk(room, people["ann"], flow), Talk(room, people["bob"], flow)
        await flooder.join()
        await other.join()
        for _ in range(10_000):
            flooder.socket.send("ping")
        other.socket.send("ping")
        flooder.socket.flush()
        other.socket.flush()
        await until(lambda: bool(other.socket.incoming))
        assert 0 < len(flooder.socket.incoming) < 5000
        assert ("error", "rate_limited") in kinds(await flooder.hear())
    finally:
        await room.close()


async def test_a_flood_that_does_not_end_is_closed(
    store: FaultyStore, people: dict[str, Person], flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-RATE-2"""
    monkeypatch.setattr(guard, "FLOOD_SECONDS", 0.0)
    room = Room(store, rate=150)
    try:
        ann = Talk(room, people["ann"], flow)
        await ann.join()
        assert kinds(await ann.act(*[APPEND] * 250, id="1")) == [("ack", 1)]
        assert kinds(await ann.act(*[APPEND] * 250, id="2")) == [("error", "rate_limited")]
        assert ann.code() == 4429
    finally:
        await room.close()


@pytest.mark.parametrize(("count", "size"), [(65, 0), (3, 100_000)], ids=["messages", "bytes"])
async def test_who_sends_too_much_before_connect_is_closed(
    ann: Talk, count: int, size: int
) -> None:
    """WS-EARLY-2"""
    for _ in range(count):
        assert ann.code() is None
        await ann.say("ping", x="x" * size)
    assert ann.code() == 4429
