"""Much at once: what it may not do is hold up everybody else."""

from __future__ import annotations

import asyncio
import json
import time
from asyncio import to_thread
from collections.abc import Sequence
from typing import Any

import pytest

from store.base import DeleteAll, Operation, Unavailable
from store.collections import HISTORY
from sync import hub as hub_module
from sync.hub import Hub
from sync.session import Session
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import Recorder, append, batch, until
from tests.integration.sync.stretches import Stretches
from workflows.errors import NotFound
from workflows.instructions import Instruction
from workflows.live import Change
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

NODES = 25_000


def node(number: int) -> dict[str, Any]:
    return {"posX": number, "posY": 1, "type": "text", "name": f"node {number}", "tags": ["a"]}


async def test_a_first_save_of_25_000_nodes_lets_others_have_their_turns(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository, uncollected: None
) -> None:
    """And what they change meanwhile is in the store with this save or with the next."""
    made = [Instruction(o=1, p=["nodes", f"n{n}"], v=node(n)) for n in range(NODES)]
    await hub.change(session.key, Change("u", lambda _: made))
    client = Recorder(session)
    session.join(client)
    await until(lambda: bool(client.told))
    began = time.thread_time()
    json.dumps([node(n) for n in range(NODES)])
    at_once = time.thread_time() - began
    stretches = Stretches()
    async with stretches.watched():
        hub.save(session)
        for n in range(20):
            await client.send(batch({"o": 1, "p": ["nodes", f"n{n * 1000}", "posX"], "v": -1}))
            await asyncio.sleep(0)
        await until(lambda: client.told[-1][0] == "saved")
    assert stretches.longest < at_once
    hub.save(session)
    await until(lambda: hub.save(session) == 21)
    await to_thread(store.write, [DeleteAll(HISTORY, session.key)])
    loaded = await to_thread(repository.load, session.key)
    assert loaded.head.seq == 21
    assert json.loads(loaded.workflow.encode()) == json.loads(session.workflow.encode())


def removed(operations: Sequence[Operation]) -> bool:
    return any(isinstance(each, DeleteAll) for each in operations)


async def written(hub: Hub, key: str, count: int) -> None:
    """Give the workflow a history of so many batches, all of them saved."""
    for n in range(count):
        await hub.change(key, Change("u", lambda _, n=n: append(n)))  # type: ignore[misc]
    await until(lambda: not hub.sessions)


async def test_a_long_history_is_deleted_in_pieces_between_which_others_commit(
    hub: Hub,
    store: FaultyStore,
    session: Session,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "PIECE", 10)
    long = await to_thread(
        lambda: repository.create(repository.load(session.key).workflow, "default")
    )
    async with hub.using(session.key):
        for n in range(45):
            await hub.change(long, Change("u", lambda _, n=n: append(n)))  # type: ignore[misc]
    await until(lambda: hub.sessions == (session,))
    client = Recorder(session)
    session.join(client)
    await until(lambda: bool(client.told))
    before = len(store.writes)
    store.gate.clear()
    arrived = store.arrived
    deleting = asyncio.create_task(hub.delete(long))
    await until(lambda: store.arrived > arrived)
    await client.send(append("meanwhile"), id="1")
    await until(lambda: session.submitted == 1)
    store.gate.set()
    await deleting
    await until(lambda: ("ack", "1", 1) in client.told)
    order = ["piece" if removed(each) else "commit" for each in store.writes[before:] if len(each)]
    assert order[0] == "piece" and order[1] == "commit" and order.count("piece") >= 4
    left = await to_thread(store.find, HISTORY, {"workflowKey": long}, limit=1)
    assert left.total == 0
    with pytest.raises(NotFound):
        await hub.read(long)


async def test_a_deletion_that_fails_halfway_leaves_a_workflow_that_opens(
    hub: Hub,
    store: FaultyStore,
    flow: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is not in the snapshot is never among the pieces."""
    monkeypatch.setattr(hub_module, "PIECE", 10)
    await written(hub, flow, 25)

    def fail(operations: Sequence[Operation]) -> None:
        if removed(operations) and len(operations) > 1:
            raise Unavailable("the store is away")

    store.before = fail
    async with hub.using(flow) as session:
        for n in range(25, 30):
            await hub.change(flow, Change("u", lambda _, n=n: append(n)))  # type: ignore[misc]
        with pytest.raises(Unavailable):
            await hub.delete(flow)
        hub.lost(session, Unavailable("so that it is opened anew"))
    state = await hub.read(flow)
    assert (state.head.seq, json.loads(state.document)["data"]["log"]) == (30, [*range(30)])
    store.heal()
    await hub.delete(flow)
    with pytest.raises(NotFound):
        await hub.read(flow)
