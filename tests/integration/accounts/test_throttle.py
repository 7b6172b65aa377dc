"""How often one may try to log in, and that answers tell nothing about names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts import throttle
from accounts.addresses import group
from accounts.errors import Throttled
from accounts.hashers import from_original
from accounts.models import Attempts, User

from .fast import SlowerHasher
from .wire import PASSWORD, Api

WRONG = "wrong"


def attempt(username: str, password: str = WRONG, address: str = "192.0.2.9") -> int:
    body = {"username": username, "password": password}
    return Api(address=address).call("POST", "auth/login", body)[0]


def an_hour_back(*, seconds: int) -> None:
    """Move all attempts into the past, instead of waiting."""
    for row in Attempts.objects.all():
        row.times = [at - seconds * 1000 for at in row.times]
        row.last -= seconds * 1000
        row.save()


def test_an_address_has_ten_logins_a_minute_right_or_wrong(ann: User) -> None:
    """AUTH-LOGIN-3"""
    assert [attempt("ann", PASSWORD) for _ in range(10)] == [200] * 10
    response = Api(address="192.0.2.9").raw(
        "POST", "auth/login", {"username": "ann", "password": PASSWORD}
    )
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert attempt("ann", PASSWORD, address="192.0.2.10") == 200
    an_hour_back(seconds=61)
    assert attempt("ann", PASSWORD) == 200


def test_the_minute_slides_so_that_no_border_doubles_it(db: None) -> None:
    for _ in range(5):
        attempt("nobody")
    an_hour_back(seconds=40)
    assert [attempt("somebody") for _ in range(6)] == [401] * 5 + [429]
    an_hour_back(seconds=25)
    assert [attempt("anybody") for _ in range(6)] == [401] * 5 + [429]


def test_retry_after_is_when_the_next_attempt_is_heard(db: None) -> None:
    limit = throttle.Limit("test", 1)
    throttle.count(limit, "x")
    an_hour_back(seconds=50)
    with pytest.raises(Throttled) as refused:
        throttle.count(limit, "x")
    assert refused.value.retry_after == 10
    an_hour_back(seconds=10)
    throttle.count(limit, "x")


def test_a_clock_that_was_set_back_locks_nobody_out(db: None) -> None:
    limit = throttle.Limit("test", 1)
    throttle.count(limit, "x")
    an_hour_back(seconds=-3600)
    throttle.count(limit, "x")


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP"]
)
def test_what_a_client_says_it_is_changes_nothing(db: None, header: str) -> None:
    body = {"username": "nobody", "password": "wrong"}
    answers = [
        Api().call("POST", "auth/login", body, **{header: f"203.0.113.{n}"})[0] for n in range(12)
    ]
    assert answers == [401] * 10 + [429] * 2


def test_an_account_has_ten_failures_a_minute_wherever_they_come_from(ann: User) -> None:
    """AUTH-LOGIN-3"""
    forms = ["ann", "ANN", "ａnn", "Ann"]
    tried = [attempt(forms[n % 4], address=f"203.0.113.{n}") for n in range(12)]
    assert tried == [401] * 10 + [429] * 2
    assert attempt("ann", PASSWORD, address="203.0.113.99") == 429
    an_hour_back(seconds=60)
    assert attempt("ann", PASSWORD, address="203.0.113.99") == 200


def test_a_name_that_nobody_has_is_limited_in_the_same_way(db: None) -> None:
    tried = [attempt("nobody", address=f"203.0.113.{n}") for n in range(12)]
    assert tried == [401] * 10 + [429] * 2


def test_a_right_password_clears_the_failures_of_the_account(ann: User) -> None:
    for n in range(9):
        attempt("ann", address=f"203.0.113.{n}")
    assert attempt("ann", PASSWORD, address="203.0.113.50") == 200
    assert attempt("ann", address="203.0.113.51") == 401


def test_strangers_cannot_lock_somebody_out_of_where_she_is_logged_in(api: Api, ann: User) -> None:
    """AUTH-LOGIN-3"""
    for n in range(15):
        attempt("ann", address=f"203.0.113.{n}")
    assert attempt("ann", PASSWORD, address="198.51.100.1") == 429
    assert attempt("ann", PASSWORD, address=api.address) == 200
    assert [attempt("ann", address=api.address) for _ in range(9)][-1] == 429, "its own limit holds"


def test_the_network_of_an_ipv6_customer_is_one_address(db: None) -> None:
    """AUTH-LOGIN-3"""
    tried = [attempt(f"user-{n}", address=f"2001:db8:0:1::{n:x}") for n in range(12)]
    assert tried == [401] * 10 + [429] * 2
    assert attempt("nobody", address="2001:db8:0:2::1") == 401
    assert group("::ffff:192.0.2.1") == group("192.0.2.1")
    assert group("fe80::1%eth0") == group("fe80::2")


def test_only_logins_are_counted(api: Api) -> None:
    for _ in range(30):
        assert api.is_in()
        assert Api().call("POST", "auth/refresh", {"token": api.token})[0] == 200
    assert attempt("ann", PASSWORD, address=api.address) == 200


def test_the_admin_sites_login_is_counted_together_with_rest(root: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.9")
    form = {"username": "root", "password": "wrong", "next": "/admin/"}
    for _ in range(5):
        assert attempt("root") == 401
        assert client.post("/admin/login/", form).status_code == 200
    response = client.post("/admin/login/", form | {"password": PASSWORD})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert attempt("nobody") == 429
    assert client.get("/admin/login/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_logins_at_once_ten_are_heard(ann: User) -> None:
    def one(n: int) -> int:
        try:
            return attempt("ann", PASSWORD if n % 2 else "wrong")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(one, range(100)))
    assert answers.pop(429) == 90
    assert sum(answers.values()) == 10
    assert set(answers) <= {200, 401}


@pytest.mark.django_db(transaction=True)
def test_of_forty_failures_at_once_from_everywhere_ten_are_heard(ann: User) -> None:
    def one(n: int) -> int:
        try:
            return attempt("ann", address=f"203.0.113.{n}")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(one, range(40)))
    assert answers == {401: 10, 429: 30}


def test_rows_that_count_nothing_any_more_are_removed(db: None) -> None:
    for n in range(130):
        throttle.count(throttle.LOGINS_OF_ADDRESS, f"203.0.113.{n}")
    an_hour_back(seconds=61)
    throttle.count(throttle.LOGINS_OF_ADDRESS, "192.0.2.1")
    assert Attempts.objects.count() == 31
    throttle.count(throttle.LOGINS_OF_ADDRESS, "192.0.2.1")
    assert Attempts.objects.count() == 1


def test_the_table_holds_no_names_and_no_addresses(db: None) -> None:
    attempt("somebody", address="203.0.113.77")
    kept = str(list(Attempts.objects.values_list()))
    assert "somebody" not in kept
    assert "203.0.113.77" not in kept


def disabled(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def originals(user: User) -> None:
    raw = bcrypt.hashpw(b"other", bcrypt.gensalt(8)).decode()
    User.objects.filter(pk=user.pk).update(password=from_original(raw))


def damaged(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="bcrypt$$2b$31$" + "a" * 53)


def as_it_is(user: User) -> None:
    """A user like any other."""


def test_the_throttle_answers_before_anything_is_hashed(db: None, work: list[int]) -> None:
    assert attempt("nobody") == 401
    assert len(work) == 1
    for _ in range(9):
        throttle.count(throttle.LOGINS_OF_ADDRESS, "192.0.2.9")
    assert [attempt("nobody") for _ in range(10)] == [429] * 10
    assert len(work) == 1


@pytest.mark.parametrize("prepare", [as_it_is, disabled, originals, damaged])
def test_a_name_that_exists_gets_the_same_answer_for_the_same_work(
    ann: User, settings: Settings, prepare: Callable[[User], None], work: list[int]
) -> None:
    """AUTH-LOGIN-2"""
    settings.PASSWORD_HASHERS = [
        "tests.integration.accounts.fast.SlowerHasher",
        "accounts.hashers.OriginalHasher",
    ]
    ann.set_password(PASSWORD)
    ann.save()
    prepare(ann)
    spent, answers = [], set()
    for n, username in enumerate(("ann", "nobody")):
        work.clear()
        body = {"username": username, "password": "wrong"}
        response = Api(address=f"203.0.113.{n}").raw("POST", "auth/login", body)
        spent.append(sum(work))
        answers.add((response.status_code, getattr(response, "content", b"")))
    assert len(answers) == 1
    assert spent == [2**SlowerHasher.rounds] * 2
