"""What an operator sees of live sessions and does with them, with a store that can fail."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence

import pytest

from store.base import Operation, Unavailable
from sync import overview as module
from sync.hub import Hub
from sync.overview import Overview
from sync.session import Session
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import Recorder, append, until
from tests.integration.sync.talk import Talk
from tests.sockets import Room
from workflows.errors import GivenUp, NotFound

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def overview(hub: Hub) -> Overview:
    return Overview(hub)


def no_snapshots(operations: Sequence[Operation]) -> None:
    """Fails saves and lets everything else pass."""
    if any(each.collection.name == "snapshots" for each in operations):
        raise Unavailable("the disk is full")


async def test_lag_is_what_is_applied_and_not_committed(
    overview: Overview, session: Session, store: FaultyStore
) -> None:
    store.gate.clear()
    recorder = Recorder(session)
    for number in range(3):
        await recorder.send(append(number))
    state = (await overview.open_ones([session.key, "nope"]))[session.key]
    assert (state.applied, state.committed, state.lag, state.unsaved) == (3, 0, 3, 3)
    store.heal()
    await session.flushed()
    [state] = await overview.sessions(0, 10)
    assert (state.committed, state.lag, state.unsaved) == (3, 0, 3)
    assert await overview.sessions(1, 10) == []
    assert (await overview.totals()).sessions == 1


async def test_a_save_holds_all_that_was_applied_when_it_was_asked_for(
    overview: Overview, hub: Hub, session: Session, store: FaultyStore
) -> None:
    """Also while an earlier one, which does not, is under way."""
    recorder = Recorder(session)
    await recorder.send(append(1))
    await session.flushed()
    store.gate.clear()
    hub.save(session)
    await until(lambda: store.waiting > 0)
    await recorder.send(append(2))
    saving = hub.spawn(overview.save(session.key))
    store.heal()
    assert await saving == 2
    saved = await to_thread(hub.repository.saved_seq, session.key, session.epoch)
    assert saved == 2
    assert await overview.save(session.key) == 2, "there is nothing more to save"


async def test_a_save_that_fails_says_why_and_loses_nothing(
    overview: Overview, hub: Hub, session: Session, store: FaultyStore
) -> None:
    await Recorder(session).send(append(1))
    store.before = no_snapshots
    with pytest.raises(GivenUp, match=r"the disk is full\. All of it is in the journal"):
        await overview.save(session.key)
    [state] = await overview.sessions(0, 1)
    assert state.failed == "the disk is full" and (await overview.totals()).failed == 1
    store.heal()
    assert await overview.save(session.key) == 1
    assert (await overview.totals()).failed == 0


async def test_nobody_waits_for_a_save_without_end(
    overview: Overview, session: Session, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAVE_SECONDS", 0.01)
    await Recorder(session).send(append(1))
    await session.flushed()
    store.gate.clear()
    with pytest.raises(GivenUp, match="takes long"):
        await overview.save(session.key)
    store.heal()


async def test_a_save_of_a_session_that_is_lost_says_so(
    overview: Overview, hub: Hub, session: Session, store: FaultyStore
) -> None:
    await Recorder(session).send(append(1))
    await session.flushed()
    store.gate.clear()
    saving = hub.spawn(overview.save(session.key))
    await until(lambda: store.waiting > 0)
    hub.lost(session, GivenUp("another process"))
    store.before = no_snapshots
    store.gate.set()
    with pytest.raises(GivenUp, match="its session was given up"):
        await saving
    with pytest.raises(NotFound):
        await overview.save(session.key)


async def test_the_outbox_of_a_socket_that_does_not_read_is_seen_to_fill(
    room: Room, ann: Talk, bob: Talk
) -> None:
    await ann.join(clientId="a")
    await bob.join(clientId="b")
    overview = Overview(room.hub)
    bob.socket.reading.clear()
    for number in range(5):
        await ann.act({"o": 3, "p": ["data", "log"], "v": "x" * 1000}, id=str(number))
    states = {each.client_id: each for each in await overview.sockets(ann.key, 0, 10)}
    assert states["a"].outbox == 0 and states["b"].outbox > 3000
    assert (states["b"].username, states["b"].role) == ("bob", "editor")
    assert len(await overview.sockets(ann.key, 1, 10)) == 1
    bob.socket.reading.set()


async def test_only_the_chosen_clients_of_the_workflow_are_disconnected(
    room: Room, ann: Talk, bob: Talk
) -> None:
    await ann.join(clientId="same")
    await bob.join(clientId="same")
    overview = Overview(room.hub)
    assert await overview.disconnect(ann.key, [(ann.person.user_id, "other")]) == 0
    assert await overview.disconnect("nope") == 0
    assert await overview.disconnect(ann.key, [(ann.person.user_id, "same")]) == 1
    await room.settled()
    assert (ann.code(), bob.code()) == (1013, None)
    assert ann.socket.take()[-1]["type"] == "closing"
    assert await overview.disconnect(ann.key) == 1
    await room.settled()
    assert bob.code() == 1013


async def test_a_few_are_named_and_of_others_it_is_said_that_there_are(
    room: Room, ann: Talk, bob: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.join()
    await bob.join()
    overview = Overview(room.hub)
    [state] = await overview.sessions(0, 1)
    assert (state.users, state.others, state.sockets) == (("ann", "bob"), False, 2)
    monkeypatch.setattr(module, "NAMED", 1)
    [state] = await overview.sessions(0, 1)
    assert (state.users, state.others) == (("ann",), True)
    monkeypatch.setattr(module, "NAMED", 5)
    monkeypatch.setattr(module, "LOOKED_AT", 1)
    [state] = await overview.sessions(0, 1)
    assert (state.users, state.others, state.sockets) == (("ann",), True, 2)
