"""Passwords: long and odd ones, hashes of the original system, hashes that cost too much."""

from __future__ import annotations

import bcrypt
import pytest
from django.contrib.auth.hashers import check_password, get_hasher
from django.contrib.auth.hashers import make_password as hashed
from django.test import RequestFactory
from pytest_django import Settings

from accounts import hashers
from accounts.errors import InvalidCredentials
from accounts.login import log_in as log_in_directly
from accounts.models import Attempts, LoginSession, User

from .fast import FastHasher
from .wire import OTHER_PASSWORD, PASSWORD, Api

ODD = {
    "72 bytes": "a" * 72,
    "73 bytes": "a" * 73,
    "1,024 bytes": "a" * 1024,
    "1,025 bytes": "a" * 1025,
    "a megabyte": "a" * 2**20,
    "emoji": "👩‍🚀" * 30,
    "emoji, 1,100 bytes": "👩‍🚀" * 100,
    "NUL": "Correct-horse\0-7-battery",
    "NUL first": "\0",
    "nothing": "",
    "a space": " ",
}


def raw_hash(password: str, prefix: str = "2b", cost: int = 4) -> str:
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
    return made.replace("$2b$", f"${prefix}$", 1)


def log_in(username: str, password: str) -> int:
    body = {"username": username, "password": password}
    return Api().call("POST", "auth/login", body)[0]


@pytest.mark.parametrize("password", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("username", ["ann", "original", "nobody"])
def test_an_odd_password_is_a_wrong_one_and_no_failure(
    ann: User, username: str, password: str
) -> None:
    original = User.objects.create_user("original")
    User.objects.filter(pk=original.pk).update(password=hashers.from_original(raw_hash(PASSWORD)))
    assert log_in(username, password) == 401


def test_half_a_character_in_name_or_password_is_no_failure(ann: User) -> None:
    for body in (
        b'{"username": "ann", "password": "\\ud800"}',
        b'{"username": "\\ud800", "password": "x"}',
    ):
        response = Api().client.post("/api/auth/login", body, content_type="application/json")
        assert response.status_code in (400, 401)
    assert not ann.check_password("\ud800")
    for username, password in (("nobody", "\ud800"), ("ann", "\ud800"), ("\ud800", "x")):
        with pytest.raises(InvalidCredentials):
            log_in_directly(RequestFactory().post("/"), username, password)


@pytest.mark.parametrize("length", [71, 72, 73, 200, 1024])
def test_every_byte_of_a_password_counts(db: None, length: int) -> None:
    """AUTH-PASSWORD-2"""
    password = "a" * length
    user = User.objects.create_user("long", password)
    assert user.check_password(password)
    for wrong in (password[:-1], password + "a", password[:-1] + "b", password[:72] + "\0"):
        assert not user.check_password(wrong)


def test_passwords_beyond_the_limit_are_refused_when_they_are_chosen(api: Api) -> None:
    """AUTH-PASSWORD-2"""
    for new in ("a1" * 513, "sh0rt!!", "with\0NUL-inside"):
        body = {"currentPassword": PASSWORD, "newPassword": new}
        status, answer = api.call("POST", "auth/password", body)
        assert (status, answer["error"]) == (422, "validation_error")
        assert new not in answer["message"]
    assert log_in("ann", PASSWORD) == 200


def test_a_wrong_current_password_changes_nothing_and_ends_nothing(api: Api) -> None:
    """AUTH-PASSWORD-1"""
    body = {"currentPassword": "wrong", "newPassword": OTHER_PASSWORD}
    assert api.call("POST", "auth/password", body)[0] == 403
    assert api.is_in()
    assert log_in("ann", PASSWORD) == 200


def test_guessing_the_current_password_with_a_stolen_token_is_throttled(api: Api) -> None:
    """AUTH-PASSWORD-1"""
    body = {"currentPassword": "wrong", "newPassword": OTHER_PASSWORD}
    answers = [api.raw("POST", "auth/password", body) for _ in range(11)]
    assert [each.status_code for each in answers] == [403] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_a_hash_of_the_original_system_verifies_and_is_upgraded_at_login(
    db: None, prefix: str
) -> None:
    user = User.objects.create_user("original")
    stored = hashers.from_original(raw_hash(PASSWORD, prefix))
    User.objects.filter(pk=user.pk).update(password=stored)
    session = LoginSession.objects.create(user=user, expires=user.created)
    assert log_in("original", "wrong") == 401
    user.refresh_from_db()
    assert user.password == stored
    assert log_in("original", PASSWORD) == 200
    user.refresh_from_db()
    assert user.password.startswith("bcrypt_sha256$$2b$04$")
    assert log_in("original", PASSWORD) == 200
    session.refresh_from_db()
    assert session.revoked_at is None, "an upgrade is no new password"


def test_an_original_password_of_more_than_72_bytes_is_not_equal_by_prefix(db: None) -> None:
    stored = hashers.from_original(raw_hash("a" * 72))
    assert check_password("a" * 72, stored)
    assert not check_password("a" * 73, stored)


def test_an_upgrade_never_brings_back_a_password_that_was_changed_meanwhile(db: None) -> None:
    user = User.objects.create_user("original")
    User.objects.filter(pk=user.pk).update(password=hashers.from_original(raw_hash(PASSWORD)))
    logging_in = User.objects.get(pk=user.pk)
    user.set_password(OTHER_PASSWORD)
    user.save()
    assert logging_in.check_password(PASSWORD)
    user.refresh_from_db()
    assert user.check_password(OTHER_PASSWORD)


@pytest.mark.parametrize("kind", ["bcrypt", "bcrypt_sha256"])
@pytest.mark.parametrize("cost", [17, 31, 32, 99])
def test_a_stored_hash_of_absurd_cost_is_wrong_at_once(
    db: None, kind: str, cost: int, work: list[int]
) -> None:
    user = User.objects.create_user("costly")
    absurd = f"{kind}${raw_hash(PASSWORD).replace('$04$', f'${cost}$')}"
    User.objects.filter(pk=user.pk).update(password=absurd)
    assert log_in("costly", PASSWORD) == 401
    assert max(work) == 2**FastHasher.rounds


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "plain text",
        "$2b$04$" + "z" * 53,
        "$2b$04$" + "!" * 53,
        "$2b$4$" + "a" * 53,
        "$2x$04$" + "a" * 53,
        "$2b$04$" + "a" * 52,
        "$2b$٠٤$" + "a" * 53,
        "$argon2id$v=19$m=65536",
    ],
)
def test_a_stored_hash_that_is_none_is_wrong_and_no_failure(ann: User, raw: str) -> None:
    for stored in (f"bcrypt${raw}", f"bcrypt_sha256${raw}", raw):
        User.objects.filter(pk=ann.pk).update(password=stored)
        assert log_in("ann", PASSWORD) == 401
        Attempts.objects.all().delete()


@pytest.mark.parametrize(
    "raw",
    [raw_hash("x").replace("$04$", "$31$"), "", "x", "$2b$04$short"],
    ids=["costly", "empty", "a letter", "cut off"],
)
def test_an_import_refuses_hashes_that_could_not_be_verified(raw: str) -> None:
    with pytest.raises(ValueError, match="bcrypt hash"):
        hashers.from_original(raw)


def test_production_hashes_with_the_cost_django_chose(settings: Settings) -> None:
    from nodius_site import settings as production

    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    assert getattr(get_hasher(), "rounds", 0) >= 12
    assert hashed(PASSWORD).startswith("bcrypt_sha256$$2b$12$")
