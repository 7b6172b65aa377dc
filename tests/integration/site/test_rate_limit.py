"""How many calls a client may make in a minute, and who counts as one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from nodius_site.body_limit import BodyLimit
from nodius_site.rate_limit import UPLOAD, RateLimit
from nodius_site.refusal import refused
from tests.serving import Serving

if TYPE_CHECKING:
    from accounts.models import User
    from nodius_site.asgi_types import Message, Receive, Send

LIMIT = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server behind a proxy that it trusts: this test."""
    folder = tmp_path_factory.mktemp("rate")
    serving = Serving(folder / "data", rate_limit=LIMIT, trusted_proxies="127.0.0.0/8")
    serving.create_admin()
    with serving:
        yield serving


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that trusts no proxy."""
    with Serving(tmp_path_factory.mktemp("strict") / "data", rate_limit=LIMIT) as serving:
        yield serving


def statuses(
    api: httpx.Client, count: int, path: str = "/api/auth/me", **headers: str
) -> list[int]:
    return [api.get(path, headers=headers).status_code for _ in range(count)]


def test_what_comes_beyond_the_limit_is_429_in_the_shape_of_all_errors(server: Serving) -> None:
    """REST-RATE-1, REST-RATE-2"""
    with server.client(**{"X-Forwarded-For": "198.51.100.1"}) as api:
        for n in range(LIMIT):
            answer = api.get("/api/auth/me")
            assert answer.status_code == 401
            assert answer.headers["RateLimit-Limit"] == str(LIMIT)
            assert answer.headers["RateLimit-Remaining"] == str(LIMIT - 1 - n)
            assert 1 <= int(answer.headers["RateLimit-Reset"]) <= 60
        answer = api.get("/api/auth/me")
        assert (answer.status_code, answer.json()["error"]) == (429, "rate_limited")
        assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"]
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["RateLimit-Remaining"] == "0"
        assert answer.headers["Content-Security-Policy"]


def test_behind_a_trusted_proxy_each_client_counts_for_itself_whatever_it_claims(
    server: Serving,
) -> None:
    with server.client() as api:
        claimed = [f"6.6.6.{n}, 198.51.100.2" for n in range(LIMIT)]
        assert {statuses(api, 1, **{"X-Forwarded-For": each})[0] for each in claimed} == {401}
        assert statuses(api, 1, **{"X-Forwarded-For": "198.51.100.2"}) == [429]
        assert statuses(api, 1, **{"X-Forwarded-For": "198.51.100.3"}) == [401]
        assert statuses(api, 1, **{"X-Forwarded-For": "2001:db8::1"}) == [401]


def test_without_a_trusted_proxy_a_forged_header_changes_nothing(strict: Serving) -> None:
    forged = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP")
    with strict.client() as api:
        found = [
            statuses(api, 1, **dict.fromkeys(forged, f"203.0.113.{n}"))[0] for n in range(LIMIT + 5)
        ]
    assert found == [401] * LIMIT + [429] * 5


def test_a_user_counts_for_himself_wherever_he_is_and_a_forged_token_for_its_address(
    server: Serving,
) -> None:
    with server.login() as user, server.client() as stranger:
        forged = user.headers["Authorization"][:-10] + 10 * "A"
        here = {"X-Forwarded-For": "198.51.100.10"}
        assert set(statuses(stranger, LIMIT, **here, Authorization=forged)) == {401}
        assert statuses(stranger, 1, **here) == [429]
        assert statuses(user, 1, **here) == [200], "others behind the same address do not count"
        moving = [
            statuses(user, 1, **{"X-Forwarded-For": f"198.51.101.{n}"})[0] for n in range(LIMIT)
        ]
        assert moving == [200] * (LIMIT - 1) + [429]


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/health/", "/api/ready", "/", "/admin/login/"]
)
def test_watching_the_server_and_its_pages_are_not_limited(server: Serving, path: str) -> None:
    """REST-RATE-3"""
    with server.client(**{"X-Forwarded-For": "198.51.100.20"}) as api:
        assert set(statuses(api, LIMIT + 5, path)) == {200}
        assert "RateLimit-Limit" not in api.get(path).headers


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/%61pi/auth/me", "/api/docs"])
def test_everything_else_under_api_is(server: Serving, path: str) -> None:
    with server.client(**{"X-Forwarded-For": f"198.51.102.{len(path)}"}) as api:
        found = statuses(api, LIMIT + 5, path)
        assert 429 not in found[:LIMIT] and set(found[LIMIT:]) == {429}


class Asked:
    """A rate limit with a clock of its own, before an application that says what reaches it."""

    def __init__(self, limit: int) -> None:
        self.now = 1000.0
        self.limit = RateLimit(self.inner, limit, clock=lambda: self.now)

    async def inner(self, scope: Message, receive: Receive, send: Send) -> None:
        refusal = refused(scope)
        await send({"type": "http.response.start", "status": refusal.status if refusal else 200})

    def ask(self, path: str, address: str = "192.0.2.1", token: str = "") -> Any:
        """The status, and the headers by name."""
        sent: list[Any] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        asyncio.run(self.limit({**scope, "client": (address, 1)}, receive, send))
        return sent[0]["status"], dict(sent[0].get("headers", ()))


@pytest.mark.parametrize(("limit", "uploads"), [(600, 60), (40, 10), (10_000, 1000)])
def test_uploads_have_a_tenth_of_the_limit_but_ten_at_least(limit: int, uploads: int) -> None:
    """REST-RATE-3"""
    asked = Asked(limit)
    for path in ("/api/image/upload", "/api/image/upload/") * (uploads // 2):
        assert asked.ask(path)[0] == 200
    status, headers = asked.ask("/api/image/upload")
    assert (status, headers[b"ratelimit-limit"]) == (429, str(uploads).encode())
    assert asked.ask("/api/image/x")[0] == 200
    assert asked.ask("/api/image/upload", address="192.0.2.2")[0] == 200
    asked.now += 61
    assert asked.ask("/api/image/upload")[0] == 200


def test_a_minute_later_there_is_room_again() -> None:
    asked = Asked(2)
    assert [asked.ask("/api/x")[0] for _ in range(3)] == [200, 200, 429]
    asked.now += 59
    assert asked.ask("/api/x")[0] == 429
    asked.now += 1
    assert asked.ask("/api/x")[0] == 200


def test_none_is_no_limit() -> None:
    asked = Asked(0)
    assert {asked.ask("/api/x")[0] for _ in range(2000)} == {200}
    assert not asked.ask("/api/x")[1]


def test_a_flood_of_addresses_grows_nothing_and_makes_nobody_forget_a_user(
    user: User, django_assert_num_queries: Any
) -> None:
    from accounts import tokens

    token = tokens.issue(user).token
    asked = Asked(12)
    anybody = {"method": "POST", "path": UPLOAD, "headers": []}
    with django_assert_num_queries(0):
        assert [asked.ask(UPLOAD, token=token)[0] for _ in range(11)] == [200] * 10 + [429]
        for n in range(30_000):
            asked.limit._take({**anybody, "client": (f"2001:db8:{n >> 8:x}:{n & 255:x}::", 1)})
        assert len(asked.limit._addresses) == 10_000
        assert asked.ask(UPLOAD, token=token)[0] == 429
        assert [asked.ask("/api/x", token=token)[0] for _ in range(2)] == [429] * 2


def test_an_expired_token_counts_for_its_address(user: User, settings: Any) -> None:
    from datetime import timedelta

    from accounts import tokens

    settings.TOKEN_LIFETIME = timedelta(seconds=-5)
    token = tokens.issue(user).token
    asked = Asked(2)
    assert [asked.ask("/api/x", token=token)[0] for _ in range(3)] == [200, 200, 429]
    assert asked.ask("/api/x", token=token, address="192.0.2.9")[0] == 200


@pytest.fixture
def user(db: None) -> User:
    from accounts.models import User

    return User.objects.create_user("ann", is_admin=False)


def test_the_body_of_a_refused_call_is_not_read() -> None:
    read: list[Message] = []

    async def inner(scope: Message, receive: Receive, send: Send) -> None:
        read.append(await receive())

    async def never() -> Message:
        raise AssertionError("the body was asked for")

    async def send(message: Message) -> None:
        raise AssertionError(json.dumps(message))

    limit = RateLimit(BodyLimit(inner, 1024), 1)
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/api/workflow"}
    scope |= {"headers": [(b"content-length", b"1000")], "client": ("192.0.2.1", 1)}
    limit._addresses.take("192.0.2.1", 0.0)
    limit.clock = lambda: 1.0
    asyncio.run(limit(scope, never, send))
    assert read == [{"type": "http.request", "body": b"", "more_body": False}]
