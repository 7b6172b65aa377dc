"""When a session is saved, what a save writes, and what happens when it fails."""

from __future__ import annotations

import asyncio
import threading
import time
from asyncio import to_thread
from collections.abc import AsyncIterator, Sequence

import pytest

from store.base import Delete, DeleteAll, Operation, Patch, Put, Unavailable
from store.collections import HISTORY, SNAPSHOTS
from sync import autosave
from sync.hub import Hub
from sync.session import Session
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import Recorder, append, batch, until
from workflows.errors import GivenUp
from workflows.instructions import DEFAULT_LIMITS
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def is_save(operations: Sequence[Operation]) -> bool:
    return any(isinstance(each, Patch) and each.collection is SNAPSHOTS for each in operations)


class Saves:
    """Counts the saves that reach the store, and fails so many of them."""

    def __init__(self, store: FaultyStore, failing: int = 0) -> None:
        self.tried = 0
        self.failing = failing
        store.before = self._before

    def _before(self, operations: Sequence[Operation]) -> None:
        if is_save(operations):
            self.tried += 1
            if self.failing:
                self.failing -= 1
                raise Unavailable("the disk is full")


async def joined(session: Session, grouped: bool = False) -> Recorder:
    recorder = Recorder(session, grouped)
    session.join(recorder)
    await until(lambda: bool(recorder.told))
    return recorder


async def saved_seq(repository: Repository, session: Session) -> int | None:
    return await to_thread(repository.saved_seq, session.key, session.epoch)


@pytest.fixture
async def quick(store: FaultyStore, flow: str) -> AsyncIterator[Hub]:
    """A hub that saves soon after a change."""
    made = Hub(store, DEFAULT_LIMITS, autosave=0.02)
    yield made
    store.heal()
    await made.close()


async def test_a_change_is_saved_after_the_interval_and_only_what_changed(
    quick: Hub, store: FaultyStore, flow: str, repository: Repository
) -> None:
    """WS-SAVE-1"""
    async with quick.using(flow) as session:
        client = await joined(session)
        for n in range(5):
            await client.send(batch({"o": 1, "p": ["nodes", "a", "posX"], "v": n}), id=str(n))
        await until(lambda: ("saved", 5) in client.told)
        (save,) = [each for each in store.writes if is_save(each)]
        assert [each.key for each in save if isinstance(each, Put)] == [f"{flow}-a"]
        assert await saved_seq(repository, session) == 5
        await client.send(batch({"o": 2, "p": ["edges", "e"]}), id="later")
        await until(lambda: ("saved", 6) in client.told)
        save = [each for each in store.writes if is_save(each)][-1]
        assert [each.key for each in save if isinstance(each, Delete)] == [f"{flow}-e"]
        assert len(save) == 2
        await to_thread(store.write, [DeleteAll(HISTORY, flow)])
        assert (await to_thread(repository.load, flow)).workflow.plain() == session.workflow.plain()


async def test_nothing_is_saved_where_nothing_changed(
    quick: Hub, store: FaultyStore, flow: str
) -> None:
    saves = Saves(store)
    async with quick.using(flow) as session:
        client = await joined(session)
        await client.send(batch({"o": 2, "p": ["data", "no"]}), id="refused")
        quick.save(session)
        await until(lambda: len(client.told) == 2)
        await asyncio.sleep(0.05)
    await until(lambda: not quick.sessions)
    assert saves.tried == 0


async def test_one_save_is_under_way_and_one_waits_however_often_it_is_asked_for(
    hub: Hub, store: FaultyStore, session: Session
) -> None:
    saves = Saves(store)
    client = await joined(session)
    await client.send(append(1), id="1")
    await until(lambda: session.idle)
    store.gate.clear()
    hub.save(session)
    await until(lambda: store.waiting == 1)
    await client.send(append(2), id="2")
    for _ in range(10):
        assert hub.save(session) is None
    store.gate.set()
    await until(lambda: ("saved", 2) in client.told)
    assert [each for each in client.told if each[0] == "saved"] == [("saved", 1), ("saved", 2)]
    assert saves.tried == 2 and hub.save(session) == 2


async def test_a_save_is_of_what_is_committed_and_told_after_it(
    hub: Hub, store: FaultyStore, session: Session
) -> None:
    """WS-SAVE-3"""
    single, grouped = await joined(session), await joined(session, grouped=True)
    store.gate.clear()
    await single.send(append(1), id="1")
    hub.save(session)
    assert single.told[1:] == grouped.told[1:] == []
    store.gate.set()
    await until(lambda: len(single.told) == 3 and len(grouped.told) == 3)
    assert single.told[1:] == [("ack", "1", 1), ("saved", 1)]
    assert grouped.told[1:] == [("updates", [1]), ("saved", 1)]


async def test_a_failing_save_is_seen_and_tried_again_later_and_later_and_costs_nobody_anything(
    hub: Hub, store: FaultyStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-SAVE-4, REST-HEALTH-2"""
    monkeypatch.setattr(autosave, "FIRST_RETRY", 0.01)
    saves = Saves(store, failing=4)
    client = await joined(session)
    saver = hub._savers[session]
    saver._retry = 0.01
    await client.send(append(1), id="1")
    began = asyncio.get_running_loop().time()
    hub.save(session)
    await until(lambda: hub.unsaved == 1)
    await client.send(append(2), id="2")
    await until(lambda: ("ack", "2", 2) in client.told)
    await until(lambda: ("saved", 2) in client.told)
    assert asyncio.get_running_loop().time() - began >= 0.01 + 0.02 + 0.04 + 0.08
    assert saves.tried == 5 and hub.unsaved == 0 and not client.ends


async def test_a_session_whose_save_fails_stays_until_it_is_saved(
    hub: Hub, store: FaultyStore, flow: str, repository: Repository
) -> None:
    saves = Saves(store, failing=1)
    async with hub.using(flow) as session:
        client = await joined(session)
        await client.send(append(1), id="1")
    await until(lambda: saves.tried == 1 and hub.unsaved == 1)
    assert hub.sessions == (session,)
    async with hub.using(flow) as again:
        assert again is session
        hub.save(session)
        await until(lambda: hub.unsaved == 0)
    await until(lambda: not hub.sessions)
    assert await saved_seq(repository, session) == 1


async def test_after_many_batches_it_is_saved_at_once(
    hub: Hub, store: FaultyStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-SAVE-1"""
    monkeypatch.setattr(autosave, "MANY", 50)
    client = await joined(session)
    for n in range(49):
        await client.send(append(n), id=str(n))
    await until(lambda: session.idle)
    assert not any(each[0] == "saved" for each in client.told)
    await client.send(append("last"), id="last")
    await until(lambda: ("saved", 50) in client.told)


async def test_many_batches_do_not_hurry_a_store_that_does_not_take_saves(
    hub: Hub, store: FaultyStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave, "MANY", 10)
    saves = Saves(store, failing=1000)
    client = await joined(session)
    began = time.monotonic()
    for n in range(60):
        await client.send(append(n), id=str(n))
        await until(lambda: session.idle)
    seconds = time.monotonic() - began
    assert hub.unsaved == 1 and 1 <= saves.tried <= 1 + seconds, "the next try is in a second"


@pytest.mark.parametrize("ahead", [1, 3, 9], ids=["below", "equal", "beyond"])
async def test_a_save_on_top_of_another_snapshot(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository, ahead: int
) -> None:
    """Below: it writes all that has changed since its own last. Equal: it was its own. Beyond: the
    session has lost.
    """
    client = await joined(session)
    for n in range(3):
        await client.send(append(n), id=str(n))
    await until(lambda: session.idle)
    written = len(store.writes)
    elsewhere = [Patch(SNAPSHOTS, session.key, {"savedSeq": ahead}, expect={"savedSeq": 0})]
    await to_thread(store.store.write, elsewhere)
    hub.save(session)
    if ahead == 9:
        await until(lambda: bool(client.ends))
        assert isinstance(client.ends[0], GivenUp)
        assert await saved_seq(repository, session) == 9
    else:
        await until(lambda: ("saved", 3) in client.told)
        assert await saved_seq(repository, session) == 3 and not client.ends
    saves = [each for each in store.writes[written:] if is_save(each)]
    assert len(saves) == (1 if ahead == 1 else 0)


async def test_a_save_of_another_line_of_history_gives_the_session_up(
    hub: Hub, session: Session, repository: Repository
) -> None:
    """WS-FENCE-1"""
    client = await joined(session)
    await client.send(append(1), id="1")
    await until(lambda: session.idle)
    await to_thread(repository.renew_epoch, session.key)
    hub.save(session)
    await until(lambda: bool(client.ends))
    assert isinstance(client.ends[0], GivenUp) and session.struck


async def test_a_save_whose_answer_is_lost_is_its_own_the_next_time(
    hub: Hub, store: FaultyStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_answer(operations: Sequence[Operation]) -> None:
        if is_save(operations):
            store.after = lambda operations: None
            raise Unavailable("the connection broke after the commit")

    client = await joined(session)
    hub._savers[session]._retry = 0.01
    await client.send(append(1), id="1")
    store.after = lose_the_answer
    hub.save(session)
    await until(lambda: ("saved", 1) in client.told)
    assert len([each for each in store.writes if is_save(each)]) == 1 and not client.ends


async def test_a_save_that_was_behind_takes_what_changed_meanwhile_with_the_next(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    """Fails between the two steps of a save: what it was to write is not forgotten."""
    saves = Saves(store, failing=1)
    client = await joined(session)
    await client.send(batch({"o": 1, "p": ["nodes", "a", "posX"], "v": 7}), id="1")
    hub.save(session)
    await until(lambda: hub.unsaved == 1)
    await client.send(batch({"o": 1, "p": ["nodes", "b", "posX"], "v": 8}), id="2")
    hub.save(session)
    await until(lambda: ("saved", 2) in client.told)
    assert saves.tried == 2
    await to_thread(store.write, [DeleteAll(HISTORY, session.key)])
    assert (
        await to_thread(repository.load, session.key)
    ).workflow.plain() == session.workflow.plain()


async def test_closing_saves_all_there_is_also_what_came_during_a_save(
    store: FaultyStore, flow: str, repository: Repository
) -> None:
    """WS-RESTART-1, WS-SAVE-1"""
    hub = Hub(store, DEFAULT_LIMITS, autosave=3600)
    session = await hub.use(flow)
    client = await joined(session)
    await client.send(append(1), id="1")
    await until(lambda: session.idle)
    store.gate.clear()
    hub.save(session)
    await until(lambda: store.waiting == 1)
    await client.send(append(2), id="2")
    closing = asyncio.create_task(hub.close())
    await asyncio.sleep(0)
    store.gate.set()
    await closing
    assert await saved_seq(repository, session) == 2
    assert ("ack", "2", 2) in client.told and isinstance(client.ends[0], GivenUp)


async def test_a_store_slower_than_the_interval_does_not_pile_saves_up(
    quick: Hub, store: FaultyStore, flow: str
) -> None:
    under_way = most = 0

    def slow(operations: Sequence[Operation]) -> None:
        nonlocal under_way, most
        if is_save(operations):
            under_way += 1
            most = max(most, under_way)
            never.wait(0.1)
            under_way -= 1

    never = threading.Event()
    store.before = slow
    async with quick.using(flow) as session:
        client = await joined(session)
        began = time.monotonic()
        for n in range(30):
            await client.send(append(n), id=str(n))
            await until(lambda n=n: ("ack", str(n), n + 1) in client.told)  # type: ignore[misc]
        await until(lambda: ("saved", 30) in client.told)
        assert most == 1 and not client.ends
        saved = len([each for each in client.told if each[0] == "saved"])
        assert saved <= 1 + (time.monotonic() - began) / 0.1
