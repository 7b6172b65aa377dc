"""What becomes of the session of a workflow that is deleted, or damaged."""

from __future__ import annotations

from asyncio import to_thread

import pytest

from store.base import Delete, Patch
from store.collections import HISTORY, NODES, SNAPSHOTS, WORKFLOWS
from sync.hub import Hub
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import append, joined, until
from workflows.errors import Damaged, GivenUp, NotFound
from workflows.live import Change
from workflows.repository import Repository, row_key

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def test_a_deleted_workflow_is_gone_and_its_followers_are_told(
    hub: Hub, store: FaultyStore, flow: str
) -> None:
    async with hub.using(flow) as session:
        client = await joined(session)
        await client.send(append("x"))
        await hub.delete(flow)
        assert isinstance(client.ends[0], NotFound)
    for collection in (HISTORY, NODES):
        found = await to_thread(store.find, collection, {"workflowKey": flow}, limit=1)
        assert found.total == 0
    with pytest.raises(NotFound):
        await hub.delete(flow)


async def test_a_workflow_deleted_by_another_process_is_told_as_deleted(
    hub: Hub, flow: str, repository: Repository
) -> None:
    async with hub.using(flow) as session:
        client = await joined(session)
        await to_thread(repository.delete, flow)
        await client.send(append("x"))
        await until(lambda: bool(client.ends))
        assert isinstance(client.ends[0], NotFound)


@pytest.mark.parametrize(
    "damage",
    [
        lambda flow: [Delete(NODES, f"{flow}-a")],
        lambda flow: [Delete(SNAPSHOTS, flow)],
        lambda flow: [Delete(HISTORY, row_key(flow, 1))],
        lambda flow: [Delete(HISTORY, row_key(flow, 2))],
        lambda flow: [Patch(SNAPSHOTS, flow, {"epoch": "another"})],
        lambda flow: [Patch(SNAPSHOTS, flow, {"savedSeq": 9})],
        lambda flow: [Patch(SNAPSHOTS, flow, {"data": 5})],
        lambda flow: [Patch(NODES, f"{flow}-a", {"value": 5})],
        lambda flow: [Patch(HISTORY, row_key(flow, 2), {"instructions": [{"o": 99}]})],
        lambda flow: [Patch(WORKFLOWS, flow, {"name": None})],
    ],
    ids=[
        "node",
        "snapshot",
        "first row",
        "last row",
        "epoch",
        "seq",
        "data",
        "value",
        "op",
        "head",
    ],
)
async def test_a_damaged_workflow_is_refused_by_name_and_others_serve(
    hub: Hub, store: FaultyStore, flow: str, repository: Repository, damage: object
) -> None:
    """WS-DAMAGE-1"""
    healthy = await to_thread(lambda: repository.create(repository.load(flow).workflow, "default"))
    async with hub.using(flow) as session:
        for n in range(2):
            await hub.change(flow, Change("u", lambda _, n=n: append(n)))  # type: ignore[misc]
        hub.lost(session, GivenUp("so that nothing is saved"))
    assert callable(damage)
    await to_thread(store.store.write, damage(flow))
    with pytest.raises(Damaged, match=flow):
        await hub.change(flow, Change("u", lambda _: append("x")))
    with pytest.raises(Damaged, match=flow):
        await hub.read(flow)
    assert (await hub.change(healthy, Change("u", lambda _: append("x")))).seq == 1
