"""What a whole server logs: one line a request, nothing secret, and never at anybody's cost."""

from __future__ import annotations

import json
import re
import secrets
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.serving import PASSWORD, Serving
from tests.wire import Wire, put

FORMATS = ("console", "json")
BEGINNING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \[\w+ *\] ")
#: What `serve` says on stdout, which is in the same file.
SAID = (
    "The editor was not built",
    "Accounts ",
    "Nodius is at",
    "The tables",
    "Nobody can log in",
    "or open, once",
)
WAIT = 20.0


def lines(server: Serving) -> list[dict[str, Any]]:
    """What a server with log_format=json has logged so far."""
    return [json.loads(each) for each in server.text().splitlines() if each.startswith("{")]


def logged(server: Serving, **fields: object) -> dict[str, Any]:
    """Wait for a line with these fields."""
    deadline = time.monotonic() + WAIT
    while True:
        for each in lines(server):
            if fields.items() <= each.items():
                return each
        assert time.monotonic() < deadline, f"nothing logged with {fields}:\n{server.text()}"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that logs JSON, with the administrator `admin`."""
    serving = Serving(tmp_path_factory.mktemp("talkative") / "data", store="sql", log_format="json")
    serving.create_admin()
    with serving:
        yield serving


@pytest.fixture(scope="module")
def admin(talkative: Serving) -> Iterator[httpx.Client]:
    """Its administrator."""
    with talkative.login() as client:
        yield client


class TestRequests:
    """One line each, and an id in everything that belongs to them."""

    def test_a_request_is_one_line_that_says_how_it_went_and_whose_it_was(
        self, talkative: Serving, admin: httpx.Client
    ) -> None:
        user = admin.get("/api/auth/me").json()["user"]["id"]
        answer = admin.get("/api/workflow/no-such/?seq=1", headers={"X-Request-ID": "the.one-1"})
        line = logged(talkative, request_id="the.one-1")
        assert line["ms"] >= 0 and line.pop("ms") < 60_000
        assert line.pop("timestamp")
        assert line == {
            "event": "request",
            "level": "info",
            "logger": "nodius.access",
            "method": "GET",
            "path": "/api/workflow/no-such/",
            "route": "/api/workflow/<key>",
            "status": 404,
            "bytes": len(answer.content),
            "user_id": user,
            "address": "127.0.0.1",
            "request_id": "the.one-1",
        }
        assert (
            len([each for each in lines(talkative) if each.get("request_id") == "the.one-1"]) == 1
        )

    @pytest.mark.parametrize(
        "given", ["a b", "", "a" * 65, "a\tb", "ä", "{}", "../x/", "a,b", 'a"b', "a;b"]
    )
    def test_an_id_that_is_unfit_is_replaced(self, talkative: Serving, given: str) -> None:
        """REST-ID-1"""
        headers = {b"X-Request-ID": given.encode("latin-1")}
        answer = httpx.get(f"{talkative.url}/api/health", headers=headers, trust_env=False)
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])

    @pytest.mark.parametrize("given", ["a", "A-Z_a.z-09", "x" * 64])
    def test_an_id_that_is_fit_comes_back(self, talkative: Serving, given: str) -> None:
        """REST-ID-1"""
        headers = {"X-Request-ID": given}
        answer = httpx.get(f"{talkative.url}/api/health", headers=headers, trust_env=False)
        assert answer.headers.get_list("X-Request-ID") == [given]

    @pytest.mark.parametrize(
        ("method", "path", "size", "status"),
        [
            ("POST", "/api/auth/login", 10**6, 413),
            ("GET", "/nowhere", 0, 404),
            ("GET", "/static/admin/css/base.css", 0, 200),
            ("GET", "/admin/", 0, 302),
            ("TRACE", "/api/workflow", 0, 405),
        ],
    )
    def test_whoever_answers_it_is_in_the_log_with_the_id_that_was_told(
        self, talkative: Serving, method: str, path: str, size: int, status: int
    ) -> None:
        with httpx.Client(base_url=talkative.url, trust_env=False) as client:
            answer = client.request(method, path, content=bytes(size) or None)
        assert answer.status_code == status, answer.text
        line = logged(talkative, request_id=answer.headers["X-Request-ID"])
        assert (line["method"], line["path"], line["status"]) == (method, path, status)

    def test_a_failure_and_its_request_share_the_id(
        self, talkative: Serving, admin: httpx.Client
    ) -> None:
        key = admin.post("/api/workflow", json={"name": "x", "nodes": {"a": {}}}).json()
        damage(talkative, key["workflowKey"])
        path = f"/api/workflow/{key['workflowKey']}"
        assert admin.get(path, headers={"X-Request-ID": "broken"}).status_code == 500
        error = logged(talkative, request_id="broken", level="error")
        assert "Traceback" in error["exception"] and error["logger"] == "nodius_site.api"
        assert logged(talkative, request_id="broken", event="request")["status"] == 500

    def test_a_host_that_is_none_is_no_fault_of_ours(
        self, talkative: Serving, admin: httpx.Client
    ) -> None:
        headers = {"X-Request-ID": "no-host", "Host": "a,b"}
        assert admin.get("/api/auth/me", headers=headers).status_code == 400
        assert logged(talkative, request_id="no-host", event="request")["status"] == 400
        assert len([e for e in lines(talkative) if e.get("request_id") == "no-host"]) == 1

    def test_a_form_that_is_refused_is_logged_with_the_reason(self, talkative: Serving) -> None:
        headers = {"X-Request-ID": "no-token"}
        with talkative.client(**headers) as nobody:
            assert nobody.post("/admin/login/", data={"username": "x"}).status_code == 403
        line = logged(talkative, request_id="no-token", level="warning")
        assert "CSRF" in line["event"] and "exception" not in line

    def test_good_answers_to_probes_are_not_logged(
        self, talkative: Serving, admin: httpx.Client
    ) -> None:
        for path in ("/api/health", "/api/health/", "/api/ready", "/metrics"):
            answer = admin.get(path, headers={"X-Request-ID": "probe"})
            assert answer.status_code == 200
        admin.get("/api/workflow", headers={"X-Request-ID": "after-the-probes"})
        logged(talkative, request_id="after-the-probes")
        assert not [each for each in lines(talkative) if each.get("request_id") == "probe"]


class TestSockets:
    """A line when somebody comes to a workflow, and one when they leave."""

    def test_coming_and_leaving_say_who_and_the_code(
        self, talkative: Serving, admin: httpx.Client
    ) -> None:
        key = admin.post("/api/workflow", json={"name": "x"}).json()["workflowKey"]
        user = admin.get("/api/auth/me").json()["user"]["id"]
        token = admin.headers["Authorization"].split()[1]
        with Wire(talkative, token) as wire:
            wire.join(key, clientId="laptop")
            came = logged(talkative, event="socket connected", workflow=key)
            for _ in range(10):
                wire.send("nonsense")
            assert wire.closed() == 4400
        left = logged(talkative, event="socket disconnected", workflow=key)
        assert came["request_id"] == left["request_id"]
        assert left["code"] == 4400 and 0 <= left["seconds"] < 60
        for line in (came, left):
            assert (line["user_id"], line["client_id"]) == (user, "laptop")
            assert line["address"] == "127.0.0.1"

    def test_leaving_one_workflow_has_no_code_and_the_other_one_the_clients(
        self, talkative: Serving, admin: httpx.Client
    ) -> None:
        new = {"name": "x"}
        keys = [admin.post("/api/workflow", json=new).json()["workflowKey"] for _ in range(2)]
        with Wire(talkative, admin.headers["Authorization"].split()[1]) as wire:
            for key in keys:
                wire.join(key)
            wire.send("leave", workflowKey=keys[0])
            left = logged(talkative, event="socket disconnected", workflow=keys[0])
        assert left["code"] is None
        assert logged(talkative, event="socket disconnected", workflow=keys[1])["code"] == 1000

    def test_one_that_never_connected_is_a_line_too(self, talkative: Serving) -> None:
        for id, origin, code in (("silent", None, 1000), ("foreign", "https://evil.example", 4403)):
            headers = {"X-Request-ID": id}
            url = talkative.socket_url
            with connect(url, additional_headers=headers, origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
                if origin:
                    with suppress(Exception):
                        socket.recv(timeout=10)
            assert logged(talkative, request_id=id, event="socket disconnected")["code"] == code

    def test_a_handshake_that_is_refused_is_a_line(self, talkative: Serving) -> None:
        with pytest.raises(InvalidStatus):
            connect(f"{talkative.socket_url}/elsewhere", proxy=None).__enter__()
        assert logged(talkative, event="socket refused", path="/ws/elsewhere")["status"] == 403


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_whole_run_logs_no_token_password_or_secret(tmp_path: Path, log_format: str) -> None:
    known = {name: secrets.token_urlsafe(36) for name in ("jwt_secret", "metrics_token")}
    serving = Serving(tmp_path / "data", store="sql", log_format=log_format, **known)
    serving.create_admin()
    with serving:
        told = [PASSWORD, *known.values(), *everything(serving, known["metrics_token"])]
        assert serving.stop() == 0
        text = serving.text()
    assert text.count("/api/auth/login") >= 3 and "disconnected" in text and "Traceback" in text
    assert "[redacted]" in text, "something was there to take out"
    # Parts as well: of a token its claims, its signature.
    parts = {part for secret in told for part in (secret, *secret.split(".")) if len(part) > 8}
    assert not [part for part in parts if part in text and not part.startswith("eyJhbGci")]


def everything(server: Serving, metrics_token: str) -> list[str]:
    """Use a server in every way that a secret has a part in; returns the secrets."""
    wrong = f"wrong-{secrets.token_hex(8)}"
    with server.login() as admin:
        token = admin.headers["Authorization"].split()[1]
        fresh = admin.post("/api/auth/refresh", json={"token": token}).json()["token"]
        key = admin.post("/api/workflow", json={"name": "x", "nodes": {"a": {}}}).json()
        flow = key["workflowKey"]
        with httpx.Client(base_url=server.url, trust_env=False) as nobody:
            for given in (
                {"username": "admin", "password": wrong},
                {"username": wrong, "password": PASSWORD},
                {"username": [wrong], "password": {"token": token}},
            ):
                nobody.post("/api/auth/login", json=given)
            nobody.post("/api/auth/login", content=f'{{"password": "{wrong}", "token": "{token}')
            nobody.post("/api/auth/refresh", json={"token": f"{token}x"})
            nobody.get(f"/api/workflow?token={token}&password={wrong}")
            nobody.get(f"/api/workflow/{token}", headers={"Authorization": f"Basic {wrong}"})
            nobody.get(f"/{token}/password={wrong}", headers={"Cookie": f"token={token}"})
            nobody.get(f"/metrics/{metrics_token}", headers={"X-Request-ID": metrics_token})
            nobody.get("/metrics", headers={"Authorization": f"Bearer {metrics_token}"})
        admin.get(f"/api/workflow/{fresh}?token={token}")
        admin.post("/api/auth/password", json={"currentPassword": wrong, "newPassword": wrong})
        sockets(server, flow, fresh, wrong)
        damage(server, flow, body=json.dumps({"password": wrong, "token": token})[:-1])
        assert admin.get(f"/api/workflow/{flow}").status_code == 500
        admin.post("/api/auth/logout")
        admin.get("/api/auth/me")
    return [wrong, token, fresh]


def sockets(server: Serving, flow: str, token: str, wrong: str) -> None:
    """Good and bad tokens over sockets, in and out of place."""
    with Wire(server, token) as wire:
        wire.join(flow)
        wire.act(flow, put("name", token), put("data/password", wrong), id="a")
        wire.expect("ack")
        wire.act(flow, put(f"nowhere/{token}", wrong), id=wrong)
        wire.expect("error")
        wire.send("auth", token=f"{token}x")
        wire.expect("error")
        wire.send(token, password=wrong)
        wire.expect("error")
    with Wire(server, f"{token}x") as wire:
        wire.send("connect", workflowKey=token, token=wire.token)
        assert wire.closed() == 4401
    with connect(f"{server.socket_url}?token={token}", proxy=None) as socket:
        socket.send(f'{{"type": "connect", "token": "{token}"')
        socket.recv(timeout=10)
    with pytest.raises(InvalidStatus):
        connect(f"{server.socket_url}/{token}?token={token}", proxy=None).__enter__()


def damage(server: Serving, flow: str, body: str = "no JSON") -> None:
    """Have a node of a workflow, which nobody has open, hold this."""
    with sqlite3.connect(server.data_dir / "documents.sqlite3", timeout=20) as database:
        changed = database.execute(
            "UPDATE store_document SET body = ? WHERE collection = 'nodes' AND key LIKE ?",
            (body, f"%{flow}%"),
        ).rowcount
    database.close()
    assert changed


def test_nobody_can_forge_a_line_of_the_console(tmp_path: Path) -> None:
    forged = "2026-01-01T00:00:00.000000Z [info     ] forged"
    serving = Serving(tmp_path / "data")
    serving.create_admin()
    with serving:
        with serving.login() as admin, httpx.Client(trust_env=False) as nobody:
            for start in ("%0A", "%0D%0A", "%1B%5B2J%0A", "%E2%80%A8", "%C2%85", "%0B"):
                for path in (f"/api/workflow/x{start}forged", f"/x{start}{quote(forged)}"):
                    admin.get(path)
                    nobody.get(f"{serving.url}{path}")
        assert serving.stop() == 0
    shown = serving.text()
    assert shown.count("forged") >= 24
    for line in shown.splitlines():
        assert line.isprintable(), line
        assert line.startswith(("    ", *SAID)) or BEGINNING.match(line), line
        assert not line.startswith(forged)


def test_a_signal_does_not_cut_the_log_off(tmp_path: Path) -> None:
    with Serving(tmp_path / "data", log_format="json") as serving:
        with httpx.Client(base_url=serving.url, trust_env=False) as client:
            for n in range(30):
                client.get("/nowhere", headers={"X-Request-ID": f"request-{n}"})
        serving.process.send_signal(signal.SIGTERM)
        assert serving.process.wait(20) == 0
        ids = [each["request_id"] for each in lines(serving) if each.get("path") == "/nowhere"]
    # Each is logged after its answer, so two may be told in either order.
    assert sorted(ids) == sorted(f"request-{n}" for n in range(30))
