"""Logging in through a provider; the example of docs/auth-providers.md works as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import tokens
from accounts.backends import AuthProvider, ProviderBackend, ProviderUser
from accounts.errors import Unauthorized
from accounts.models import Membership, User

from .wire import PASSWORD, Api

THERE = "at-the-provider"
ROOT = Path(__file__).resolve().parents[3]


class Provider:
    """Knows people by id, all with the same password; keeps what it was asked."""

    def __init__(self) -> None:
        self.people = {"1": "Ada"}
        self.asked: list[tuple[str, str]] = []

    def authenticate(self, username: str, password: str) -> ProviderUser | None:
        self.asked.append((username, password))
        for id, name in self.people.items():
            if name.casefold() == username.casefold() and password == THERE:
                return ProviderUser(id, name)
        return None

    def get_user_by_id(self, id: str) -> ProviderUser | None:
        return ProviderUser(id, self.people[id]) if id in self.people else None


class Backend(ProviderBackend):
    name = "test"
    provider: ClassVar[Provider] = Provider()


@pytest.fixture
def provider(db: None, settings: Settings) -> Provider:
    """A provider with Ada in it, asked after Nodius itself."""
    settings.AUTHENTICATION_BACKENDS = [
        "accounts.backends.LocalBackend",
        f"{__name__}.Backend",
    ]
    Backend.provider = Provider()
    return Backend.provider


def log_in(username: str, password: str = THERE) -> int:
    body = {"username": username, "password": password}
    return Api().call("POST", "auth/login", body)[0]


def test_the_example_of_the_docs_logs_somebody_in(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "auth-providers.md").read_text(encoding="utf-8")
    files = re.findall(r"<!-- (\w+\.py) -->\n```python\n(.*?)```", text, re.DOTALL)
    assert [name for name, _ in files] == ["directory_login.py", "my_settings.py"]
    for name, code in files:
        (tmp_path / name).write_text(code, encoding="utf-8")
    script = """
import django, json
django.setup()
from django.test import Client
from nodius_site import tables
tables.make_current()
def log_in(username, password):
    body = json.dumps({"username": username, "password": password})
    return Client().post("/api/auth/login", body, content_type="application/json")
first, again = log_in("ada", "Lovelace-1815").json(), log_in("ADA", "Lovelace-1815").json()
print(json.dumps([first["user"], again["user"], log_in("ada", "wrong").status_code]))
"""
    environment = os.environ | {
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "my_settings",
        "NODIUS_DATA_DIR": str(tmp_path / "data"),
    }
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    first, again, wrong = json.loads(ran.stdout)
    assert first["username"] == "Ada"
    assert first["roles"] == ["user"]
    assert again == first
    assert wrong == 401


def test_whoever_the_provider_vouches_for_becomes_an_editor_of_the_default_workspace(
    provider: Provider,
) -> None:
    assert isinstance(provider, AuthProvider)
    assert log_in("ada") == 200
    user = User.objects.get(username="Ada")
    assert not user.has_usable_password()
    assert not user.is_superuser
    assert Membership.objects.get(user=user).role == "editor"
    assert log_in("ada", "") == 401
    assert log_in("ada", "wrong") == 401
    assert log_in("bob") == 401


def test_an_empty_password_never_reaches_a_provider(provider: Provider) -> None:
    assert log_in("ada", "") == 401
    assert provider.asked == []


def test_a_rename_at_the_provider_keeps_the_user(provider: Provider) -> None:
    assert log_in("ada") == 200
    before = User.objects.get()
    provider.people["1"] = "Countess"
    assert log_in("countess") == 200
    after = User.objects.get()
    assert (after.pk, after.username) == (before.pk, "Countess")


def test_a_rename_to_a_name_that_is_taken_keeps_the_old_one(provider: Provider) -> None:
    assert log_in("ada") == 200
    bob = User.objects.create_user("bob", PASSWORD)
    provider.people["1"] = "BOB"
    assert log_in("bob") == 200
    assert set(User.objects.values_list("username", flat=True)) == {"Ada", "bob"}
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_a_local_user_of_the_same_name_is_never_taken_over(provider: Provider) -> None:
    local = User.objects.create_user("ADA", PASSWORD, is_admin=True)
    assert log_in("ada") == 401
    assert list(User.objects.values_list("pk", "provider_id")) == [(local.pk, None)]
    assert log_in("ada", PASSWORD) == 200


def test_another_user_of_the_provider_with_a_name_once_used_is_somebody_else(
    provider: Provider,
) -> None:
    assert log_in("ada") == 200
    provider.people = {"1": "Countess", "2": "Ada"}
    assert log_in("ada") == 401, "the name still belongs to the first Ada"
    assert log_in("countess") == 200
    assert log_in("ada") == 200
    assert User.objects.count() == 2


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "x" * 151])
def test_a_name_that_is_none_here_is_refused(provider: Provider, name: str) -> None:
    provider.people["1"] = name
    assert log_in(name or "x") == 401
    assert not User.objects.exists()


def test_who_is_disabled_here_is_out_whatever_the_provider_says(provider: Provider) -> None:
    assert log_in("ada") == 200
    User.objects.update(is_active=False)
    assert log_in("ada") == 401


def test_who_is_gone_at_the_provider_cannot_refresh(provider: Provider) -> None:
    assert log_in("ada") == 200
    token = tokens.issue(User.objects.get()).token
    token = tokens.refresh(token).token
    provider.people.clear()
    with pytest.raises(Unauthorized):
        tokens.refresh(token)


def test_without_the_provider_its_users_cannot_refresh_or_log_in(
    provider: Provider, settings: Settings
) -> None:
    assert log_in("ada") == 200
    token = tokens.issue(User.objects.get()).token
    settings.AUTHENTICATION_BACKENDS = ["accounts.backends.LocalBackend"]
    assert log_in("ada") == 401
    with pytest.raises(Unauthorized):
        tokens.refresh(token)


def test_an_outage_of_the_provider_lets_nobody_in(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(username: str, password: str) -> None:
        raise ConnectionError("directory is down")

    monkeypatch.setattr(provider, "authenticate", down)
    status, answer = Api(client=Client(raise_request_exception=False)).call(
        "POST", "auth/login", {"username": "ada", "password": THERE}
    )
    assert (status, answer["error"]) == (500, "internal_error")
    assert "directory is down" not in str(answer)


def test_a_providers_user_has_no_password_to_change_here(provider: Provider) -> None:
    api = Api()
    api.log_in("ada", THERE)
    body = {"currentPassword": THERE, "newPassword": PASSWORD}
    assert api.call("POST", "auth/password", body)[0] == 403


def test_an_admin_of_the_provider_uses_the_admin_site_until_it_is_gone_there(
    provider: Provider,
) -> None:
    assert log_in("ada") == 200
    User.objects.update(is_staff=True, is_superuser=True)
    client = Client()
    form = {"username": "ada", "password": THERE, "next": "/admin/"}
    assert client.post("/admin/login/", form).status_code == 302
    assert client.get("/admin/").status_code == 200
    provider.people.clear()
    assert client.get("/admin/").status_code == 302
