"""The calls under /api/workflow and /api/history, with the live sessions behind them."""

from __future__ import annotations

import time
from typing import Any, TypeAlias

import pytest

from tests.integration.api.wire import Caller, People, ok, refused

Parts: TypeAlias = dict[str, dict[str, Any]]

NODES: Parts = {
    "a": {"type": "text", "posX": 1, "posY": 2.5},
    "b": {"deep": {"list": [1, None, "é👍"]}},
}
EDGES: Parts = {"a-b": {"source": "a", "target": "b", "sourceHandle": "0"}}
FOREIGN = dict.fromkeys(("_id", "_rev", "_from", "_to"), "foreign")


def as_array(parts: Parts) -> list[dict[str, Any]]:
    """Nodes or edges as they are read."""
    return [{"_key": key, **parts[key]} for key in sorted(parts)]


def instruct(caller: Caller, key: str, *instructions: object, **fields: object) -> Any:
    """Send a batch; the response."""
    body = {"instructions": instructions, **fields}
    return caller.post(f"/api/workflow/{key}/instructions", json=body)


def test_a_workflow_is_read_as_it_was_made(people: People) -> None:
    """REST-READ-1, REST-NEW-1"""
    before = time.time() * 1000 - 1
    key = people.editor.new_workflow(
        name="Orders ✓", category="c", description="d", data={"view": {"zoom": 1.5}},
        nodes=NODES, edges=EDGES, workspace=people.team,
    )  # fmt: skip
    read = people.editor.workflow(key)
    times = read.pop("createdAt"), read.pop("updatedAt")
    assert before <= times[0] == times[1] <= time.time() * 1000
    assert read == {
        "_key": key,
        "name": "Orders ✓",
        "category": "c",
        "description": "d",
        "data": {"view": {"zoom": 1.5}},
        "workspace": people.team,
        "seq": 0,
        "nodes": as_array(NODES),
        "edges": as_array(EDGES),
    }


def test_what_is_left_out_is_empty(editor: Caller) -> None:
    read = editor.workflow(editor.new_workflow())
    assert (read["category"], read["description"], read["data"]) == (None, None, {})
    assert (read["nodes"], read["edges"], read["workspace"]) == ([], [], "default")


def test_nodes_and_edges_are_read_ascending_by_code_points(editor: Caller) -> None:
    """REST-READ-1"""
    keys = ["b", "B", "a", "a-1", "a1", "a:1", "a_1", "10", "9", "@"]
    key = editor.new_workflow(nodes={each: {} for each in keys})
    assert [node["_key"] for node in editor.workflow(key)["nodes"]] == sorted(keys)


@pytest.mark.parametrize("form", [as_array, dict])
def test_arrays_and_objects_are_taken_without_the_keys_of_other_systems(
    editor: Caller, form: Any
) -> None:
    """REST-NEW-1"""
    nodes = form({key: {**FOREIGN, **node} for key, node in NODES.items()})
    edges = form({key: {**FOREIGN, **edge} for key, edge in EDGES.items()})
    made = editor.new_workflow(nodes=nodes, edges=edges)
    changed = editor.new_workflow()
    ok(editor.put(f"/api/workflow/{changed}", json={"nodes": nodes, "edges": edges}))
    for key in (made, changed):
        read = editor.workflow(key)
        assert (read["nodes"], read["edges"]) == (as_array(NODES), as_array(EDGES))


@pytest.mark.parametrize(
    "graph",
    [
        {"nodes": {"a": {}}, "edges": {"e": {"source": "a", "target": "no"}}},
        {"nodes": {"a": {}}, "edges": {"e": {"source": "a"}}},
        {"nodes": {"a b": {}}},
        {"nodes": {"x" * 129: {}}},
        {"nodes": {"..": {}}},
        {"nodes": {"a": 5}},
        {"nodes": {"a": {"posX": "left"}}},
        {"nodes": [{"type": "no key"}]},
        {"nodes": [{"_key": 5}]},
        {"nodes": ["a"]},
        {"nodes": [{"_key": "a"}, {"_key": "a"}]},
    ],
)
def test_an_impossible_graph_is_not_made_and_not_put(editor: Caller, graph: dict[str, Any]) -> None:
    """REST-NEW-2, GRAPH-KEY-1, GRAPH-NODE-1, GRAPH-EDGE-2"""
    body = {"name": "x", "category": "impossible", **graph}
    refused(editor.post("/api/workflow", json=body), 422, "invalid_graph")
    assert ok(editor.get("/api/workflow?category=impossible"))["total"] == 0
    key = editor.new_workflow(nodes={"kept": {}})
    error = refused(editor.put(f"/api/workflow/{key}", json=graph), 422, "invalid_graph")
    assert "index" not in error
    assert [node["_key"] for node in editor.workflow(key)["nodes"]] == ["kept"]


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype", ""])
@pytest.mark.parametrize("where", ["nodes", "data"])
def test_names_that_pollute_javascript_objects_are_refused(
    editor: Caller, where: str, name: str
) -> None:
    """INS-KEY-1"""
    hostile: list[dict[str, Any]] = [{name: {}}, {"a": {"deep": [{name: {}}]}}]
    for parts in hostile:
        answer = editor.post("/api/workflow", json={"name": "x", where: parts})
        assert answer.status_code == 422, answer.text
        key = editor.new_workflow()
        answer = editor.put(f"/api/workflow/{key}", json={where: parts})
        assert answer.status_code == 422, answer.text
        assert editor.workflow(key)["seq"] == 0


def test_a_change_of_some_fields_is_one_batch_and_leaves_the_others(editor: Caller) -> None:
    """REST-PUT-1"""
    key = editor.new_workflow(nodes=NODES, edges=EDGES, description="stays")
    before = editor.workflow(key)
    changed = ok(editor.put(f"/api/workflow/{key}", json={"name": "New", "category": "c"}))
    assert changed.keys() == {"workflow"}
    assert changed["workflow"].keys() == before.keys() - {"nodes", "edges"}
    after = editor.workflow(key)
    assert after == before | {
        "name": "New",
        "category": "c",
        "seq": 1,
        "updatedAt": after["updatedAt"],
    }
    assert {name: after[name] for name in changed["workflow"]} == changed["workflow"]


def test_a_field_put_as_null_is_emptied_and_a_name_cannot_be(editor: Caller) -> None:
    key = editor.new_workflow(category="c")
    ok(editor.put(f"/api/workflow/{key}", json={"category": None}))
    assert editor.workflow(key)["category"] is None
    for body in ({"name": None}, {"nodes": None}, {"data": None}):
        refused(editor.put(f"/api/workflow/{key}", json=body), 422, "validation_error")


def test_a_put_that_changes_nothing_takes_no_seq(editor: Caller) -> None:
    """REST-PUT-2"""
    key = editor.new_workflow(nodes=NODES, edges=EDGES)
    body = {"name": "Flow", "nodes": as_array(NODES), "edges": EDGES, "data": {}}
    assert ok(editor.put(f"/api/workflow/{key}", json=body))["workflow"]["seq"] == 0
    assert ok(editor.put(f"/api/workflow/{key}", json={}))["workflow"]["seq"] == 0
    assert ok(editor.get(f"/api/history/{key}"))["total"] == 0


def test_given_nodes_replace_the_set_by_the_smallest_instructions(editor: Caller) -> None:
    """REST-PUT-1"""
    key = editor.new_workflow(nodes=NODES, edges=EDGES)
    moved = NODES | {"a": {**NODES["a"], "posX": 7}}
    ok(editor.put(f"/api/workflow/{key}", json={"nodes": moved}))
    assert editor.newest_batch(key)["instructions"] == [
        {"o": 1, "p": ["nodes", "a", "posX"], "v": 7}
    ]
    ok(editor.put(f"/api/workflow/{key}", json={"nodes": {"a": moved["a"], "c": {}}}))
    read = editor.workflow(key)
    assert [node["_key"] for node in read["nodes"]] == ["a", "c"]
    assert read["edges"] == []
    assert editor.newest_batch(key)["instructions"][-1] == {"o": 2, "p": ["edges", "a-b"]}


def test_what_only_the_server_writes_cannot_be_written(people: People) -> None:
    """SPACE-STAY-1, REST-JSON-3"""
    forged: dict[str, Any] = {
        "_key": "forged", "_id": "forged", "_rev": "forged", "key": "forged", "seq": 99,
        "epoch": "forged", "createdAt": 5, "updatedAt": 5, "roles": ["admin"],
    }  # fmt: skip
    key = people.editor.new_workflow(**forged, workspace=people.team)
    made = people.editor.workflow(key)
    assert made["createdAt"] > 5 < made["updatedAt"]
    assert (made["_key"], made["seq"], made["workspace"]) == (key, 0, people.team)
    body = {**forged, "workspace": "default"}
    ok(people.editor.put(f"/api/workflow/{key}", json=body))
    assert people.editor.workflow(key) == made
    refused(people.editor.get("/api/workflow/forged"), 404, "not_found")


def test_a_batch_is_told_with_its_seq_and_an_id_sent_again_takes_none(editor: Caller) -> None:
    """REST-INS-1, REST-INS-2, WS-ACK-1"""
    key = editor.new_workflow(nodes=NODES, edges=EDGES, data={"log": []})
    batch = {"o": 2, "p": ["nodes", "a"]}, {"o": 3, "p": ["data", "log"], "v": 1}
    first, again = (ok(instruct(editor, key, *batch, id="once")) for _ in range(2))
    assert first == again
    assert (first["seq"], type(first["timestamp"])) == (1, int)
    assert first["instructions"] == [*batch, {"o": 2, "p": ["edges", "a-b"]}]
    plain = ok(instruct(editor, key, batch[1]))
    assert plain.keys() == {"seq", "timestamp"}
    assert editor.workflow(key)["data"]["log"] == [1, 1]


@pytest.mark.parametrize(
    ("batch", "code", "index"),
    [
        ([{"o": 1, "p": ["data", "no", "where"], "v": 1}], "path_not_found", 0),
        ([{"o": 1, "p": ["name"], "v": "x"}, {"o": 99}], "invalid_instruction", 1),
        ([{"o": 1, "p": ["name"], "v": "x"}, 5], "invalid_instruction", 1),
        ([None], "invalid_instruction", 0),
        ([{"o": "1", "p": "name", "v": "x"}], "invalid_instruction", 0),
        ([{"o": 13, "p": ["data", "log"]}], "type_mismatch", 0),
        ([{"o": 1, "p": ["edges", "e", "target"], "v": "no"}], "invalid_graph", None),
    ],
)
def test_a_refused_batch_tells_its_code_and_index_and_changes_nothing(
    editor: Caller, flow: str, batch: list[Any], code: str, index: int | None
) -> None:
    """REST-ERR-3, REST-INS-1"""
    before = editor.workflow(flow)
    error = refused(instruct(editor, flow, *batch), 422, code)
    if index is not None:
        assert error["index"] == index
    assert editor.workflow(flow) == before


@pytest.mark.parametrize(
    "body",
    [
        {"instructions": []},
        {"instructions": [{"o": 3, "p": ["data", "log"], "v": 1}] * 257},
        {"instructions": {"o": 3, "p": ["data", "log"], "v": 1}},
        {"instructions": [{"o": 3, "p": ["data", "log"], "v": 1}], "id": 5},
        {"instructions": [{"o": 3, "p": ["data", "log"], "v": 1}], "id": "x" * 65},
        {"instructions": [{"o": 3, "p": ["data", "log"], "v": 1}], "id": "a\0b"},
    ],
)
def test_what_is_no_batch_is_a_validation_error(editor: Caller, flow: str, body: Any) -> None:
    """REST-INS-1, REST-INS-2"""
    answer = editor.post(f"/api/workflow/{flow}/instructions", json=body)
    refused(answer, 422, "validation_error")


def test_only_the_newest_state_can_be_asked_for_by_its_seq(editor: Caller, flow: str) -> None:
    assert ok(editor.get(f"/api/workflow/{flow}?seq=1"))["workflow"] == editor.workflow(flow)
    refused(editor.get(f"/api/workflow/{flow}?seq=2"), 404, "not_found")


def test_the_history_tells_who_changed_what_newest_first(people: People) -> None:
    """REST-HISTORY-1, REST-HISTORY-2, REST-INS-2"""
    key = people.owner.new_workflow(workspace=people.team, data={})
    sent = [[{"o": 1, "p": ["data", "n"], "v": n}] for n in range(5)]
    told = [
        ok(instruct(caller, key, *batch))
        for caller, batch in zip([people.editor, people.owner] * 3, sent, strict=False)
    ]
    answer = ok(people.viewer.get(f"/api/history/{key}"))
    assert answer["total"] == 5
    assert answer["history"] == [
        {
            "seq": n + 1,
            "timestamp": told[n]["timestamp"],
            "instructions": sent[n],
            "userId": caller.user_id,
            "username": caller.name,
            "clientId": None,
        }
        for n, caller in reversed(
            list(enumerate([people.editor, people.owner] * 2 + [people.editor]))
        )
    ]
    for query, seqs in (
        ("limit=2", [5, 4]), ("before=4&limit=2", [3, 2]), ("before=1", []), ("before=0", []),
        ("before=99&limit=1000", [5, 4, 3, 2, 1]),
    ):  # fmt: skip
        page = ok(people.viewer.get(f"/api/history/{key}?{query}"))
        assert ([entry["seq"] for entry in page["history"]], page["total"]) == (seqs, 5)


def test_a_user_who_is_gone_has_no_name_in_the_history(people: People, flow: str) -> None:
    """REST-HISTORY-1"""
    from accounts import tokens
    from accounts.models import User
    from accounts.roles import Role

    user = User.objects.create_user("soon-gone", joins={people.team: Role.EDITOR})
    token = tokens.issue(user).token
    with Caller(str(people.editor.base_url), "soon-gone", token) as leaving:
        ok(instruct(leaving, flow, {"o": 1, "p": ["name"], "v": "x"}))
    user.delete()
    assert people.editor.newest_batch(flow)["username"] is None


def test_a_list_is_filtered_paged_counted_and_newest_first(editor: Caller) -> None:
    """REST-LIST-1, REST-LIST-2, REST-LIST-3"""
    keys = [editor.new_workflow(category="paged") for _ in range(7)]
    timestamp = ok(instruct(editor, keys[2], {"o": 1, "p": ["name"], "v": "x"}))["timestamp"]
    flows = ok(editor.get("/api/workflow?category=paged"))["workflows"]
    assert {flow["_key"] for flow in flows} == set(keys)
    assert flows == sorted(flows, key=lambda flow: (-flow["updatedAt"], flow["_key"]))
    newest = next(flow for flow in flows if flow["_key"] == keys[2])
    assert (newest["name"], newest["updatedAt"]) == ("x", timestamp)
    for query, page in (
        ("limit=2", flows[:2]), ("limit=2&offset=5", flows[5:]), ("offset=7", []),
        (f"offset={2**53}", []),
    ):  # fmt: skip
        answer = ok(editor.get(f"/api/workflow?category=paged&{query}"))
        assert answer == {"workflows": page, "total": 7}


def test_a_deleted_workflow_is_gone_with_its_history(editor: Caller, flow: str) -> None:
    """REST-DELETE-1"""
    ok(editor.delete(f"/api/workflow/{flow}"), 204)
    for method, path in (
        ("GET", "workflow/{}"), ("PUT", "workflow/{}"), ("DELETE", "workflow/{}"),
        ("POST", "workflow/{}/instructions"), ("GET", "history/{}"),
    ):  # fmt: skip
        body = {"instructions": [{"o": 1, "p": ["name"], "v": "x"}]}
        answer = editor.request(method, f"/api/{path.format(flow)}", json=body)
        refused(answer, 404, "not_found")
