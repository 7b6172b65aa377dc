"""Undo and redo of several users in one workflow."""

from __future__ import annotations

import copy
import random
from asyncio import to_thread
from typing import Any

import msgspec
import pytest

from store.base import Unavailable
from tests.integration.sync.editor import Editor, canonical
from tests.integration.sync.ledger import Ledger
from tests.integration.sync.making import some_batch
from tests.integration.sync.talk import APPEND, Talk, kinds
from tests.integration.sync.test_fuzz import small_flow
from tests.sockets import Person, Room
from workflows.document import Workflow
from workflows.instructions import Instruction
from workflows.live import Change
from workflows.repository import Repository

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


async def joined(room: Room, key: str, person: Person, name: str = "c") -> Editor:
    editor = Editor(room, key, person, name, grouped=False)
    editor.connect()
    await settle(room, editor)
    return editor


async def settle(room: Room, *editors: Editor) -> None:
    """Everybody says what they have to say and hears what there is."""
    for _ in range(3):
        for editor in editors:
            if editor.socket is not None:
                editor.socket.flush()
        await room.settled()
        for editor in editors:
            editor.hear()


class Table:
    """Two users at one workflow."""

    def __init__(self, room: Room, key: str, ann: Editor, bob: Editor) -> None:
        self.room, self.key, self.ann, self.bob = room, key, ann, bob

    async def act(self, who: Editor, *batch: dict[str, Any]) -> None:
        who.act("instructions", instructions=list(batch))
        await settle(self.room, self.ann, self.bob)
        assert not who.queue

    async def step(self, who: Editor, kind: str = "undo") -> str:
        """`done` (with `skipped` if some was), or the error's code."""
        nothing, skipped = who.seen["nothing_to_undo"], who.seen["skipped"]
        who.act(kind)
        await settle(self.room, self.ann, self.bob)
        assert not who.queue
        if who.seen["nothing_to_undo"] > nothing:
            return "nothing_to_undo"
        return "skipped" if who.seen["skipped"] > skipped else "done"

    @property
    def document(self) -> dict[str, Any]:
        assert canonical(self.ann.base) == canonical(self.bob.base)
        return copy.deepcopy(self.ann.base)


@pytest.fixture
async def table(room: Room, repository: Repository, people: dict[str, Person]) -> Table:
    key = await to_thread(small_flow, repository)
    ann = await joined(room, key, people["ann"], "a")
    return Table(room, key, ann, await joined(room, key, people["bob"], "b"))


LOG, TEXT = ["data", "log"], ["data", "text"]

#: Pairs of which the second changes something near the first; the path both count with.
NEAR: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an element set at the end, the array grown": (
        {"o": 1, "p": [*LOG, "3"], "v": 9},
        {"o": 3, "p": LOG, "v": 1},
    ),
    "an element taken, another one set": (
        {"o": 2, "p": [*LOG, "0"]},
        {"o": 1, "p": [*LOG, "1"], "v": 7},
    ),
    "an element added, another one set": (
        {"o": 3, "p": LOG, "v": 9},
        {"o": 1, "p": [*LOG, "0"], "v": 7},
    ),
    "an element set at the end, another one set": (
        {"o": 1, "p": [*LOG, "3"], "v": 9},
        {"o": 1, "p": [*LOG, "0"], "v": 7},
    ),
    "an element set, another one taken": (
        {"o": 1, "p": [*LOG, "2"], "v": 7},
        {"o": 2, "p": [*LOG, "0"]},
    ),
    "elements moved, one set": (
        {"o": 17, "p": LOG, "f": 0, "t": 2},
        {"o": 1, "p": [*LOG, "0"], "v": 7},
    ),
    "an element moved out to a key, one set": (
        {"o": 18, "p": [*LOG, "0"], "d": ["data", "map", "r"]},
        {"o": 1, "p": [*LOG, "0"], "v": 7},
    ),
    "a key moved to the end of an array, one set": (
        {"o": 18, "p": ["data", "map", "q"], "d": [*LOG, "3"]},
        {"o": 1, "p": [*LOG, "0"], "v": 7},
    ),
    "a key inserted into an array, one set": (
        {"o": 19, "p": ["data", "map", "q"], "d": LOG, "i": 0},
        {"o": 1, "p": [*LOG, "1"], "v": 7},
    ),
    "an element set, one moved out": (
        {"o": 1, "p": [*LOG, "2"], "v": 7},
        {"o": 18, "p": [*LOG, "0"], "d": ["data", "map", "r"]},
    ),
    "an element set, a key moved in at the end": (
        {"o": 1, "p": [*LOG, "2"], "v": 7},
        {"o": 18, "p": ["data", "map", "q"], "d": [*LOG, "3"]},
    ),
    "a text changed twice": (
        {"o": 10, "p": TEXT, "v": "z"},
        {"o": 16, "p": TEXT, "i": 0, "v": "a"},
    ),
    "a node removed, its edge's colour set before": (
        {"o": 1, "p": ["edges", "e0", "colour"], "v": "red"},
        {"o": 2, "p": ["nodes", "n0"]},
    ),
    "a merge, and a key of it": (
        {"o": 15, "p": ["data", "map", "p"], "v": {"on": False}},
        {"o": 13, "p": ["data", "map", "p", "on"]},
    ),
}


@pytest.mark.parametrize("mine, theirs", NEAR.values(), ids=NEAR)
async def test_what_somebody_else_touched_since_stays_as_they_left_it(
    table: Table, mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """WS-UNDO-2, WS-UNDO-3"""
    await table.act(table.ann, mine)
    await table.act(table.bob, theirs)
    before = table.document
    assert await table.step(table.ann) == "nothing_to_undo"
    assert table.document == before


@pytest.mark.parametrize("mine, theirs", NEAR.values(), ids=NEAR)
async def test_when_everybody_undoes_the_last_first_all_is_as_it_was(
    table: Table, mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """WS-UNDO-4, WS-REDO-1"""
    start = table.document
    await table.act(table.ann, mine)
    between = table.document
    await table.act(table.bob, theirs)
    end = table.document
    assert await table.step(table.bob) == "done" and table.document == between
    assert await table.step(table.ann) == "done" and table.document == start
    assert await table.step(table.ann, "redo") == "done" and table.document == between
    assert await table.step(table.bob, "redo") == "done" and table.document == end


@pytest.mark.parametrize(
    "mine, theirs",
    [
        ({"o": 1, "p": [*LOG, "0"], "v": 9}, {"o": 1, "p": [*LOG, "1"], "v": 8}),
        (
            {"o": 1, "p": ["nodes", "n0", "posX"], "v": 9},
            {"o": 1, "p": ["nodes", "n0", "posY"], "v": 8},
        ),
        ({"o": 2, "p": ["data", "map", "p"]}, {"o": 1, "p": ["data", "map", "s"], "v": 8}),
    ],
    ids=["two elements", "two fields", "two keys"],
)  # fmt: skip
async def test_what_lies_beside_is_undone(
    table: Table, mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    start = table.document
    await table.act(table.ann, mine)
    await table.act(table.bob, theirs)
    assert await table.step(table.ann) == "done"
    assert await table.step(table.bob) == "done"
    assert table.document == start


async def test_a_removed_node_comes_back_with_its_edges(table: Table) -> None:
    """GRAPH-EDGE-1"""
    start = table.document
    await table.act(table.ann, {"o": 2, "p": ["nodes", "n0"]})
    assert "e0" not in table.document["edges"]
    assert await table.step(table.ann) == "done"
    assert table.document == start


async def test_undo_works_after_the_session_was_closed_and_by_another_client(
    table: Table, room: Room, people: dict[str, Person]
) -> None:
    """WS-UNDO-1, WS-UNDO-6"""
    start = table.document
    await table.act(table.ann, {"o": 1, "p": ["name"], "v": "one"})
    await table.act(table.ann, {"o": 1, "p": ["name"], "v": "two"})
    assert await table.step(table.ann) == "done"
    table.ann.drop()
    table.bob.drop()
    await room.settled()
    assert room.hub.sessions == ()
    table.ann = await joined(room, table.key, people["ann"], "elsewhere")
    table.bob = await joined(room, table.key, people["bob"], "b")
    assert await table.step(table.ann) == "done" and table.document == start
    assert await table.step(table.ann) == "nothing_to_undo"
    assert await table.step(table.ann, "redo") == "done"
    assert await table.step(table.ann, "redo") == "done"
    assert table.document["name"] == "two"
    assert await table.step(table.ann, "redo") == "nothing_to_undo"


async def test_a_redone_change_of_somebody_else_is_not_overwritten_by_a_redo(table: Table) -> None:
    """WS-UNDO-4"""
    x = ["nodes", "n0", "posX"]
    await table.act(table.ann, {"o": 1, "p": x, "v": 10})
    await table.act(table.bob, {"o": 1, "p": x, "v": 20})
    await table.step(table.bob)
    await table.step(table.ann)
    assert table.document["nodes"]["n0"]["posX"] == 0
    await table.step(table.bob, "redo")
    assert table.document["nodes"]["n0"]["posX"] == 20
    assert await table.step(table.ann, "redo") == "nothing_to_undo"
    assert table.document["nodes"]["n0"]["posX"] == 20


@pytest.mark.parametrize("seed", range(6))
async def test_when_everybody_undoes_everything_nothing_breaks_and_ones_own_is_as_it_was(
    seed: int, table: Table, room: Room, repository: Repository
) -> None:
    """Each has a field that nobody else touches, and both work on the rest, in any interleaving."""
    chance = random.Random(seed)
    start = table.document
    editors = (table.ann, table.bob)
    ledger = await to_thread(Ledger, repository, table.key)
    own = {table.ann: ["data", "map", "ann"], table.bob: ["data", "map", "bob"]}
    for number in range(40):
        who = chance.choice(editors)
        kind = chance.choices(("instructions", "undo", "redo"), (6, 2, 1))[0]
        if kind != "instructions":
            who.act(kind)
        elif chance.random() < 0.5:
            mine = {"o": 1, "p": own[who], "v": number}
            who.act(
                "instructions",
                instructions=[*chance.choice(([], some_batch(chance, who.base))), mine],
            )
        else:
            who.act("instructions", instructions=some_batch(chance, who.base))
        await settle(room, *editors)
    left = set(editors)
    while left:
        who = chance.choice(sorted(left, key=lambda editor: editor.name))
        if await table.step(who) == "nothing_to_undo":
            left.discard(who)
        Workflow(table.document)
        await to_thread(ledger.follow)
        ledger.check(editors)
    assert table.document["data"]["map"].get("ann") == start["data"]["map"].get("ann")
    assert table.document["data"]["map"].get("bob") == start["data"]["map"].get("bob")
    state = await room.hub.read(table.key)
    assert canonical(msgspec.json.decode(state.document)) == canonical(table.document)
    await to_thread(ledger.check_store)


@pytest.mark.parametrize("seed", range(4))
async def test_one_who_is_alone_undoes_all_and_redoes_all(seed: int, table: Table) -> None:
    chance = random.Random(seed)
    states = [table.document]
    for _ in range(25):
        table.ann.act("instructions", instructions=some_batch(chance, table.ann.base))
        await settle(table.room, table.ann, table.bob)
        if canonical(table.document) != canonical(states[-1]):
            states.append(table.document)
    for before in reversed(states[:-1]):
        while canonical(table.document) != canonical(before):
            assert await table.step(table.ann) == "done"
    assert table.document == states[0]
    while await table.step(table.ann, "redo") == "done":
        pass
    assert table.document == states[-1]


async def test_an_undo_without_an_id_comes_to_its_sender_as_an_update(ann: Talk) -> None:
    """WS-ORDER-1, WS-UNDO-1"""
    await ann.join()
    await ann.act(APPEND, id="1")
    assert kinds(await ann.say("undo", workflowKey=ann.key)) == [("update", 2)]


async def test_an_undo_sent_again_is_the_same_undo(
    room: Room, ann: Talk, people: dict[str, Person]
) -> None:
    """WS-ONCE-1, WS-ACK-1: also when its answer was lost with the session."""
    await ann.join(clientId="a")
    await ann.act(APPEND, id="1")
    await ann.act(APPEND, id="2")
    first = await ann.say("undo", workflowKey=ann.key, id="u")
    assert kinds(first) == [("ack", 3)] and first[0]["instructions"]
    assert await ann.say("undo", workflowKey=ann.key, id="u") == first
    room.hub.lost(room.hub.sessions[0], Unavailable("gone"))
    back = Talk(room, people["ann"], ann.key)
    await back.join(clientId="a")
    assert await back.say("undo", workflowKey=ann.key, id="u") == first


async def test_what_is_skipped_is_named_and_the_rest_is_undone(ann: Talk, bob: Talk) -> None:
    """WS-UNDO-2"""
    await ann.join()
    await bob.join()
    mine = [{"o": 1, "p": ["nodes", key, "posX"], "v": 9} for key in ("a", "b")]
    await ann.act(*mine, id="1")
    await bob.act({"o": 1, "p": ["nodes", "a", "posX"], "v": 5})
    *_, ack = await ann.say("undo", workflowKey=ann.key, id="u")
    assert ack["skipped"] == [["nodes", "a", "posX"]]
    assert ack["instructions"] == [{"o": 1, "p": ["nodes", "b", "posX"], "v": 2}]


async def test_what_cannot_be_undone_any_more_is_passed_over(table: Table) -> None:
    """WS-UNDO-5: for what others touched, and for what would break the graph."""
    await table.act(table.ann, {"o": 1, "p": ["name"], "v": "older"})
    await table.act(table.ann, {"o": 1, "p": ["nodes", "n9"], "v": {}})
    await table.act(table.ann, {"o": 1, "p": ["data", "map", "z"], "v": 1})
    await table.act(table.ann, {"o": 2, "p": ["edges", "e0"]})
    await table.act(table.bob, {"o": 1, "p": ["data", "map", "z"], "v": 2})
    await table.act(table.bob, {"o": 2, "p": ["nodes", "n0"]})
    assert await table.step(table.ann) == "done"
    assert "e0" not in table.document["edges"] and "n9" not in table.document["nodes"]
    assert await table.step(table.ann) == "done"
    assert table.document["name"] == "Flow" and table.document["data"]["map"]["z"] == 2
    assert await table.step(table.ann) == "nothing_to_undo"


async def test_an_undo_may_have_more_instructions_than_a_client_may_send(
    table: Table, room: Room
) -> None:
    """LIMIT-2"""
    start = table.document
    many = [Instruction(o=1, p=["nodes", f"m{n}"], v={}) for n in range(300)]
    await room.hub.change(table.key, Change(table.ann.person.user_id, lambda _: many))
    await settle(room, table.ann, table.bob)
    assert len(table.document["nodes"]) == 304
    assert await table.step(table.ann) == "done" and table.document == start


async def test_a_deleted_workflow_empties_the_queue_of_a_client(table: Table, room: Room) -> None:
    """CLIENT-8"""
    table.ann.act("instructions", instructions=[APPEND])
    await room.hub.delete(table.key)
    await settle(room, table.ann)
    assert table.ann.seen["deleted"] == 1 and not table.ann.queue
