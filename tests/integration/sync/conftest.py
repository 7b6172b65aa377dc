"""A hub on a real store in a file, and followers that write down what they are told."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts import tokens
from accounts.models import User, Workspace
from accounts.roles import DEFAULT_WORKSPACE, Role
from nodius_site.apps import configured_store
from sync.entries import Ask, Change, Joined
from sync.hub import Hub
from sync.session import Session
from tests.faulty import FaultyStore
from tests.integration.sync.talk import Talk
from tests.sockets import Person, Room
from workflows.document import Workflow
from workflows.errors import Refused, WorkflowError
from workflows.instructions import DEFAULT_LIMITS, Instruction
from workflows.live import Told
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop work until the condition holds, for 30 seconds at most."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - any condition, not one event
            await asyncio.sleep(0.001)


async def joined(session: Session) -> Recorder:
    """Somebody in the session, who was told that."""
    recorder = Recorder(session)
    session.join(recorder)
    await until(lambda: bool(recorder.told))
    return recorder


def batch(*instructions: dict[str, Any]) -> list[Instruction]:
    """Instructions as they come off the wire."""
    return [Instruction(**each) for each in instructions]


def append(value: object) -> list[Instruction]:
    """A batch that appends to data/log."""
    return batch({"o": 3, "p": ["data", "log"], "v": value})


class Recorder:
    """A follower, and who replies to its own batches: what it is told, as short tuples."""

    def __init__(self, session: Session, grouped: bool = False) -> None:
        self.session = session
        self.grouped = grouped
        self.told: list[tuple[object, ...]] = []
        self.document: dict[str, Any] = {}
        self.missed: list[int] | None = None
        self.ends: list[WorkflowError] = []

    def connected(self, at: Joined) -> None:
        self.told.append(("connected", at.seq))
        if at.document is None:
            self.missed = [row.seq for row in at.missed]
        else:
            self.document = json.loads(at.document)

    def put(self, frame: str) -> None:
        message = json.loads(frame)
        if message["type"] == "updates":
            self.told.append(("updates", [each["seq"] for each in message["updates"]]))
        else:
            self.told.append((message["type"], message["seq"]))

    def ended(self, error: WorkflowError) -> None:
        self.ends.append(error)

    def leave(self) -> None:
        self.session.leave(self)

    def ask(self, id: str | None = None, client: str = "c", user: str = "u") -> Ask:
        return Ask(user, client, id, Reply(self, id), self)

    async def send(
        self,
        instructions: list[Instruction],
        id: str | None = None,
        client: str = "c",
        user: str = "u",
    ) -> None:
        ask = self.ask(id, client, user)
        if not await self.session.earlier(ask):
            self.session.judge(ask, lambda _: Change(instructions))


class Reply:
    def __init__(self, recorder: Recorder, id: str | None) -> None:
        self.recorder, self.id = recorder, id

    def told(self, told: Told, again: bool) -> None:
        if self.id is not None and (again or not self.recorder.grouped):
            self.recorder.session.fanout.catch_up(self.recorder)
            self.recorder.told.append(("ack", self.id, told.seq))

    def refused(self, refused: Refused) -> None:
        self.recorder.session.fanout.catch_up(self.recorder)
        self.recorder.told.append(("refused", self.id, refused.code))

    def lost(self, error: WorkflowError) -> None:
        if isinstance(error, Refused):
            self.refused(error)
        else:
            self.recorder.told.append(("lost", self.id))


@pytest.fixture(autouse=True)
async def thread() -> AsyncIterator[None]:
    """That of `to_thread`, whose connections are closed in the end."""
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        yield
        executor.submit(connections.close_all)


@pytest.fixture
def store(transactional_db: None) -> FaultyStore:
    return FaultyStore(configured_store())


@pytest.fixture
def people(transactional_db: None) -> dict[str, Person]:
    """Two editors, a viewer and a stranger of the workspace `default`."""
    Workspace.objects.get_or_create(key=DEFAULT_WORKSPACE, defaults={"name": "Default"})
    roles = {"ann": Role.EDITOR, "bob": Role.EDITOR, "vera": Role.VIEWER, "sam": None}
    return {name: person(name, role) for name, role in roles.items()}


def person(name: str, role: Role | None) -> Person:
    """An account that is logged in."""
    joins = {} if role is None else {DEFAULT_WORKSPACE: role}
    user = User.objects.create_user(name, joins=joins)
    return Person(user.pk, user.username, tokens.issue(user).token)


@pytest.fixture
async def room(store: FaultyStore, people: dict[str, Person]) -> AsyncIterator[Room]:
    """The live part of a server, without a network."""
    made = Room(store)
    yield made
    await made.close()


@pytest.fixture
def repository(store: FaultyStore) -> Repository:
    return Repository(store)


@pytest.fixture
def flow(repository: Repository) -> str:
    """The key of a workflow with two nodes, an edge, and a list to append to."""
    root: dict[str, Any] = {
        "name": "Flow",
        "category": None,
        "description": None,
        "data": {"log": []},
        "nodes": {"a": {"posX": 1}, "b": {"posX": 2}},
        "edges": {"e": {"source": "a", "target": "b"}},
    }
    return repository.create(Workflow(root, DEFAULT_LIMITS), "default")


@pytest.fixture
async def hub(store: FaultyStore) -> AsyncIterator[Hub]:
    made = Hub(store, DEFAULT_LIMITS, autosave=3600)
    yield made
    store.heal()
    await made.close()


@pytest.fixture
async def session(hub: Hub, flow: str) -> AsyncIterator[Session]:
    """A session that is kept open by being used."""
    used = await hub.use(flow)
    yield used
    hub.release(used)


@pytest.fixture
async def ann(room: Room, people: dict[str, Person], flow: str) -> Talk:
    return Talk(room, people["ann"], flow)


@pytest.fixture
async def bob(room: Room, people: dict[str, Person], flow: str) -> Talk:
    return Talk(room, people["bob"], flow)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """As in a server, looking for garbage does not hold anybody up meanwhile."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()
