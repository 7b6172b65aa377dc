"""What clients show each other."""

from __future__ import annotations

import pytest

from sync import presence
from tests.faulty import FaultyStore
from tests.integration.sync.talk import Talk, kinds

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def test_presence_is_shown_to_the_others_and_gone_with_the_connection(
    ann: Talk, bob: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-PRESENCE-1, WS-PRESENCE-3, WS-PRESENCE-5"""
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


async def test_who_comes_is_told_to_nobody_until_they_show_something(
    ann: Talk, bob: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-PRESENCE-4"""
    monkeypatch.setattr(presence, "INTERVAL", 0)
    await ann.join(clientId="a")
    await bob.join(clientId="b")
    assert await ann.hear() == []
    await bob.say("presence", workflowKey=bob.key, state=1)
    assert [(each["clientId"], each["state"]) for each in await ann.hear()] == [("b", 1)]


async def test_what_is_shown_before_connected_was_told_is_shown_from_then_on(
    ann: Talk, bob: Talk, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-PRESENCE-5"""
    monkeypatch.setattr(presence, "INTERVAL", 0)
    await bob.join()
    store.gate.clear()
    ann.socket.send("connect", workflowKey=ann.key, token=ann.person.token, clientId="a")
    ann.socket.send("presence", workflowKey=ann.key, state="early")
    assert await ann.hear() == await bob.hear() == []
    store.gate.set()
    assert kinds(await ann.hear()) == [("connected", 0)]
    assert [(each["clientId"], each["state"]) for each in await bob.hear()] == [("a", "early")]
