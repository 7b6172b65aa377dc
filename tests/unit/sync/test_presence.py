"""Who is there, and what they are at."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from msgspec import Raw

from sync import presence as module
from sync.messages import Participant
from sync.presence import Presence


class Member:
    """Writes down what it sees of others."""

    def __init__(self, user: str, client: str) -> None:
        self.participant = Participant(client, user, user.title())
        self.seen: list[tuple[str, Any]] = []

    def replaced(self, by: object) -> None:
        raise AssertionError("nobody is replaced here")

    def see(self, who: tuple[str, str], frame: str) -> None:
        message = json.loads(frame)
        assert (message["userId"], message["clientId"]) == who and message["workflowKey"] == "w"
        self.seen.append((message["clientId"], message["state"]))


def states(made: Presence, member: Member) -> dict[str, Any]:
    return {each.clientId: json.loads(bytes(each.state)) for each in made.others(member)}


@pytest.fixture
def presence(monkeypatch: pytest.MonkeyPatch) -> Presence:
    monkeypatch.setattr(module, "INTERVAL", 0)
    return Presence("w")


async def test_the_others_see_the_last_state_once_a_round(presence: Presence) -> None:
    """WS-PRESENCE-2"""
    ann, bob = Member("ann", "a"), Member("bob", "b")
    presence.add(ann)
    presence.add(bob)
    for x in range(100):
        presence.show(ann, Raw(json.dumps({"x": x}).encode()))
    assert bob.seen == [], "not before the round"
    await asyncio.sleep(0.001)
    assert bob.seen == [("a", {"x": 99})] and ann.seen == []
    presence.show(ann, Raw(b"null"))
    await asyncio.sleep(0.001)
    assert bob.seen[1:] == [("a", None)]


async def test_who_comes_finds_who_is_there_with_their_states(presence: Presence) -> None:
    """WS-CONNECT-3"""
    ann, bob = Member("ann", "a"), Member("bob", "b")
    presence.add(ann)
    presence.show(ann, Raw(b'{"at":1}'))
    presence.add(bob)
    assert states(presence, bob) == {"a": {"at": 1}} and states(presence, ann) == {"b": None}


async def test_who_leaves_is_gone_at_once_for_the_others(presence: Presence) -> None:
    """WS-PRESENCE-3"""
    ann, bob = Member("ann", "a"), Member("bob", "b")
    presence.add(ann)
    presence.add(bob)
    presence.show(ann, Raw(b"1"))
    presence.remove(ann)
    assert bob.seen == [("a", None)]
    await asyncio.sleep(0.001)
    assert bob.seen == [("a", None)], "nothing of it comes later"
    presence.remove(ann)
    assert bob.seen == [("a", None)] and states(presence, bob) == {}


async def test_the_same_client_by_a_newer_socket_is_not_gone(presence: Presence) -> None:
    """WS-PRESENCE-3"""
    old, new, bob = Member("ann", "a"), Member("ann", "a"), Member("bob", "b")
    for each in (old, new, bob):
        presence.add(each)
    assert presence.same_as(new) == [old]
    presence.remove(old)
    assert bob.seen == [] and presence.same_as(new) == []


async def test_the_same_client_id_of_another_user_is_somebody_else(presence: Presence) -> None:
    ann, bob = Member("ann", "x"), Member("bob", "x")
    presence.add(ann)
    presence.add(bob)
    assert presence.same_as(ann) == []
    presence.remove(ann)
    assert bob.seen == [("x", None)]


async def test_who_is_not_there_cannot_be_seen(presence: Presence) -> None:
    ann, bob = Member("ann", "a"), Member("bob", "b")
    presence.add(bob)
    presence.show(ann, Raw(b"1"))
    await asyncio.sleep(0.001)
    assert bob.seen == []
