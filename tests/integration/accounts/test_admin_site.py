"""The admin site, as somebody uses it who has just run createadmin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts import tokens
from accounts.admins import create_admin
from accounts.models import LoginSession, Membership, User, Workspace

from .wire import OTHER_PASSWORD, PASSWORD, Api, claims_of

USERS = "/admin/accounts/user/"


@pytest.fixture
def site(db: None) -> Client:
    """A browser in which the admin has logged in by the form."""
    create_admin("root", PASSWORD)
    client = Client()
    form = {"username": "ROOT", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", form).headers["Location"] == "/admin/"
    return client


def post(client: Client, path: str, fields: dict[str, Any], expected: int = 302) -> str:
    response = client.post(path, fields if "action" in fields else fields | {"_save": "Save"})
    text = response.content.decode()
    assert response.status_code == expected, re.findall(r"errorlist.*?</ul>", text, re.DOTALL)
    return text


def add(
    client: Client, username: str, expected: int = 302, fields: dict[str, str] | None = None
) -> str:
    filled = {
        "username": username,
        "email": "",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    return post(client, f"{USERS}add/", filled | (fields or {}), expected)


def test_every_page_opens(site: Client, ann: User) -> None:
    tokens.issue(ann)
    session = LoginSession.objects.get()
    for path in (
        "/admin/",
        USERS,
        f"{USERS}add/",
        f"{USERS}?q=ANN&is_active__exact=1",
        f"{USERS}{ann.pk}/change/",
        f"{USERS}{ann.pk}/password/",
        f"{USERS}{ann.pk}/history/",
        f"{USERS}{ann.pk}/delete/",
        "/admin/accounts/workspace/",
        "/admin/accounts/workspace/add/",
        "/admin/accounts/workspace/default/change/",
        "/admin/accounts/loginsession/?q=ann",
        f"/admin/accounts/loginsession/{session.pk}/change/",
        "/admin/password_change/",
        "/admin/autocomplete/?app_label=accounts&model_name=membership&field_name=user&term=a",
    ):
        assert site.get(path).status_code == 200, path
    assert site.get("/admin/accounts/loginsession/add/").status_code == 403
    assert 'href="/admin/accounts/user/add/"' in site.get("/admin/").content.decode()


def test_a_user_who_is_added_can_log_in_and_edits_in_the_default_workspace(site: Client) -> None:
    add(site, "Ann")
    answer = Api().log_in("ann")
    assert answer["user"]["roles"] == ["user"]
    assert Membership.objects.get(user__username="Ann").role == "editor"


def test_a_user_without_a_password_can_be_added(site: Client) -> None:
    add(site, "Ann", fields={"usable_password": "false", "password1": "", "password2": ""})
    assert not User.objects.get(username="Ann").has_usable_password()


@pytest.mark.parametrize("variant", ["ANN", "ａnn", "ann"])
def test_a_name_that_is_taken_in_another_form_is_an_error_in_the_form(
    site: Client, ann: User, variant: str
) -> None:
    assert "exists already" in add(site, variant, 200)
    bob = User.objects.create_user("bob", PASSWORD)
    change = f"{USERS}{bob.pk}/change/"
    assert "exists already" in post(site, change, {"username": variant, "is_active": "on"}, 200)
    post(site, f"{USERS}{ann.pk}/change/", {"username": "Ann", "is_active": "on"})


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "a/b"},
        {"password2": "another"},
        {"password1": "short", "password2": "short"},
        {"password1": "with\0NUL-inside", "password2": "with\0NUL-inside"},
        {"password1": "x" * 1025, "password2": "x" * 1025},
    ],
)
def test_what_cannot_be_accepted_is_an_error_in_the_form(
    site: Client, fields: dict[str, str]
) -> None:
    assert "errorlist" in add(site, fields.get("username", "new"), 200, fields)
    assert User.objects.count() == 1


def test_a_user_is_found_and_disabling_ends_all_sessions(site: Client, api: Api, ann: User) -> None:
    found = site.get(USERS, {"q": "ann"}).content.decode()
    path = re.search(r'href="([^"?]*/user/[^"?/]+/change/)', found)
    assert path
    page = site.get(path[1]).content.decode()
    assert re.search(r'name="username" value="ann"', page)
    assert re.search(r'name="is_active"[^>]*checked', page)
    post(site, path[1], {"username": "ann", "email": ""})
    assert not api.is_in()
    assert LoginSession.objects.get().revoked_at
    assert api.token is not None
    assert tokens.ended([claims_of(api.token)["jti"]])


@pytest.mark.parametrize("usable", ["true", "false"])
def test_resetting_a_password_ends_all_sessions(
    site: Client, api: Api, ann: User, usable: str
) -> None:
    post(
        site,
        f"{USERS}{ann.pk}/password/",
        {
            "usable_password": usable,
            "password1": OTHER_PASSWORD,
            "password2": OTHER_PASSWORD,
            "set-password" if usable == "true" else "unset-password": "1",
        },
    )
    assert not api.is_in()
    ann.refresh_from_db()
    assert ann.check_password(OTHER_PASSWORD) == (usable == "true")


def test_saving_a_user_unchanged_ends_nothing(site: Client, api: Api, ann: User) -> None:
    fields = {"username": "ann", "email": "ann@example.org", "is_active": "on"}
    post(site, f"{USERS}{ann.pk}/change/", fields)
    assert api.is_in()


def test_an_admin_can_be_made_and_unmade(site: Client, api: Api, ann: User) -> None:
    path = f"{USERS}{ann.pk}/change/"
    plain = {"username": "ann", "is_active": "on"}
    post(site, path, plain | {"is_staff": "on", "is_superuser": "on"})
    assert api.call("GET", "auth/me")[1]["user"]["roles"] == ["admin", "user"]
    post(site, path, plain)
    assert api.call("GET", "auth/me")[1]["user"]["roles"] == ["user"]


def test_deleting_a_user_ends_all_sessions(site: Client, api: Api, ann: User) -> None:
    post(site, f"{USERS}{ann.pk}/delete/", {"post": "yes"})
    assert not api.is_in()


def test_sessions_are_revoked_from_their_list(site: Client, api: Api) -> None:
    """AUTH-LOGOUT-1"""
    other = Api(address="192.0.2.2")
    other.log_in("ann")
    assert api.token is not None
    key = claims_of(api.token)["jti"]
    post(site, "/admin/accounts/loginsession/", {"action": "revoke", "_selected_action": [key]})
    assert not api.is_in()
    assert other.is_in()


def test_a_workspace_is_made_with_its_members_and_cannot_be_deleted(
    site: Client, ann: User
) -> None:
    inline = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": ann.pk,
        "memberships-0-role": "viewer",
    }
    post(site, "/admin/accounts/workspace/add/", {"name": "Team"} | inline)
    team = Workspace.objects.get(name="Team")
    assert len(team.key) == 20
    assert Membership.objects.get(workspace=team).role == "viewer"
    assert site.get(f"/admin/accounts/workspace/{team.key}/delete/").status_code == 403


def test_the_admins_own_new_password_ends_sessions_over_rest_but_not_this_browser(
    site: Client,
) -> None:
    api = Api()
    api.log_in("root")
    post(
        site,
        "/admin/password_change/",
        {
            "old_password": PASSWORD,
            "new_password1": OTHER_PASSWORD,
            "new_password2": OTHER_PASSWORD,
        },
    )
    assert not api.is_in()
    assert site.get("/admin/").status_code == 200


def test_a_plain_user_does_not_get_in(ann: User) -> None:
    client = Client()
    form = {"username": "ann", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", form).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_a_form_without_its_csrf_token_is_refused_and_no_page_can_be_framed(site: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = site.cookies
    assert strict.post(f"{USERS}add/", {"username": "evil"}).status_code == 403
    assert site.get(USERS).headers["X-Frame-Options"] == "DENY"
    assert Client().get("/admin/login/").headers["X-Frame-Options"] == "DENY"


def test_a_session_of_the_admin_site_is_worth_nothing_for_the_api(site: Client) -> None:
    """REST-AUTH-3"""
    assert Api(client=site).call("GET", "auth/me")[0] == 401
