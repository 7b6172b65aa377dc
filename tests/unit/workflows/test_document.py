"""A workflow's document: its top level, its limits, and batches that apply all or not at all."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflows.made import (
    EDGE_KEYS,
    NODE_KEYS,
    changes_of,
    decoded,
    exactly,
    index,
    instruction,
    roots,
)
from workflows.document import Workflow
from workflows.errors import Refused
from workflows.instructions import Instruction, Limits

INVALID, MISSING, TYPE = "invalid_instruction", "path_not_found", "type_mismatch"
GRAPH, LARGE = "invalid_graph", "too_large"


def document(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Flow",
        "category": None,
        "description": "what it does",
        "data": {"log": [], "text": "abc", "kept": {"_key": 1, "deep": {"_id": 1}}},
        "nodes": {"n1": {"posX": 1, "posY": 2.5}, "n2": {"list": [1]}},
        "edges": {"e1": {"source": "n1", "target": "n2", "label": "one"}},
        **fields,
    }


def to(path: str, v: Any) -> dict[str, Any]:
    return {"o": 1, "p": path.split("/"), "v": v}


def rem(path: str) -> dict[str, Any]:
    return {"o": 2, "p": path.split("/")}


def merge(path: str, v: Any) -> dict[str, Any]:
    return {"o": 15, "p": path.split("/"), "v": v}


def move(path: str, d: str) -> dict[str, Any]:
    return {"o": 18, "p": path.split("/"), "d": d.split("/")}


def insert(path: str, d: str) -> dict[str, Any]:
    return {**move(path, d), "o": 19}


def batch_of(*batch: dict[str, Any]) -> list[Instruction]:
    return [instruction(each) for each in batch]


def refusal(workflow: Workflow, *batch: dict[str, Any]) -> Refused:
    """How the batch is refused; the workflow stays as it is, index and size included."""
    before = exactly(workflow.plain()), workflow.size, index(workflow)
    with pytest.raises(Refused) as refused:
        workflow.apply(batch_of(*batch))
    assert (exactly(workflow.plain()), workflow.size, index(workflow)) == before
    return refused.value


@settings(deadline=None)
@given(st.data(), roots())
def test_batches_keep_their_promises(data: st.DataObject, root: dict[str, Any]) -> None:
    """WS-ATOMIC-1, INS-INVERSE-1"""
    workflow = Workflow(root)
    for _ in range(3):
        batch = data.draw(st.lists(changes_of(workflow.plain()), min_size=1, max_size=3))
        before, at_rest = workflow.plain(), resting(workflow)
        try:
            applied = workflow.apply(batch_of(*batch))
        except Refused:
            applied = None
            assert resting(workflow) == at_rest
        hold_together(workflow)
        for key in data.draw(st.sets(st.sampled_from(NODE_KEYS + EDGE_KEYS))):
            workflow.rest("nodes" if key in NODE_KEYS else "edges", key)
        if applied is None:
            assert exactly(workflow.plain()) == exactly(before)
        else:
            assert applied.extended == (len(decoded(applied.instructions)) > len(batch))
            say_what_was_touched(applied, before, workflow.plain())
            lead_there_and_back(applied, before, workflow.plain())


def resting(workflow: Workflow) -> set[str]:
    """The nodes and edges that are packed."""
    parts = {**workflow.root["nodes"], **workflow.root["edges"]}
    return {key for key, part in parts.items() if isinstance(part, bytes)}


def hold_together(workflow: Workflow) -> None:
    """Size and index are those of a workflow made anew from the document."""
    anew = Workflow(workflow.plain())
    assert workflow.size == anew.size == len(workflow.encode())
    assert index(workflow) == index(anew)


def lead_there_and_back(applied: Any, before: Any, after: Any) -> None:
    """What was applied leads from before to after when replayed, and its inverse back."""
    replayed = Workflow(copy.deepcopy(before))
    replayed.replay(decoded(applied.instructions))
    assert exactly(replayed.plain()) == exactly(after)
    groups = msgspec.json.decode(applied.inverse)
    undo = replayed.apply(batch_of(*(each for group in groups for each in group)))
    assert exactly(replayed.plain()) == exactly(before)
    assert not undo.extended
    hold_together(replayed)


def say_what_was_touched(applied: Any, before: Any, after: Any) -> None:
    """Whatever differs is among what was touched."""
    for field in ("name", "category", "description", "data"):
        assert field in applied.fields or exactly(before[field]) == exactly(after[field])
    for field, touched in (("nodes", applied.nodes), ("edges", applied.edges)):
        for key in before[field].keys() | after[field].keys():
            unchanged = exactly(before[field].get(key, 0)) == exactly(after[field].get(key, 0))
            assert key in touched or unchanged


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *[
            (change(field), INVALID)
            for field in ("_key", "seq", "sheets", "workspace")
            for change in (
                rem,
                lambda field: to(field, 1),
                lambda field: to(f"{field}/x", 1),
                lambda field: merge(field, {}),
                lambda field: move("data/log", field),
                lambda field: {"o": 10, "p": [field], "v": "x"},
            )
        ],
        *[
            (change(field), INVALID)
            for field in ("name", "category", "description", "data", "nodes", "edges")
            for change in (
                rem,
                lambda field: to(field, 1),
                lambda field: to(field, []),
                lambda field: move(field, "data/x"),
                lambda field: insert(field, "data/log"),
                lambda field: move("data/text", field),
                lambda field: insert("data/text", field),
                lambda field: merge(field, []),
            )
        ],
        (to("name", None), INVALID),
        (to("data", None), INVALID),
        (to("nodes", None), INVALID),
        (merge("name", {}), INVALID),
        (merge("category", {}), INVALID),
        (merge("name", "x"), INVALID),
        (to("name/x", 1), TYPE),
        ({"o": 10, "p": ["category"], "v": "x"}, TYPE),
        ({"o": 10, "p": ["nodes"], "v": "x"}, TYPE),
        ({"o": 13, "p": ["data"]}, TYPE),
        ({"o": 7, "p": ["edges"]}, TYPE),
        (to("data/no/where", 1), MISSING),
        ({"o": 1, "p": [], "v": {}}, INVALID),
        *[
            (change, INVALID)
            for part in ("nodes/n1", "edges/e1")
            for key in ("_key", "_id", "_rev", "_from", "_to")
            for change in (
                to(f"{part}/{key}", "x"),
                to(f"{part}/{key}/deep", "x"),
                rem(f"{part}/{key}"),
                to(part, {"source": "n1", "target": "n2", key: 1}),
                merge(part, {key: 1}),
                merge(part.split("/")[0], {part.split("/")[1]: {key: 1}}),
                to(part.split("/")[0], {part.split("/")[1]: {key: 1}}),
                move("data/text", f"{part}/{key}"),
                insert("data/text", f"{part}/{key}"),
                move(f"{part}/{key}", "data/x"),
            )
        ],
        (move("data/kept", "nodes/n3"), INVALID),
        (move("data/kept", "nodes/n1"), INVALID),
        (move("data/no", "nodes/n3"), MISSING),
        (insert("data/text", "nodes/n1"), TYPE),
    ],
    ids=str,
)
def test_what_a_document_has_no_place_for_is_refused(change: dict[str, Any], code: str) -> None:
    """DOC-TOP-1, DOC-TOP-2, DOC-OWN-1"""
    refused = refusal(Workflow(document()), change)
    assert (refused.code, refused.index) == (code, 0)
    assert refusal(Workflow(document()), to("name", "x"), change).index == 1


@pytest.mark.parametrize(
    "change",
    [
        to("name", "other"),
        to("category", "c"),
        to("category", None),
        to("description", None),
        to("data", {"all": "new"}),
        merge("data", {"a": 1}),
        merge("nodes", {"N-1_x:y.@": {}, "x" * 128: {"posX": 0.5}, "...": {}}),
        merge("nodes", {}),
        merge("edges", {"e2": {"source": "n2", "target": "n2"}}),
        to("nodes", {"n1": {}, "n2": {}}),
        to("edges", {}),
        {"o": 10, "p": ["name"], "v": "!"},
        {"o": 5, "p": ["description"], "s": "what", "r": "all"},
        {"o": 6, "p": ["description"], "s": "t", "r": "T"},
        to("nodes/n1/data", {"_key": 1}),
        move("data/kept", "nodes/n1/kept"),
        move("data/kept/deep", "data/deep"),
        insert("data/text", "nodes/n2/list"),
        move("nodes/n1/posX", "data/x"),
        rem("nodes/n1/posX"),
    ],
    ids=str,
)
def test_what_a_document_has_a_place_for_is_applied_and_can_be_undone(
    change: dict[str, Any],
) -> None:
    """DOC-TOP-2, INS-INVERSE-1"""
    workflow = Workflow(document())
    applied = workflow.apply(batch_of(change))
    lead_there_and_back(applied, document(), workflow.plain())
    hold_together(workflow)


def test_what_was_applied_is_told_with_what_it_touched() -> None:
    workflow = Workflow(document())
    applied = workflow.apply(
        batch_of(
            to("name", "x"), to("nodes/n1/posX", 5), to("edges/e1/label", "y"), rem("data/log")
        )
    )
    assert not applied.extended
    assert applied.fields == frozenset({"name", "data"})
    assert (applied.nodes, applied.edges) == (frozenset({"n1"}), frozenset({"e1"}))
    assert msgspec.json.decode(applied.inverse) == [
        [to("data/log", [])],
        [to("edges/e1/label", "one")],
        [to("nodes/n1/posX", 1)],
        [to("name", "Flow")],
    ]


def test_what_is_told_of_a_batch_is_as_it_was_when_applied_whatever_changes_later() -> None:
    workflow = Workflow(document())
    batch = [to("data/a", {"b": []}), {"o": 3, "p": ["data", "a", "b"], "v": 1}, rem("data/a")]
    applied = workflow.apply(batch_of(*batch))
    assert msgspec.json.decode(applied.instructions) == batch
    assert msgspec.json.decode(applied.inverse)[0] == [to("data/a", {"b": [1]})]


def test_the_inverse_of_a_move_is_one_group_and_that_of_a_merge_one_for_each_key() -> None:
    workflow = Workflow(document())
    workflow.apply(batch_of(to("data/x", 1), to("data/y", 2)))
    move = workflow.apply(batch_of({"o": 18, "p": ["data", "x"], "d": ["data", "y"]}))
    assert [len(group) for group in msgspec.json.decode(move.inverse)] == [2]
    merge = workflow.apply(batch_of({"o": 15, "p": ["data"], "v": {"y": 3, "z": 4}}))
    assert [len(group) for group in msgspec.json.decode(merge.inverse)] == [1, 1]


def test_an_empty_batch_changes_nothing() -> None:
    workflow = Workflow(document())
    applied = workflow.apply([])
    assert (applied.instructions, applied.inverse, applied.extended) == (b"[]", b"[]", False)
    assert exactly(workflow.plain()) == exactly(document())


def test_a_batch_is_refused_as_a_whole_and_names_the_instruction_at_fault() -> None:
    batch = to("name", "x"), rem("nodes/n1"), to("data/text", {}), rem("data/no"), to("name", "y")
    refused = refusal(Workflow(document()), *batch)
    assert (refused.code, refused.index) == (MISSING, 3)


def test_a_text_and_a_value_are_held_to_their_limits() -> None:
    """LIMIT-1"""
    workflow = Workflow(document(), Limits(text=20, depth=4))
    assert refusal(workflow, to("data/x", "x" * 21)).code == LARGE
    assert refusal(workflow, to("data/x", [[[]]])).code == LARGE
    workflow.apply(batch_of(to("data/x", "x" * 20), to("data/y", [[]])))


def test_a_batch_may_touch_so_much_text_and_array_and_no_more() -> None:
    """LIMIT-1"""
    workflow = Workflow(document(), Limits(batch=1000))
    workflow.apply(batch_of(to("data/text", "x" * 300)))
    edit = {"o": 16, "p": ["data", "text"], "i": 0, "v": "y"}
    workflow.apply(batch_of(edit, edit, edit))
    refused = refusal(workflow, *[edit] * 4)
    assert (refused.code, refused.index) == (LARGE, 3)
    workflow.replay(batch_of(*[edit] * 100))
    hold_together(workflow)


def test_a_document_cannot_grow_beyond_its_limit_but_one_that_is_beyond_can_shrink() -> None:
    """LIMIT-1"""
    size = len(msgspec.json.encode(document()))
    workflow = Workflow(document(), Limits(workflow=size))
    assert refusal(workflow, to("data/more", 1)).code == LARGE
    assert refusal(workflow, to("name", "Flow2"), to("category", None)).index is None
    workflow.apply(batch_of(to("data/more", 1), rem("data/log")))
    smaller = Workflow(document(), Limits(workflow=100), stored=True)
    smaller.apply(batch_of(rem("data/log")))
    assert refusal(smaller, to("data/more", 1)).code == LARGE
    smaller.replay(batch_of(to("data/more", 1)))
    hold_together(smaller)


@pytest.mark.parametrize(
    ("root", "code"),
    [
        ([], INVALID),
        ({}, INVALID),
        (document(seq=1), INVALID),
        (document(name=None), INVALID),
        (document(category=1), INVALID),
        (document(data=[]), INVALID),
        (document(nodes=[]), INVALID),
        (document(edges=None), INVALID),
        (document(data={"": 1}), INVALID),
        (document(data={"x": float("nan")}), INVALID),
        (document(data={"x": 2**53 + 1}), INVALID),
        (document(nodes={"n1": {"_key": 1}}), INVALID),
        (document(edges={"e1": {"source": "n1", "target": "n2", "_from": 1}}), INVALID),
        (document(nodes={"n 1": {}}), GRAPH),
        (document(nodes={"n1": 1}, edges={}), GRAPH),
        (document(edges={"e1": {"source": "n1", "target": "n3"}}), GRAPH),
        (document(data={"x": "x" * 2**20 + "x"}), LARGE),
        (document(data={str(n): "x" * 2**20 for n in range(16)}), LARGE),
        (
            document(data={"x": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}),
            LARGE,
        ),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_whole_document_that_breaks_a_rule_is_refused(root: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        Workflow(root)
    assert refused.value.code == code


def test_what_was_stored_under_wider_limits_is_still_taken() -> None:
    root = document(data={"x": "x" * 100})
    narrow = Limits(text=10, workflow=10, depth=1)
    with pytest.raises(Refused):
        Workflow(copy.deepcopy(root), narrow)
    assert Workflow(root, narrow, stored=True).limits == narrow
