"""Live sessions on a real store: order, atomicity, durability, and what happens when something goes
wrong.
"""

from __future__ import annotations

import asyncio
import json
from asyncio import to_thread
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from store.base import Delete, DeleteAll, Insert, Operation, Patch, Put, TooLarge, Unavailable
from store.collections import HISTORY, SNAPSHOTS, WORKFLOWS
from sync.hub import Hub
from sync.session import SHARED_FOR, Session
from tests.faulty import FaultyStore
from tests.integration.sync.conftest import Recorder, append, batch, joined, until
from workflows.document import Workflow
from workflows.errors import GivenUp, NotFound
from workflows.instructions import DEFAULT_LIMITS
from workflows.live import Change, State
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def log_in_store(repository: Repository, key: str) -> list[object]:
    loaded = await to_thread(repository.load, key)
    found = loaded.workflow.plain()["data"]
    assert isinstance(found, dict)
    return list(found["log"])


async def test_every_follower_is_told_every_batch_once_in_one_order(session: Session) -> None:
    """WS-ORDER-1"""
    first, second = await joined(session), await joined(session)
    for n in range(20):
        await (first, second)[n % 2].send(append(n), id=str(n))
    late = Recorder(session)
    session.join(late)
    await second.send(append("last"))
    await until(lambda: len(late.told) == 2 and session.idle)
    mine = [("ack", str(n), n + 1) if n % 2 == 0 else ("update", n + 1) for n in range(20)]
    assert first.told[1:] == [*mine, ("update", 21)]
    assert late.told == [("connected", 20), ("update", 21)]
    assert late.document["data"]["log"] == list(range(20))


async def test_nothing_is_told_before_it_is_committed(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    """WS-DURABLE-1: acknowledgement, update, refusal, connect and read wait for the commit of their
    group.
    """
    sender, other = await joined(session), await joined(session)
    store.gate.clear()
    arrived = store.arrived
    await sender.send(append("x"), id="one")
    await until(lambda: store.arrived == arrived + 1)
    await sender.send(batch({"o": 2, "p": ["data", "no"]}), id="bad")
    newcomer = Recorder(session)
    session.join(newcomer)
    read: list[int] = []
    session.read(lambda state: read.append(state.head.seq), lambda error: None)
    assert [sender.told[1:], other.told[1:], newcomer.told, read] == [[], [], [], []]
    assert await log_in_store(repository, session.key) == []
    store.gate.set()
    await until(lambda: bool(read))
    assert sender.told[1:] == [("ack", "one", 1), ("refused", "bad", "path_not_found")]
    assert other.told[1:] == [("update", 1)]
    assert newcomer.told == [("connected", 1)] and newcomer.document["data"]["log"] == ["x"]
    assert await log_in_store(repository, session.key) == ["x"]


async def test_what_waits_while_a_group_is_committed_is_one_transaction(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    client = await joined(session)
    other_flow = await to_thread(
        repository.create,
        Workflow({**json.loads(session.workflow.encode()), "name": "Other"}, DEFAULT_LIMITS),
        "w",
    )
    async with hub.using(other_flow) as other:
        second = await joined(other)
        store.gate.clear()
        await client.send(append("first"))
        await until(lambda: not session._waiting)
        for n in range(100):
            await client.send(append(n), id=str(n))
            await second.send(append(n), id=str(n))
        written = len(store.writes)
        store.gate.set()
        await until(lambda: len(second.told) == 101 and len(client.told) == 101)
        rows = [
            sum(isinstance(each, Insert) for each in operations)
            for operations in store.writes[written:]
        ]
        assert rows == [1, 200]


async def test_a_refused_batch_changes_nothing_and_takes_no_seq(session: Session) -> None:
    """WS-ATOMIC-1"""
    client, other = await joined(session), await joined(session)
    bad = batch({"o": 1, "p": ["name"], "v": "half"}, {"o": 13, "p": ["data", "log"]})
    await client.send(bad, id="bad")
    await client.send(append("x"), id="good")
    await until(lambda: len(client.told) == 3)
    assert client.told[1:] == [("refused", "bad", "type_mismatch"), ("ack", "good", 1)]
    assert other.told[1:] == [("update", 1)] and session.workflow.plain()["name"] == "Flow"


async def test_a_batch_sent_again_gets_its_first_answer_and_is_applied_once(
    hub: Hub, store: FaultyStore, flow: str, repository: Repository
) -> None:
    """WS-ONCE-1, WS-ONCE-4: while it is under way, when it is committed, and after the session was
    closed.
    """
    async with hub.using(flow) as session:
        client = await joined(session)
        store.gate.clear()
        await client.send(append("x"), id="once")
        await client.send(append("x"), id="once")
        assert client.told[1:] == []
        store.gate.set()
        await until(lambda: session.idle)
        await client.send(append("x"), id="once")
        await client.send(append("other client"), id="once", client="d")
        await client.send(append("other user"), id="once", user="v")
        await until(lambda: len(client.told) == 6)
        first = ("ack", "once", 1)
        assert client.told[1:] == [first, first, first, ("ack", "once", 2), ("ack", "once", 3)]
    await until(lambda: flow not in hub._sessions)
    async with hub.using(flow) as session:
        client = await joined(session)
        await client.send(append("x"), id="once")
        await until(lambda: len(client.told) == 2)
        assert client.told[1:] == [first]
    assert await log_in_store(repository, flow) == ["x", "other client", "other user"]


async def test_the_last_one_out_saves_what_changed_and_only_that(
    hub: Hub, store: FaultyStore, flow: str, repository: Repository
) -> None:
    """WS-SAVE-1"""
    async with hub.using(flow) as session:
        client = await joined(session)
        await client.send(batch({"o": 1, "p": ["nodes", "a", "posX"], "v": 5}))
        await client.send(
            batch({"o": 1, "p": ["nodes", "c"], "v": {}}, {"o": 2, "p": ["nodes", "b"]})
        )
        before = json.loads(session.workflow.encode())
    await until(lambda: flow not in hub._sessions)
    save = store.writes[-1]
    puts = {each.key.removeprefix(f"{flow}-") for each in save if isinstance(each, Put)}
    deleted = {each.key.removeprefix(f"{flow}-") for each in save if isinstance(each, Delete)}
    assert (puts, deleted) == ({"a", "c"}, {"b", "e"})
    snapshot = await to_thread(store.get, SNAPSHOTS, flow)
    assert snapshot is not None and snapshot.body["savedSeq"] == 2
    assert (await to_thread(repository.load, flow)).workflow.plain() == before
    await to_thread(store.write, [DeleteAll(HISTORY, flow)])
    assert (await to_thread(repository.load, flow)).workflow.plain() == before, (
        "the snapshot alone holds it"
    )


async def test_who_comes_while_the_last_one_leaves_gets_the_same_session(
    hub: Hub, store: FaultyStore, flow: str
) -> None:
    session = await hub.use(flow)
    client = await joined(session)
    await client.send(append("x"), id="x")
    await until(lambda: session.idle)
    store.gate.clear()
    arrived = store.arrived
    session.leave(client)
    hub.release(session)
    await until(lambda: store.arrived > arrived)
    again = await hub.use(flow)
    assert again is session
    store.gate.set()
    client = await joined(again)
    await client.send(append("y"), id="y")
    await until(lambda: ("ack", "y", 2) in client.told)
    hub.release(again)
    await until(lambda: flow not in hub._sessions)
    snapshot = await to_thread(store.get, SNAPSHOTS, flow)
    assert snapshot is not None and snapshot.body["savedSeq"] == 2


async def test_two_who_come_at_once_share_one_load(hub: Hub, flow: str) -> None:
    first, second = await hub.use(flow), await hub.use(flow)
    assert first is second
    hub.release(first)
    hub.release(second)
    await until(lambda: flow not in hub._sessions)


async def test_two_that_both_believe_to_own_a_workflow_cannot_both_commit(
    hub: Hub, store: FaultyStore, flow: str, repository: Repository
) -> None:
    """WS-FENCE-1: the second to commit is given up, and nothing of it is ever stored."""
    other_hub = Hub(store, DEFAULT_LIMITS, autosave=3600)
    async with hub.using(flow) as here, other_hub.using(flow) as there:
        first, second = await joined(here), await joined(there)
        await first.send(append("first"), id="a")
        await until(lambda: here.idle)
        await second.send(append("second"), id="b")
        await second.send(append("third"), id="c")
        await until(lambda: bool(second.ends))
        assert isinstance(second.ends[0], GivenUp)
        assert second.told[1:] == [("lost", "b"), ("lost", "c")]
        async with other_hub.using(flow) as fresh:
            assert fresh is not there and fresh.applied == 1
            again = await joined(fresh)
            await again.send(append("second"), id="b")
            await until(lambda: ("ack", "b", 2) in again.told)
    await other_hub.close()
    assert await log_in_store(repository, flow) == ["first", "second"]


async def test_an_answer_that_is_lost_gives_the_session_up_and_resending_applies_it_once(
    hub: Hub, store: FaultyStore, flow: str, repository: Repository
) -> None:
    """WS-GIVEUP-1"""

    def lose_the_answer(operations: Sequence[Operation]) -> None:
        store.after = lambda operations: None
        raise Unavailable("the connection broke after the commit")

    async with hub.using(flow) as session:
        client = await joined(session)
        store.after = lose_the_answer
        await client.send(append("x"), id="x")
        await until(lambda: bool(client.ends))
        assert client.told[1:] == [("lost", "x")]
    async with hub.using(flow) as session:
        client = await joined(session)
        assert client.told == [("connected", 1)]
        await client.send(append("x"), id="x")
        await until(lambda: ("ack", "x", 1) in client.told)
    assert await log_in_store(repository, flow) == ["x"]


async def test_one_workflow_that_cannot_be_committed_costs_the_others_of_its_group_nothing(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    root = json.loads(session.workflow.encode())
    sick_flow = await to_thread(repository.create, Workflow(root, DEFAULT_LIMITS), "default")
    async with hub.using(sick_flow) as sick:
        patient, neighbour = await joined(sick), await joined(session)
        await to_thread(store.store.write, [Patch(WORKFLOWS, sick_flow, {"epoch": "another"})])
        store.gate.clear()
        await neighbour.send(append("first"))
        await until(lambda: not session._waiting)
        await patient.send(append("x"), id="x")
        await neighbour.send(append("y"), id="y")
        store.gate.set()
        await until(lambda: bool(patient.ends) and len(neighbour.told) == 2)
        assert neighbour.told[1:] == [("ack", "y", 2)] and not neighbour.ends
    assert await log_in_store(repository, session.key) == ["first", "y"]


async def test_a_batch_that_cannot_be_stored_is_named_to_its_sender_and_those_before_it_are_kept(
    hub: Hub, store: FaultyStore, session: Session, repository: Repository
) -> None:
    """WS-GIVEUP-2"""
    other_root = json.loads(session.workflow.encode())
    other_flow = await to_thread(repository.create, Workflow(other_root, DEFAULT_LIMITS), "default")

    def too_large(operations: Sequence[Operation]) -> None:
        if any(isinstance(each, Insert) and each.body.get("id") == "huge" for each in operations):
            raise TooLarge("a document is too large")

    async with hub.using(other_flow) as other:
        client, neighbour = await joined(session), await joined(other)
        store.before = too_large
        store.gate.clear()
        await neighbour.send(append(0))
        await until(lambda: not other._waiting)
        for id in ("before", "huge", "after"):
            await client.send(append(id), id=id)
        await neighbour.send(append(1), id="fine")
        store.gate.set()
        await until(lambda: bool(client.ends) and len(neighbour.told) == 2)
        assert client.told[1:] == [
            ("ack", "before", 1),
            ("refused", "huge", "too_large"),
            ("lost", "after"),
        ]
        assert neighbour.told[1:] == [("ack", "fine", 2)]
    assert await log_in_store(repository, session.key) == ["before"]


async def test_http_reads_and_writes_go_through_the_open_session(
    hub: Hub, store: FaultyStore, session: Session
) -> None:
    client = await joined(session)
    told = await hub.change(session.key, Change("u", lambda _: append("http"), id="h"))
    assert told.seq == 1 and client.told[1:] == [("update", 1)]
    assert await hub.change(session.key, Change("u", lambda _: append("http"), id="h")) == told
    nothing = await hub.change(session.key, Change("u", lambda _: []))
    assert nothing.seq == 1
    state = await hub.read(session.key)
    assert state.head.seq == 1 and json.loads(state.document)["data"]["log"] == ["http"]
    assert state.head.updatedAt == told.timestamp


async def test_http_reads_and_writes_a_workflow_that_nobody_has_open(hub: Hub, flow: str) -> None:
    await hub.change(flow, Change("u", lambda _: append("http")))
    await until(lambda: flow not in hub._sessions)
    state = await hub.read(flow)
    assert state.head.seq == 1 and json.loads(state.document)["data"]["log"] == ["http"]
    with pytest.raises(NotFound):
        await hub.read("nothing")
    with pytest.raises(NotFound):
        await hub.change("nothing", Change("u", lambda _: append("x")))


async def test_a_document_stays_encoded_for_as_long_as_it_is_shared(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, forget = asyncio.get_running_loop(), list[Callable[[], object]]()
    later = loop.call_later

    def keep(seconds: float, do: Callable[..., object], *given: object) -> asyncio.TimerHandle:
        if seconds == SHARED_FOR:
            forget.append(partial(do, *given))
        return later(60 if seconds == SHARED_FOR else seconds, do, *given)

    async def read() -> bytes:
        told: list[State] = []
        session.read(told.append, lambda error: None)
        await until(lambda: bool(told))
        return told[0].document

    monkeypatch.setattr(loop, "call_later", keep)
    recorder = await joined(session)
    before = await read()
    await recorder.send(append(1), id="1")
    after = await read()
    assert before is not after and len(forget) == 2
    forget[0]()
    assert await read() is after
    forget[1]()
    assert await read() is not after
