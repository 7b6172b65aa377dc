"""Which pages of elsewhere may read what is answered here (T25)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest

from tests.serving import Serving

GOOD, ALSO = "https://app.example", "http://localhost:5173"
EVIL = [
    "https://evil.example",
    "null",
    "https://app.example.evil.example",
    "https://x.app.example",
    "http://app.example",
    "https://app.example:8443",
    "https://[::1",
]
NUMBERS = itertools.count(1)
PREFLIGHT = {"Access-Control-Request-Method": "PUT"}
ALLOW = "access-control-allow-origin"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that two origins may call, and anybody only a few times."""
    folder = tmp_path_factory.mktemp("cors")
    options = {"cors": f"{GOOD}/,{ALSO}", "rate_limit": 20, "trusted_proxies": "127.0.0.1"}
    with Serving(folder / "data", **options) as serving:
        yield serving


@pytest.fixture
def api(server: Serving) -> Iterator[httpx.Client]:
    """A client of an address of its own, so that no test uses up another one's calls."""
    with server.client(**{"X-Forwarded-For": f"203.0.113.{next(NUMBERS)}"}) as client:
        yield client


def answers(api: httpx.Client, origin: str) -> dict[str, httpx.Response]:
    """What a page of this origin gets: good and bad, from every part of the server."""
    headers = {"Origin": origin}
    large = {**headers, "Content-Type": "application/json"}
    return {
        "good": api.get("/api/health", headers=headers),
        "preflight": api.options("/api/workflow/x", headers=headers | PREFLIGHT),
        "401": api.get("/api/auth/me", headers=headers),
        "405": api.delete("/api/health", headers=headers),
        "413": api.post("/api/auth/login", content=b"x" * 100_000, headers=large),
        "415": api.post("/api/auth/login", data={"x": "y"}, headers=headers),
    }


@pytest.mark.parametrize("origin", [GOOD, ALSO])
def test_an_allowed_origin_may_read_everything_errors_too(api: httpx.Client, origin: str) -> None:
    """REST-CORS-1"""
    for kind, answer in answers(api, origin).items():
        assert answer.headers.get(ALLOW) == origin, kind
        assert "origin" in answer.headers["vary"].lower(), kind
        assert kind in ("good", "preflight", str(answer.status_code))


@pytest.mark.parametrize("origin", EVIL)
def test_another_one_may_read_nothing(api: httpx.Client, origin: str) -> None:
    """REST-CORS-1"""
    for kind, answer in answers(api, origin).items():
        assert ALLOW not in answer.headers, kind
        # Or a cache would give one origin what was meant for another.
        assert "origin" in answer.headers["vary"].lower(), kind
    assert ALLOW not in api.get("/", headers={"Origin": origin}).headers
    assert ALLOW not in api.get("/static/accounts/page.css", headers={"Origin": origin}).headers


def test_a_preflight_tells_what_is_allowed_and_is_never_refused(api: httpx.Client) -> None:
    for _ in range(40):
        answer = api.options("/api/workflow/x", headers={"Origin": GOOD, **PREFLIGHT})
    assert answer.status_code == 200
    assert api.get("/api/auth/me").status_code == 401, "they have cost nothing"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_may_see_the_limit_the_wait_and_the_id_also_when_it_is_refused(
    api: httpx.Client,
) -> None:
    for _ in range(25):
        answer = api.get("/api/auth/me", headers={"Origin": GOOD})
    assert answer.status_code == 429
    assert answer.headers[ALLOW] == GOOD
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"ratelimit-remaining", "retry-after", "x-request-id"} <= set(exposed)
    assert set(exposed) - {"etag"} <= set(answer.headers)


def test_without_the_option_nobody_may_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Serving(tmp_path_factory.mktemp("none") / "data") as serving, serving.client() as api:
        for answer in answers(api, GOOD).values():
            assert ALLOW not in answer.headers
