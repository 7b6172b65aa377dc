"""What other processes do, as the sockets of this one see it within a second."""

from __future__ import annotations

import asyncio
import json
from asyncio import to_thread
from collections.abc import Collection

import pytest
from django.conf import settings
from django.db import connections

from accounts import tokens
from accounts.models import LoginSession, Membership
from store.arango_server import Place
from store.collections import WORKFLOWS
from sync.ownership import Alone
from tests import engine
from tests.faulty import FaultyStore
from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.sockets import Person, Room
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def revoke(person: Person) -> None:
    """End the login sessions of a user, as the admin site does."""
    for each in LoginSession.objects.filter(user_id=person.user_id):
        tokens.revoke(each.pk)


def damage_head(key: str, body: str = "{") -> None:
    """Put something else where this workflow's head is."""
    if settings.ARANGO:
        fields = json.loads(body) if body != "{" else {}
        return engine.damage(Place(**settings.ARANGO), WORKFLOWS.name, key, fields)
    with connections[settings.DOCUMENTS_DATABASE].cursor() as cursor:
        damaged = "UPDATE store_document SET body = %s WHERE collection = %s AND key = %s"
        cursor.execute(damaged, [body, WORKFLOWS.name, key])


def another_flow(repository: Repository, like: str) -> str:
    """A workflow that begins as this one is."""
    return repository.create(repository.load(like).workflow, "default")


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


class Taken(Alone):
    """Another process holds everything by now."""

    async def strayed(self, keys: Collection[str]) -> set[str]:
        return set(keys)


async def test_a_session_whose_workflow_another_process_has_taken_is_given_up(
    room: Room, ann: Talk
) -> None:
    """WS-OWNER-5: also where nobody has changed anything since."""
    await ann.join()
    await ann.looked_after()
    assert ann.code() is None
    room.hub.ownership = Taken()
    await ann.looked_after()
    assert kinds(ann.socket.take()) == [("closing",)] and ann.code() == 1013
    assert room.hub.sessions == ()


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour pass between two looks that nobody has asked for."""
    monkeypatch.setattr("sync.sockets.POLL", 3600)


async def test_what_a_hint_is_about_is_looked_at_at_once(
    seldom: None, room: Room, ann: Talk
) -> None:
    """WS-HINT-1"""
    await ann.join()
    await to_thread(revoke, ann.person)
    room.registry.look_soon()
    await asyncio.wait_for(asyncio.shield(ann.socket.task), 30)
    assert ann.code() == 4401


async def test_a_member_that_becomes_a_viewer_or_a_stranger_is_held_to_it(
    ann: Talk, bob: Talk
) -> None:
    """WS-ROLE-2"""
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
    await to_thread(revoke, ann.person)
    await ann.looked_after()
    assert (ann.socket.closed, bob.socket.closed) == (4401, None)


async def test_a_head_that_cannot_be_read_hides_nothing_that_happened_to_accounts(
    room: Room, ann: Talk, bob: Talk, people: dict[str, Person], flow: str
) -> None:
    """AUTH-SOCKET-1, WS-ROLE-2"""
    vera = Talk(room, people["vera"], flow)
    for talk in (ann, bob, vera):
        await talk.join()
    await to_thread(damage_head, flow)
    await to_thread(revoke, ann.person)
    await to_thread(Membership.objects.filter(user_id=vera.person.user_id).delete)
    await bob.looked_after()
    assert ann.code() == 4401 and vera.code() is None
    assert kinds(await vera.hear()) == [("error", "workflow_not_found")]


@pytest.mark.parametrize("body", ["{", "{}", '{"seq": "0", "epoch": null}'])
async def test_a_head_that_cannot_be_read_is_told_by_name_and_hides_no_other(
    room: Room, ann: Talk, bob: Talk, repository: Repository, flow: str, body: str
) -> None:
    """WS-DAMAGE-1, WS-DELETED-1"""
    bob.key = await to_thread(another_flow, repository, flow)
    await ann.join()
    await bob.join()
    await to_thread(damage_head, ann.key, body)
    await to_thread(repository.delete, bob.key)
    await bob.looked_after()
    assert kinds(await bob.hear()) == [("deleted",)]
    assert ann.code() == 1013 and room.hub.sessions == ()
    back = Talk(room, ann.person, ann.key)
    (told,) = await back.connect()
    assert (told["code"], told["workflowKey"]) == ("internal_error", ann.key)
    assert back.code() is None


async def test_accounts_that_cannot_be_looked_up_hide_nothing_that_happened_to_workflows(
    room: Room, ann: Talk, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-DELETED-1"""

    async def away(*_: object) -> None:
        raise ZeroDivisionError

    await ann.join()
    monkeypatch.setattr(room.admission, "standing", away)
    await to_thread(repository.delete, ann.key)
    await ann.looked_after()
    assert kinds(await ann.hear()) == [("deleted",)] and ann.code() is None
