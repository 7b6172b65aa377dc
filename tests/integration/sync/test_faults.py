"""What goes wrong inside a session ends that session, once, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from sync.hub import Hub
from sync.session import Session
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import Recorder, append, batch, until
from workflows.document import Workflow
from workflows.errors import GivenUp
from workflows.instructions import DEFAULT_LIMITS
from workflows.live import Change

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def joined(session: Session) -> Recorder:
    recorder = Recorder(session)
    session.join(recorder)
    await until(lambda: bool(recorder.told))
    return recorder


async def test_a_bug_while_a_batch_is_applied_ends_the_session_and_leaves_no_gap(
    hub: Hub, flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub.using(flow) as session:
        client, apply = await joined(session), Workflow.apply
        await client.send(append("before"), id="before")

        def broken(workflow: Workflow, instructions: object) -> object:
            workflow.root["name"] = "half changed"
            raise ZeroDivisionError

        monkeypatch.setattr(Workflow, "apply", broken)
        with pytest.raises(ZeroDivisionError):
            await client.send(append("bug"), id="bug")
        monkeypatch.setattr(Workflow, "apply", apply)
        await until(lambda: bool(client.ends))
        assert isinstance(client.ends[0], GivenUp)
    told = await hub.change(flow, Change("u", lambda _: append("after")))
    state = await hub.read(flow)
    assert state.head.seq == told.seq and state.head.name == "Flow"


async def test_when_telling_one_fails_nobody_is_left_waiting(hub: Hub, flow: str) -> None:
    async with hub.using(flow) as session:
        broken, client = await joined(session), await joined(session)

        def put(frame: str) -> None:
            raise ZeroDivisionError

        broken.put = put  # type: ignore[method-assign]
        await client.send(append("x"), id="x")
        await client.send(append("y"), id="y")
        await until(lambda: bool(client.ends) and len(client.told) == 3)
        assert client.told[1:] == [("lost", "x"), ("lost", "y")]
    async with asyncio.timeout(10):
        await hub.flush()


async def test_an_undo_sent_on_two_sockets_at_once_is_one_undo(session: Session, hub: Hub) -> None:
    """WS-ONCE-1"""
    client = await joined(session)
    for name in ("one", "two", "three"):
        await client.send(batch({"o": 1, "p": ["name"], "v": name}), id=name)
    again = await joined(session)
    asks = [each.ask("undo") for each in (client, again)]
    await asyncio.gather(*(hub.take_back(session, ask, redo=False) for ask in asks))
    await until(lambda: session.idle)
    assert ("ack", "undo", 4) in client.told and ("ack", "undo", 4) in again.told
    assert session.applied == 4 and session.workflow.plain()["name"] == "two"


async def test_a_hub_that_was_closed_sends_everybody_away_at_once(
    store: FaultyStore, flow: str
) -> None:
    hub = Hub(store, DEFAULT_LIMITS, autosave=3600)
    await hub.close()
    async with asyncio.timeout(5):
        with pytest.raises(GivenUp):
            await hub.read(flow)
        with pytest.raises(GivenUp):
            await hub.change(flow, Change("u", lambda _: append("x")))
        with pytest.raises(GivenUp):
            await hub.delete(flow)
