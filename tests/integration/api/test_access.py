"""Who may do what: every call that needs a role, as each kind of caller."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.integration.api.wire import People, ok, refused

#: The least role that may, by call. In paths, {} is the key of a thing in the workspace `team`.
NEEDS = {
    ("GET", "workflow/{}"): "viewer",
    ("GET", "history/{}"): "viewer",
    ("PUT", "workflow/{}"): "editor",
    ("POST", "workflow/{}/instructions"): "editor",
    ("DELETE", "workflow/{}"): "editor",
    ("POST", "workflow"): "editor",
    ("POST", "category"): "editor",
    ("PUT", "category/{}"): "editor",
    ("DELETE", "category/{}"): "editor",
    ("POST", "nodeconfig"): "editor",
    ("GET", "nodeconfig/{}"): "viewer",
    ("PUT", "nodeconfig/{}"): "editor",
    ("DELETE", "nodeconfig/{}"): "editor",
    ("POST", "datatype"): "editor",
    ("GET", "datatype/{}"): "viewer",
    ("PUT", "datatype/{}"): "editor",
    ("DELETE", "datatype/{}"): "editor",
}

#: What each caller amounts to in `team`, ascending from "viewer" on.
RANKS = {"viewer": 1, "editor": 2, "owner": 3, "admin": 3}

CATALOGS = {"category": "categoryKey", "nodeconfig": "nodeConfigKey", "datatype": "dataTypeKey"}


@dataclass(frozen=True)
class Thing:
    """Something in the workspace `team`: the name it was given, its key, and what it answers to."""

    path: str
    name: str
    key: str


def thing(people: People, path: str, name: str) -> Thing:
    """Make what the call at this path is about."""
    kind = path.split("/")[0]
    if kind in ("workflow", "history"):
        return Thing(path, name, people.owner.new_workflow(name=name, workspace=people.team))
    body = {"name": name, "type": name, "workspace": people.team}
    return Thing(path, name, ok(people.owner.post(f"/api/{kind}", json=body), 201)[CATALOGS[kind]])


@pytest.mark.parametrize("who", ["nobody", "stranger", "viewer", "editor", "owner", "admin"])
@pytest.mark.parametrize(("method", "path"), NEEDS)
def test_each_caller_may_do_what_the_role_allows(
    people: People, method: str, path: str, who: str, request: pytest.FixtureRequest
) -> None:
    """SPACE-ROLE-1, SPACE-ROLE-2"""
    made = thing(people, path, request.node.name)
    body = {
        "name": f"{request.node.name} by {who}",
        "type": f"{request.node.name} by {who}",
        "workspace": people.team,
        "instructions": [{"o": 1, "p": ["name"], "v": "x"}],
    }
    answer = people.by_name(who).request(
        method, f"/api/{path.format(made.key)}", json=None if method in ("GET", "DELETE") else body
    )
    if who == "nobody":
        refused(answer, 401, "unauthorized")
    elif who == "stranger":
        refused(answer, 404, "not_found")
        assert made.name not in answer.text
    elif RANKS[who] < RANKS[NEEDS[method, path]]:
        refused(answer, 403, "forbidden")
    else:
        assert answer.status_code in (200, 201, 204), answer.text


@pytest.mark.parametrize("who", ["nobody", "stranger", "viewer", "editor", "owner", "admin"])
def test_how_the_processes_are_is_told_to_administrators_alone(people: People, who: str) -> None:
    """REST-CLUSTER-1"""
    answer = people.by_name(who).get("/api/cluster")
    if who == "nobody":
        refused(answer, 401, "unauthorized")
    elif who != "admin":
        refused(answer, 403, "forbidden")
    else:
        assert [each["here"] for each in ok(answer)["processes"]].count(True) <= 1


@pytest.mark.parametrize("path", ["workflow/{}", "history/{}", "nodeconfig/{}", "datatype/{}"])
def test_to_a_stranger_a_thing_looks_exactly_as_if_it_were_missing(
    people: People, path: str, request: pytest.FixtureRequest
) -> None:
    """SPACE-ROLE-2"""
    made = thing(people, path, request.node.name)
    there = refused(people.stranger.get(f"/api/{path.format(made.key)}"), 404, "not_found")
    missing = refused(people.stranger.get(f"/api/{path.format('0' * 32)}"), 404, "not_found")
    assert there == missing


@pytest.mark.parametrize("kind", ["workflow", *CATALOGS])
@pytest.mark.parametrize("asked", [{}, {"workspace": "team"}, {"workspace": "default"}])
def test_a_list_shows_what_one_may_see_and_nothing_else(
    people: People, kind: str, asked: dict[str, str], request: pytest.FixtureRequest
) -> None:
    """REST-LIST-1, CATALOG-LIST-1"""
    made = thing(people, kind, request.node.name)
    params = {name: people.team if value == "team" else value for name, value in asked.items()}
    for who in ("stranger", "viewer", "editor", "owner", "admin"):
        answer = people.by_name(who).get(f"/api/{kind}", params=params)
        seen = who != "stranger" and asked.get("workspace") != "default"
        assert (made.key in answer.text) == seen, (who, answer.text[:300])
        assert ok(answer)["total"] >= seen


@pytest.mark.parametrize("kind", ["workflow", *CATALOGS])
def test_in_a_workspace_that_does_not_exist_nothing_can_be_made(people: People, kind: str) -> None:
    body = {"name": "x", "type": "x", "workspace": "no\0such"}
    for caller in (people.stranger, people.editor, people.admin):
        refused(caller.post(f"/api/{kind}", json=body), 404, "not_found")


@pytest.mark.parametrize("kind", ["workflow", *CATALOGS])
def test_what_is_made_without_a_workspace_is_in_the_default_one(people: People, kind: str) -> None:
    """SPACE-STAY-1, SPACE-DEFAULT-1"""
    body = {"name": f"in default {kind}", "type": "in default"}
    key = next(iter(ok(people.editor.post(f"/api/{kind}", json=body), 201).values()))
    listed = ok(people.editor.get(f"/api/{kind}", params={"workspace": "default", "limit": 1000}))
    entries = next(value for value in listed.values() if isinstance(value, list))
    assert [each["workspace"] for each in entries if each["_key"] == key] == ["default"]
