"""A workflow as it was after an earlier batch: read, and brought back."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.api.wire import Caller, People, ok, refused


def instruct(caller: Caller, key: str, *instructions: dict[str, Any]) -> int:
    """Send a batch; its seq."""
    answer = caller.post(f"/api/workflow/{key}/instructions", json={"instructions": instructions})
    seq: int = ok(answer)["seq"]
    return seq


def at(caller: Caller, key: str, seq: object) -> dict[str, Any]:
    """The workflow after that batch."""
    read: dict[str, Any] = ok(caller.get(f"/api/workflow/{key}?seq={seq}"))["workflow"]
    return read


def restore(caller: Caller, key: str, seq: object) -> Any:
    """The response to a restore."""
    return caller.post(f"/api/workflow/{key}/restore", json={"seq": seq})


def graph(read: dict[str, Any]) -> dict[str, Any]:
    """What of a workflow is restored."""
    return {
        field: read[field]
        for field in ("name", "category", "description", "data", "nodes", "edges")
    }


@pytest.fixture
def edited(people: People, flow: str) -> str:
    """A workflow with four batches, the last of which removes a node and its edge."""
    instruct(people.editor, flow, {"o": 1, "p": ["name"], "v": "good"})
    instruct(people.editor, flow, {"o": 1, "p": ["nodes", "c"], "v": {"list": [1, None, "é👍"]}})
    instruct(
        people.editor, flow, {"o": 2, "p": ["nodes", "a"]}, {"o": 1, "p": ["name"], "v": "bad"}
    )
    return flow


def test_every_seq_shows_what_was_read_then(people: People, flow: str) -> None:
    """REST-SEQ-1"""
    reads = [people.editor.workflow(flow)]
    for n in range(4):
        instruct(people.editor, flow, {"o": 1, "p": ["name"], "v": f"{n}"}, append(n))
        reads.append(people.editor.workflow(flow))
    for seq, read in enumerate(reads, 1):
        assert at(people.viewer, flow, seq) == read
    created = at(people.viewer, flow, 0)
    assert (created["seq"], created["data"]) == (0, {"log": []})
    assert created["updatedAt"] == created["createdAt"] == reads[0]["createdAt"]


def append(value: object) -> dict[str, Any]:
    """Append to data/log."""
    return {"o": 3, "p": ["data", "log"], "v": value}


def test_a_removed_node_is_there_again_with_its_edge(people: People, edited: str) -> None:
    assert [node["_key"] for node in at(people.editor, edited, 4)["nodes"]] == ["b", "c"]
    before = at(people.editor, edited, 3)
    assert [node["_key"] for node in before["nodes"]] == ["a", "b", "c"]
    assert [edge["_key"] for edge in before["edges"]] == ["e"]
    assert before["name"] == "good"


@pytest.mark.parametrize("seq", ["x", "-1", "1.5", "", "true", "null", 2**53 + 1, "1e3"])
def test_a_seq_that_is_none_is_a_validation_error(people: People, flow: str, seq: object) -> None:
    """REST-SEQ-2"""
    answer = people.editor.get(f"/api/workflow/{flow}?seq={seq}")
    refused(answer, 422, "validation_error")


@pytest.mark.parametrize("seq", ["1", "x", -1, 1.5, None, True, 2**53 + 1, [1]])
def test_a_restore_of_no_seq_is_a_validation_error(people: People, flow: str, seq: object) -> None:
    """REST-SEQ-2"""
    before = people.editor.workflow(flow)
    refused(restore(people.editor, flow, seq), 422, "validation_error")
    refused(people.editor.post(f"/api/workflow/{flow}/restore", json={}), 422, "validation_error")
    assert people.editor.workflow(flow) == before


@pytest.mark.parametrize("seq", [2, 99, 2**53])
def test_a_batch_that_is_not_there_is_not_found(people: People, flow: str, seq: int) -> None:
    """REST-SEQ-2, REST-RESTORE-1"""
    refused(people.editor.get(f"/api/workflow/{flow}?seq={seq}"), 404, "not_found")
    refused(restore(people.editor, flow, seq), 404, "not_found")
    assert people.editor.workflow(flow)["seq"] == 1


@pytest.mark.parametrize("seq", [0, 1, 2, 3])
def test_a_restore_is_a_new_batch_that_brings_the_state_back(
    people: People, edited: str, seq: int
) -> None:
    """REST-RESTORE-1"""
    assert ok(restore(people.editor, edited, seq)) == {"seq": 5}
    now, then = people.editor.workflow(edited), at(people.editor, edited, seq)
    assert graph(now) == graph(then)
    assert (now["seq"], now["createdAt"]) == (5, then["createdAt"])
    entry = people.editor.newest_batch(edited)
    assert (entry["seq"], entry["userId"], entry["clientId"]) == (5, people.editor.user_id, None)
    assert graph(at(people.editor, edited, 4))["name"] == "bad", "the history goes on"
    assert graph(at(people.editor, edited, 5)) == graph(then)


def test_a_restore_is_made_of_the_smallest_instructions(people: People, edited: str) -> None:
    """REST-RESTORE-1"""
    ok(restore(people.editor, edited, 3))
    instructions = people.editor.newest_batch(edited)["instructions"]
    assert sorted((each["o"], each["p"]) for each in instructions) == [
        (1, ["edges", "e"]),
        (1, ["name"]),
        (1, ["nodes", "a"]),
    ]


def test_a_restore_of_what_is_there_anyway_takes_no_seq(people: People, edited: str) -> None:
    """REST-RESTORE-1"""
    assert ok(restore(people.editor, edited, 4)) == {"seq": 4}
    assert ok(restore(people.editor, edited, 2)) == {"seq": 5}
    assert ok(restore(people.editor, edited, 2)) == {"seq": 5}
    assert len(ok(people.editor.get(f"/api/history/{edited}"))["history"]) == 5


def test_what_was_restored_can_be_edited_and_restored_again(people: People, edited: str) -> None:
    ok(restore(people.editor, edited, 3))
    instruct(people.editor, edited, {"o": 3, "p": ["nodes", "c", "list"], "v": "more"})
    assert ok(restore(people.editor, edited, 3)) == {"seq": 7}
    assert graph(people.editor.workflow(edited)) == graph(at(people.editor, edited, 3))
    assert ok(restore(people.editor, edited, 6)) == {"seq": 8}
    assert people.editor.workflow(edited)["nodes"][2]["list"] == [1, None, "é👍", "more"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("nobody", 401, "unauthorized"),
        ("stranger", 404, "not_found"),
        ("viewer", 403, "forbidden"),
    ],
)
def test_only_editors_restore(
    people: People, edited: str, name: str, status: int, code: str
) -> None:
    """REST-RESTORE-1"""
    refused(restore(people.by_name(name), edited, 1), status, code)
    assert people.editor.workflow(edited)["seq"] == 4


def test_a_stranger_reads_no_older_state(people: People, edited: str) -> None:
    refused(people.stranger.get(f"/api/workflow/{edited}?seq=1"), 404, "not_found")
    refused(people.nobody.get(f"/api/workflow/{edited}?seq=1"), 401, "unauthorized")


def test_what_is_not_kept_is_neither_shown_nor_restored(people: People, edited: str) -> None:
    """REST-SEQ-2, REST-HISTORY-2"""
    from workflows.pruning import Policy, prune
    from workflows.reach import repository

    # What is open is saved when nobody uses it any more, which is soon after it was answered.
    deadline = time.monotonic() + 10
    while prune(repository(), edited, Policy(keep=2)).left > 2:
        assert time.monotonic() < deadline, "it was never saved"
    for seq in (0, 1):
        refused(people.editor.get(f"/api/workflow/{edited}?seq={seq}"), 404, "not_found")
        refused(restore(people.editor, edited, seq), 404, "not_found")
    history = ok(people.editor.get(f"/api/history/{edited}"))
    assert ([each["seq"] for each in history["history"]], history["total"]) == ([4, 3], 2)
    assert at(people.editor, edited, 2)["name"] == "good"
    assert ok(restore(people.editor, edited, 2)) == {"seq": 5}
