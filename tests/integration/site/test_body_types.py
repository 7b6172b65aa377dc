"""Which bodies are taken, by type and size, and that nothing of another one is read."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.serving import Serving

from .raw import answered, head

KIB = 1024
MIB = 1024 * KIB
BODY = b'{"name": "taken"}'
JSON = [
    "application/json",
    "application/JSON; charset=UTF-8",
    "text/plain",
    "text/plain;charset=utf-8",
]


@pytest.fixture(scope="module")
def api(server: Serving) -> Iterator[httpx.Client]:
    with server.login() as client:
        yield client


@pytest.mark.parametrize("kind", [None, *JSON])
def test_json_is_taken_as_such_as_text_and_without_a_type(
    api: httpx.Client, kind: str | None
) -> None:
    """REST-JSON-3, REST-TYPE-1"""
    headers = {"Content-Type": kind} if kind else {}
    assert api.post("/api/workspace", content=BODY, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/html",
        "application/json; charset=latin-1",
        "application/json; charset=klingon",
        "application/json; charset*=klingon''x",
        "application/json, text/html",
        "nonsense",
        ";",
        "x" * 5000,
    ],
)
def test_any_other_type_is_415(api: httpx.Client, kind: str) -> None:
    """REST-TYPE-1"""
    answer = api.post("/api/workspace", content=BODY, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/api/health", "/static/nothing"])
@pytest.mark.parametrize("kind", ["a/b; charset*=klingon''x", "a/b;" * 5000])
def test_what_is_no_type_at_all_is_415_everywhere(
    api: httpx.Client, method: str, path: str, kind: str
) -> None:
    assert api.request(method, path, headers={"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("length", [0, 3])
@pytest.mark.parametrize("charset", ["rot13", "idna", "utf-16"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_is_in_utf_8(
    server: Serving, api: httpx.Client, kind: str, charset: str, length: int
) -> None:
    """REST-TYPE-1"""
    token = api.get("/admin/login/").cookies["csrftoken"]
    headers = {"Content-Type": f"{kind}; charset={charset}", "Cookie": f"csrftoken={token}"}
    answer = httpx.post(
        f"{server.url}/admin/login/", content=b"a=1"[:length], headers=headers, trust_env=False
    )
    assert answer.status_code == (415 if length else 403)


def test_an_image_comes_as_a_file_and_not_as_json(api: httpx.Client) -> None:
    """REST-TYPE-1"""
    assert api.post("/api/image/upload", json={"file": "x"}).status_code == 415
    assert api.post("/api/image/upload", files={"file": b"no picture"}).status_code != 413
    assert "multipart" in api.post("/api/image/upload", json={}).json()["message"]


def test_a_call_without_a_body_needs_no_type(api: httpx.Client) -> None:
    headers = {"Content-Type": "text/html"}
    assert api.get("/api/auth/me", headers=headers).status_code == 200
    assert api.delete("/api/workflow/none", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/auth/login", 64 * KIB),
        ("/api/category", 4 * MIB),
        ("/api/nothing", 4 * MIB),
        ("/admin/login/", 4 * MIB),
        ("/api/workflow", 17 * MIB),
        ("/api/workflow/x/instructions", 17 * MIB),
    ],
)
def test_each_path_has_its_limit_and_what_is_announced_beyond_it_is_not_read(
    server: Serving, path: str, limit: int
) -> None:
    """REST-SIZE-1, REST-SIZE-2"""

    def status(size: int, body: bytes) -> bytes:
        sizes = {"Content_Type": "application/json", "Content_Length": size}
        asked = head("POST", path, Connection="close", **sizes)
        return answered(server.url, [asked, body])[:12]

    assert status(limit, b" " * limit) != b"HTTP/1.1 413"
    # Nothing of it is sent: whoever waits for it gives no answer for long.
    assert status(limit + 1, b"") == b"HTTP/1.1 413"


def test_what_is_not_announced_is_counted(server: Serving) -> None:
    """REST-SIZE-2"""
    kinds = {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    asked = head("POST", "/api/auth/login", Connection="close", **kinds)
    assert answered(server.url, [asked, chunk * 5, b"0\r\n\r\n"]).startswith(b"HTTP/1.1 413")
    assert answered(server.url, [asked, chunk * 4, b"0\r\n\r\n"]).startswith(b"HTTP/1.1 400")
