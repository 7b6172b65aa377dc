"""The one-time link that makes the first admin."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from accounts import setup
from accounts.errors import AccountsError, NotFound
from accounts.models import SetupLink, User
from nodius_site.options import ROOT

from .wire import OTHER_PASSWORD, PASSWORD, Api


@pytest.fixture
def secret(db: None) -> str:
    """The secret of a fresh link."""
    return setup.new_link().removeprefix("/setup/#")


def submit(secret: str, fields: dict[str, str] | None = None, client: Client | None = None) -> int:
    data = {"username": "first", "password1": PASSWORD, "password2": PASSWORD}
    return (
        (client or Client()).post("/setup/", data | {"secret": secret} | (fields or {})).status_code
    )


def test_the_link_makes_one_admin_who_can_log_in_everywhere_and_is_dead_then(secret: str) -> None:
    page = Client().get("/setup/")
    assert page.status_code == 200
    assert secret not in page.content.decode()
    assert submit(secret) == 200
    assert Api().log_in("first")["user"]["roles"] == ["admin", "user"]
    form = {"username": "first", "password": PASSWORD, "next": "/admin/"}
    assert Client().post("/admin/login/", form).status_code == 302
    assert submit(secret, {"username": "second"}) == 410
    assert Client().get("/setup/").status_code == 410
    assert User.objects.count() == 1
    assert not SetupLink.objects.exists()


def test_the_whole_link_may_be_pasted(secret: str) -> None:
    assert submit(f"http://localhost:8426/setup/#{secret}") == 200


def test_a_wrong_secret_makes_nobody_and_says_what_to_do(secret: str) -> None:
    answer = Client().post(
        "/setup/",
        {"secret": "x", "username": "evil", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 403
    assert "Copy the whole link" in answer.content.decode()
    assert not User.objects.exists()
    assert submit(secret) == 200


def test_guesses_are_throttled(secret: str) -> None:
    assert [submit("guess") for _ in range(11)] == [403] * 10 + [429]


def test_a_new_link_replaces_the_old_one_and_only_its_hash_is_kept(secret: str) -> None:
    newer = setup.new_link().removeprefix("/setup/#")
    assert submit(secret) == 403
    assert newer not in SetupLink.objects.get().digest
    assert submit(newer) == 200


def test_without_a_link_nothing_works(db: None) -> None:
    assert submit("") == 422
    assert submit("anything") == 410


@pytest.mark.parametrize(
    "fields",
    [
        {"password2": OTHER_PASSWORD},
        {"password1": "short", "password2": "short"},
        {"username": ""},
        {"username": "a/b"},
        {"username": "x" * 200},
        {"password1": "x" * 1025, "password2": "x" * 1025},
    ],
)
def test_a_form_that_cannot_be_accepted_is_shown_again_and_uses_nothing_up(
    secret: str, fields: dict[str, str]
) -> None:
    assert submit(secret, fields) == 422
    assert not User.objects.exists()
    assert submit(secret) == 200


def test_any_user_at_all_closes_the_page(secret: str) -> None:
    User.objects.create_user("somebody", PASSWORD)
    assert submit(secret) == 410
    assert not SetupLink.objects.exists()


def test_the_secret_is_dead_even_where_somebody_came_in_behind_its_back(secret: str) -> None:
    User(username="somebody").save()
    assert SetupLink.objects.exists()
    with pytest.raises(NotFound):
        setup.first_admin(secret, "first", PASSWORD)


def test_a_form_of_another_site_is_refused(secret: str) -> None:
    assert submit(secret, client=Client(enforce_csrf_checks=True)) == 403
    assert not User.objects.exists()


def test_the_page_cannot_be_framed_cached_or_made_to_run_what_stands_in_it(secret: str) -> None:
    page = Client().get("/setup/")
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "no-store" in page.headers["Cache-Control"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page.content.decode())
    for name in re.findall(r"/static/(accounts/[\w.]+)", page.content.decode()):
        assert (ROOT / "accounts" / "static" / name).read_text(encoding="utf-8")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_the_link_at_once_one_succeeds() -> None:
    secret = setup.new_link().removeprefix("/setup/#")

    def use(n: int) -> bool:
        try:
            setup.first_admin(secret, f"first-{n}", PASSWORD)
        except AccountsError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert Counter(pool.map(use, range(20))) == {True: 1, False: 19}
    assert User.objects.count() == 1
