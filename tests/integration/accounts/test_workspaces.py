"""Workspaces: who sees what, who may change whom, and what happens to the last owner."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from accounts import access, tokens
from accounts.access import Principal, Role
from accounts.errors import Forbidden, NotFound
from accounts.models import Membership, User, Workspace

from .wire import PASSWORD, Api


@dataclass(frozen=True)
class Team:
    """A workspace, and somebody of each kind, logged in."""

    key: str
    people: dict[str, Api]

    def principal(self, name: str) -> Principal:
        return tokens.authenticate(self.people[name].token or "")

    def member(self, username: str) -> str:
        return f"workspace/{self.key}/member/{username}"


@pytest.fixture
def team(db: None) -> Team:
    """Owner, editor and viewer of one workspace; a stranger and an admin, who are no members."""
    workspace = Workspace.objects.create(name="Team")
    people = {}
    for name in ("owner", "editor", "viewer", "stranger", "admin"):
        user = User.objects.create_user(name, PASSWORD, is_admin=name == "admin")
        if name not in ("stranger", "admin"):
            Membership.objects.create(workspace=workspace, user=user, role=name)
        people[name] = Api(tokens.issue(user).token)
    return Team(workspace.key, people)


def roles(api: Api) -> dict[str, str]:
    status, answer = api.call("GET", "workspace")
    assert status == 200
    return {space["_key"]: space["role"] for space in answer["workspaces"]}


ROLES = {"owner": "owner", "editor": "editor", "viewer": "viewer", "stranger": None}


@pytest.mark.parametrize("name", [*ROLES, "admin"])
def test_everybody_sees_the_workspaces_they_are_in_and_an_admin_all(team: Team, name: str) -> None:
    seen = roles(team.people[name])
    if name == "admin":
        assert seen == {"default": "owner", team.key: "owner"}
        assert access.visible_workspaces(team.principal(name)) is None
    else:
        expected = {"default": "editor"} | ({team.key: ROLES[name]} if ROLES[name] else {})
        assert seen == expected
        assert access.visible_workspaces(team.principal(name)) == tuple(sorted(expected))


@pytest.mark.parametrize("held", [*ROLES, "admin"])
@pytest.mark.parametrize("asked", list(Role))
def test_a_role_covers_what_is_below_it_and_a_stranger_finds_nothing(
    team: Team, held: str, asked: Role
) -> None:
    """SPACE-ROLE-1, SPACE-ROLE-2"""
    principal = team.principal(held)
    order = [None, "viewer", "editor", "owner"]
    has = "owner" if held == "admin" else ROLES[held]
    if has is None:
        with pytest.raises(NotFound, match="The workflow 'x'"):
            access.require(principal, team.key, asked, "The workflow 'x'")
    elif order.index(has) < order.index(asked):
        with pytest.raises(Forbidden):
            access.require(principal, team.key, asked, "The workflow 'x'")
    else:
        assert access.require(principal, team.key, asked, "The workflow 'x'") == has


@pytest.mark.parametrize("key", ["nothing", "", "a\0b", "' OR 1=1 --", "x" * 5000])
@pytest.mark.parametrize("name", ["owner", "admin"])
def test_a_workspace_that_is_not_there_is_not_there_for_an_admin_either(
    team: Team, name: str, key: str
) -> None:
    assert access.role_in(team.principal(name), key) is None


@pytest.mark.parametrize(
    ("name", "status"),
    [("owner", 204), ("admin", 204), ("editor", 403), ("viewer", 403), ("stranger", 404)],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_members_are_an_owners_business(team: Team, name: str, status: int, method: str) -> None:
    """SPACE-ROLE-1"""
    path = team.member("viewer")
    before = list(Membership.objects.order_by("pk").values_list())
    got, answer = team.people[name].call(method, path, {"role": "editor"})
    assert got == status
    if status != 204:
        assert answer["error"] == {403: "forbidden", 404: "not_found"}[status]
        assert list(Membership.objects.order_by("pk").values_list()) == before
    else:
        assert roles(team.people["viewer"]).get(team.key) == ("editor" if method == "PUT" else None)


@pytest.mark.parametrize("name", ["owner", "editor", "viewer", "admin"])
def test_a_member_sees_who_the_others_are_and_a_stranger_nothing(team: Team, name: str) -> None:
    """SPACE-MEMBERS-1, SPACE-ROLE-2"""
    path = f"workspace/{team.key}/member"
    members = [{"username": each, "role": each} for each in ("editor", "owner", "viewer")]
    assert team.people[name].call("GET", path) == (200, {"members": members, "total": 3})
    part = team.people[name].call("GET", f"{path}?limit=1&offset=1")
    assert part == (200, {"members": members[1:2], "total": 3})
    for key in (team.key, "nothing"):
        status, answer = team.people["stranger"].call("GET", f"workspace/{key}/member")
        assert (status, answer["error"]) == (404, "not_found")


def test_members_are_listed_by_name_whatever_its_case(team: Team) -> None:
    for name in ("Zoe", "Éva", "adam"):
        Membership.objects.create(
            workspace_id=team.key, user=User.objects.create_user(name), role="viewer"
        )
    _, answer = team.people["owner"].call("GET", f"workspace/{team.key}/member")
    names = [each["username"] for each in answer["members"]]
    assert names == ["adam", "editor", "owner", "viewer", "Zoe", "Éva"]


def test_a_stranger_gets_the_same_answer_for_a_workspace_that_does_not_exist(team: Team) -> None:
    """SPACE-ROLE-2"""
    stranger, body = team.people["stranger"], {"role": "owner"}
    real = stranger.call("PUT", team.member("stranger"), body)
    status, answer = stranger.call("PUT", "workspace/nothing/member/stranger", body)
    assert real == (status, answer | {"message": answer["message"].replace("nothing", team.key)})


def test_who_makes_a_workspace_owns_it_and_nobody_else_sees_it(team: Team) -> None:
    """SPACE-NEW-1"""
    status, answer = team.people["stranger"].call("POST", "workspace", {"name": "  Mine 李 "})
    assert status == 201
    key = answer["workspaceKey"]
    assert roles(team.people["stranger"])[key] == "owner"
    assert key not in roles(team.people["owner"])
    assert team.people["stranger"].call("PUT", f"workspace/{key}/member/viewer", {"role": "viewer"})
    assert roles(team.people["viewer"])[key] == "viewer"


@pytest.mark.parametrize(
    "body",
    [{}, {"name": 1}, {"name": ""}, {"name": "  "}, {"name": "a\0"}, {"name": "x" * 201}, []],
)
def test_a_workspace_without_a_fit_name_is_not_made(team: Team, body: object) -> None:
    assert team.people["owner"].call("POST", "workspace", body)[0] == 422
    assert Workspace.objects.count() == 2


@pytest.mark.parametrize("body", [{"role": "king"}, {"role": 1}, {"role": None}, {}, {"role": ""}])
def test_a_role_that_there_is_not_is_422(team: Team, body: object) -> None:
    status, answer = team.people["owner"].call("PUT", team.member("stranger"), body)
    assert (status, answer["error"]) == (422, "validation_error")


def test_fields_that_nobody_asked_for_change_nothing(team: Team) -> None:
    body = {
        "role": "viewer",
        "user": "owner",
        "workspace": "default",
        "_key": "x",
        "is_admin": True,
    }
    assert team.people["owner"].call("PUT", team.member("stranger"), body)[0] == 204
    stranger = User.objects.get(username="stranger")
    assert roles(team.people["stranger"]) == {"default": "editor", team.key: "viewer"}
    assert not stranger.is_superuser


@pytest.mark.parametrize("name", ["no-such-user", "a%00b", "%2e%2e", "x" * 3000])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_user_who_does_not_exist_is_404(team: Team, name: str, method: str) -> None:
    status, answer = team.people["owner"].call(method, team.member(name), {"role": "viewer"})
    assert (status, answer["error"]) == (404, "not_found")


def test_a_member_is_found_by_any_form_of_the_name(team: Team) -> None:
    assert team.people["owner"].call("PUT", team.member("STRANGER"), {"role": "viewer"})[0] == 204
    assert roles(team.people["stranger"])[team.key] == "viewer"


def test_removing_somebody_who_is_no_member_says_so(team: Team) -> None:
    assert team.people["owner"].call("DELETE", team.member("stranger"))[0] == 404


@pytest.mark.parametrize("name", ["owner", "admin"])
def test_the_last_owner_stays_until_somebody_else_is_owner(team: Team, name: str) -> None:
    """SPACE-NEW-1"""
    api = team.people[name]
    for method, body in (("PUT", {"role": "editor"}), ("DELETE", None)):
        status, answer = api.call(method, team.member("owner"), body)
        assert (status, answer["error"]) == (409, "conflict")
    assert api.call("PUT", team.member("owner"), {"role": "owner"})[0] == 204
    assert api.call("PUT", team.member("editor"), {"role": "owner"})[0] == 204
    assert api.call("DELETE", team.member("owner"))[0] == 204
    assert team.key not in roles(team.people["owner"])


def test_an_admin_manages_the_default_workspace_which_has_no_owner(team: Team) -> None:
    member = "workspace/default/member/stranger"
    assert team.people["owner"].call("DELETE", member)[0] == 403
    assert team.people["admin"].call("DELETE", member)[0] == 204
    assert roles(team.people["stranger"]) == {}


@pytest.mark.parametrize("body", [{"username": 1, "password": "x"}, {"username": "x"}, {}, [], "x"])
def test_a_login_of_the_wrong_shape_is_422(db: None, body: object) -> None:
    assert Api().call("POST", "auth/login", body)[0] == 422
