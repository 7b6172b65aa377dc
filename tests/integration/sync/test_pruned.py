"""A live session whose history is pruned under it: nobody in it notices."""

from __future__ import annotations

from asyncio import to_thread

import pytest
from django.db import connections

from store.base import DeleteAll
from store.collections import RECEIPTS
from sync.hub import Hub
from sync.session import Session
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import Recorder, append, until
from workflows.live import Change
from workflows.pruning import Policy, Pruned, prune
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def pruned(repository: Repository, key: str, keep: int) -> Pruned:
    """Prune in a thread, as another process would."""

    def run() -> Pruned:
        try:
            return prune(repository, key, Policy(keep))
        finally:
            connections.close_all()

    return await to_thread(run)


async def joined(session: Session) -> Recorder:
    recorder = Recorder(session)
    session.join(recorder)
    await until(lambda: bool(recorder.told))
    return recorder


def acks(client: Recorder) -> list[tuple[object, ...]]:
    """The acknowledgements it got: id and seq."""
    return [each[1:] for each in client.told if each[0] == "ack"]


async def saved(hub: Hub, session: Session) -> None:
    """Have the session saved."""
    await until(lambda: hub.save(session) is not None)


async def test_a_batch_sent_again_is_answered_after_its_history_is_gone(
    hub: Hub, flow: str, repository: Repository
) -> None:
    """WS-ONCE-5: By the session that took it, and by one opened later."""
    async with hub.using(flow) as session:
        client = await joined(session)
        for n in range(1, 6):
            await client.send(append(n), id=str(n))
        await saved(hub, session)
        assert await pruned(repository, flow, keep=0) == Pruned(5, 0, 0)
        await client.send(append("again"), id="2")
        await client.send(append("new"), id="6")
        await until(lambda: len(acks(client)) == 7)
        assert acks(client)[5:] == [("2", 2), ("6", 6)]
    await until(lambda: flow not in hub._sessions)
    async with hub.using(flow) as session:
        client = await joined(session)
        assert client.document["data"]["log"] == [1, 2, 3, 4, 5, "new"]
        await client.send(append("again"), id="1")
        await client.send(append("again"), id="6")
        await until(lambda: len(acks(client)) == 2)
        assert acks(client) == [("1", 1), ("6", 6)]


async def test_a_batch_that_nobody_knows_any_more_is_a_new_one(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    """WS-ONCE-5: Its id is known to the session, but what it was is no longer kept."""
    client = await joined(session)
    await client.send(append("x"), id="1")
    await saved(hub, session)
    await pruned(repository, session.key, keep=0)
    await to_thread(store.write, [DeleteAll(RECEIPTS, session.key)])
    await client.send(append("y"), id="1")
    await client.send(append("y"), id="1")
    await until(lambda: len(acks(client)) == 3)
    assert acks(client) == [("1", 1), ("1", 2), ("1", 2)]


async def test_who_missed_what_is_pruned_cannot_resume(
    hub: Hub, flow: str, repository: Repository
) -> None:
    for n in range(6):
        await hub.change(flow, Change("u", lambda _, n=n: append(n)))  # type: ignore[misc]
    await until(lambda: flow not in hub._sessions)
    await pruned(repository, flow, keep=2)
    async with hub.using(flow) as session:
        assert await hub.older(session, 3) is None
        rows = await hub.older(session, 4)
        assert rows is not None
        assert [row.seq for row in rows] == [5, 6]


async def test_batches_and_saves_go_on_while_history_is_removed(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    client, total, removed = await joined(session), 0, 0
    for keep in (40, 20, 10, 5, 0):
        for n in range(25):
            await client.send(append(total + n), id=str(total + n))
        total += 25
        hub.save(session)
        removed += (await pruned(repository, session.key, keep)).removed
    await until(lambda: len(acks(client)) == total)
    assert acks(client) == [(str(n), n + 1) for n in range(total)]
    await saved(hub, session)
    assert removed + (await pruned(repository, session.key, 3)).removed >= total - 3
    loaded = await to_thread(repository.load, session.key)
    assert loaded.workflow.encode() == session.workflow.encode()
    assert await to_thread(repository.ids, session.key, "u", "c", 1000) == {
        str(n): n + 1 for n in range(total)
    }
