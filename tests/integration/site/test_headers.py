"""What a browser is told it may do with what comes from here (T26)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.serving import PASSWORD, Serving, command

ADDRESSES = [
    "/",
    "/admin/",
    "/admin/login/",
    "/setup/",
    "/api/docs",
    "/api/openapi.json",
    "/api/health",
    "/api/auth/me",
    "/api/nothing",
    "/nothing",
    "/static/admin/css/base.css",
    "/static/nothing",
]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with TLS."""
    serving = Serving(tmp_path_factory.mktemp("headers") / "data", https="true")
    serving.create_admin()
    with serving:
        yield serving


@pytest.fixture
def api(server: Serving) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.mark.parametrize("path", ADDRESSES)
def test_nothing_is_framed_sniffed_or_told_to_others(api: httpx.Client, path: str) -> None:
    headers = api.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy or "script-src 'self';" in policy
    assert "'unsafe-inline'" not in policy or path == "/api/docs"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/setup/", "/api/docs"])
def test_no_page_holds_what_its_policy_would_stop(api: httpx.Client, path: str) -> None:
    page = api.get(path).text
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", ADDRESSES)
def test_by_https_a_browser_is_told_to_stay_there(secure: Serving, path: str) -> None:
    with secure.client() as api:
        assert api.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
        # That name is every server's of this machine.
        assert (
            "Strict-Transport-Security" not in api.get(path, headers={"Host": "localhost"}).headers
        )


def test_cookies_of_https_stay_there_and_no_script_sees_them(secure: Serving) -> None:
    with secure.client(Referer=f"{secure.url}/admin/login/") as api:
        cookies = logged_in(api)
        assert cookies.keys() == {"csrftoken", "sessionid"}
        for cookie in cookies.values():
            assert {"Secure", "HttpOnly"} <= set(cookie.split("; "))
            assert re.search("SameSite=(Lax|Strict)", cookie)


def test_cookies_are_secure_behind_a_proxy_that_ends_tls_too(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    serving = Serving(tmp_path_factory.mktemp("proxy") / "data", trusted_proxies="127.0.0.1")
    serving.create_admin()
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "nodius.example",
        "Origin": "https://nodius.example",
        "Referer": "https://nodius.example/admin/login/",
    }
    with serving, serving.client(**forwarded) as api:
        assert all("Secure" in cookie for cookie in logged_in(api).values())
    with serving, serving.client(Referer=f"{serving.url}/admin/login/") as api:
        assert not any("Secure" in cookie for cookie in logged_in(api).values())


def logged_in(api: httpx.Client) -> dict[str, str]:
    """Log in to the admin site; the cookies that were set, by name."""
    page = api.get("/admin/login/")
    found = re.search('csrfmiddlewaretoken" value="([^"]+)', page.text)
    assert found
    token = page.cookies["csrftoken"]
    form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
    answer = api.post("/admin/login/", data=form, headers={"Cookie": f"csrftoken={token}"})
    assert answer.status_code == 302, answer.text
    return {cookie.split("=")[0]: cookie for cookie in answer.headers.get_list("set-cookie")}


@pytest.mark.parametrize("path", ["/admin/login/", "/setup/"])
def test_a_form_without_its_token_is_refused(server: Serving, path: str) -> None:
    with server.client() as api:
        answer = api.post(path, data={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 403


def test_a_form_from_another_origin_is_refused(secure: Serving) -> None:
    with secure.client(Origin="https://evil.example") as api:
        page = api.get("/admin/login/")
        found = re.search('csrfmiddlewaretoken" value="([^"]+)', page.text)
        assert found
        cookie = {"Cookie": f"csrftoken={page.cookies['csrftoken']}"}
        form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
        assert api.post("/admin/login/", data=form, headers=cookie).status_code == 403


def test_djangos_check_of_a_deployment_has_nothing_to_say(secure: Serving) -> None:
    checked = command("check", "--deploy", "--fail-level", "WARNING", *secure.words)
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout + checked.stderr
