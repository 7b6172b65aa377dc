"""nginx as deploy/nginx.conf has it, before two real servers on one PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.integration.cluster.scene import broker_ports, broker_process
from tests.integration.deploy.proxy import Proxy
from tests.ports import free_ports
from tests.postgres import PostgresServer
from tests.serving import Serving
from tests.wire import APPEND, Wire, for_threads

SECRET = "one-signing-key-for-both-of-the-servers"


@dataclass(frozen=True, slots=True)
class Site:
    """A proxy that is not started yet, and the two servers behind it."""

    proxy: Proxy
    servers: tuple[Serving, Serving]

    @property
    def addresses(self) -> tuple[str, str]:
        """host:port of each server."""
        first, second = (each.url.removeprefix("http://") for each in self.servers)
        return first, second

    def login(self) -> httpx.Client:
        """A client of the proxy with an administrator's token."""
        headers = self.servers[0].login().headers
        return self.proxy.client(Authorization=headers["Authorization"])


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer
) -> Iterator[tuple[Serving, Serving]]:
    """Two servers on one database, which believe what a proxy says."""
    folder = tmp_path_factory.mktemp("behind")
    shared = {
        "database": postgres.url(postgres.create_database()),
        "jwt_secret": SECRET,
        "trusted_proxies": "127.0.0.1",
    }
    ports = broker_ports()
    layer = {
        "channel_layer": f"zmq://127.0.0.1:{ports.pub}",
        **{f"{name}Port": getattr(ports, name) for name in ("pub", "sub", "router", "dealer")},
    }
    # The same after a restart.
    listening = zip(("first", "second"), free_ports(2), strict=True)
    first, second = (
        Serving(folder / name, **shared, **layer, port=port) for name, port in listening
    )
    first.create_admin()
    with broker_process(ports, folder, SECRET), first, second:
        yield first, second


@pytest.fixture
def site(tmp_path: Path, servers: tuple[Serving, Serving]) -> Iterator[Site]:
    """Two servers, and nginx."""
    with Proxy(tmp_path) as proxy:
        yield Site(proxy, servers)


@pytest.fixture
def killed_later(servers: tuple[Serving, Serving]) -> Iterator[Serving]:
    """The first of the servers, which is there again afterwards."""
    yield servers[0]
    servers[0].kill()
    servers[0].start()


def token_of(client: httpx.Client) -> str:
    """The token that it sends."""
    return client.headers["Authorization"].removeprefix("Bearer ")


def test_all_about_a_workflow_reaches_one_server_and_the_rest_reaches_both(site: Site) -> None:
    site.proxy.serve(*site.addresses)
    with site.login() as client:
        keys = [
            client.post("/api/workflow", json={"name": "Shared"}).json()["workflowKey"]
            for _ in range(12)
        ]
        for _ in range(3):
            read = [client.get(f"/api/workflow/{key}") for key in keys]
            assert {each.status_code for each in read} == {200}
        for key in keys:
            client.put(f"/api/workflow/{key}?a=b", json={"name": "Changed"}).raise_for_status()
    reached = [site.proxy.reached(f"/api/workflow/{key}") for key in keys]
    assert {len(each) for each in reached} == {1}
    assert set.union(*reached) == site.proxy.reached("/api/workflow") == set(site.addresses)
    for key, where in zip(keys, reached, strict=True):
        assert site.proxy.reached(f"/api/workflow/{key}?a=b") == where


@pytest.mark.parametrize("hashed", [True, False])
def test_sockets_of_both_servers_edit_a_workflow_together(site: Site, hashed: bool) -> None:
    site.proxy.serve(*site.addresses, hashed=hashed)
    with site.login() as client, ExitStack() as opened:
        made = {"name": "Live", "data": {"log": []}}
        key = client.post("/api/workflow", json=made).json()["workflowKey"]
        wires = [opened.enter_context(Wire(site.proxy, token_of(client))) for _ in range(8)]
        for number, wire in enumerate(wires):
            wire.join(key, clientId=f"c{number}")
        for number, wire in enumerate(wires):
            wire.act(key, APPEND, id="one")
            wire.expect("ack", seq=number + 1)
            for other in wires:
                if other is not wire:
                    other.expect("update", seq=number + 1)
        for number in range(8, 12):
            batch = {"instructions": [APPEND], "id": f"{number}"}
            path = f"/api/workflow/{key}/instructions"
            assert client.post(path, json=batch).json()["seq"] == number + 1
        whole = client.get(f"/api/workflow/{key}").json()["workflow"]
    assert whole["data"] == {"log": ["x"] * 12}
    if hashed:
        assert len(site.proxy.reached(path)) == 1
    else:
        assert site.proxy.reached("/ws") == site.proxy.reached(path) == set(site.addresses)


def knock(proxy: Proxy, page: str) -> ClientConnection:
    """A socket, opened as a browser does it for a page of this origin."""
    return connect(proxy.socket_url, origin=Origin(page), ssl=for_threads(proxy.trust), proxy=None)


def test_a_socket_from_a_page_of_the_proxy_is_let_in_and_from_elsewhere_is_not(site: Site) -> None:
    site.proxy.serve(*site.addresses)
    with knock(site.proxy, site.proxy.url) as socket:
        socket.send('{"type": "ping"}')
        assert json.loads(socket.recv(10))["type"] == "pong"
    with knock(site.proxy, "https://evil.example") as socket:
        with pytest.raises(ConnectionClosed):
            socket.recv(10)
        assert socket.close_code == 4403


def test_a_server_that_is_killed_is_passed_by_and_who_comes_back_has_lost_nothing(
    site: Site, killed_later: Serving
) -> None:
    site.proxy.serve(*site.addresses)
    with site.login() as client:
        made = {"name": "Live", "data": {"log": []}}
        key = client.post("/api/workflow", json=made).json()["workflowKey"]
        with Wire(killed_later, token_of(client)) as wire:
            epoch = wire.join(key, clientId="me")["epoch"]
            wire.act(key, APPEND, id="one")
            wire.expect("ack", id="one")
            killed_later.kill()
        assert {client.get("/api/health").status_code for _ in range(8)} == {200}
        with Wire(site.proxy, token_of(client)) as wire:
            back = wire.join(key, clientId="me", lastSeq=1, epoch=epoch)
            assert (back["resumed"], back["seq"]) == (True, 1)
            wire.act(key, APPEND, id="one")
            wire.expect("ack", id="one", seq=1)
            wire.act(key, APPEND, id="two")
            wire.expect("ack", id="two", seq=2)


@pytest.fixture
def all_killed_later(servers: tuple[Serving, Serving]) -> Iterator[tuple[Serving, Serving]]:
    """Both servers, which are there again afterwards."""
    yield servers
    for each in servers:
        each.kill()
        each.start()


@pytest.mark.parametrize("hashed", [True, False])
def test_servers_that_were_all_down_take_all_who_come_back_at_once(
    site: Site, all_killed_later: tuple[Serving, Serving], hashed: bool
) -> None:
    site.proxy.serve(*site.addresses, hashed=hashed)
    with site.login() as client, ExitStack() as opened:
        for each in all_killed_later:
            each.kill()
        assert {client.get("/api/health").status_code for _ in range(8)} == {502}
        all_killed_later[0].start()
        for _ in range(8):
            wire = opened.enter_context(Wire(site.proxy, token_of(client)))
            wire.send("ping")
            wire.expect("pong")


def test_what_is_too_large_gets_the_servers_own_answer(site: Site) -> None:
    site.proxy.serve(*site.addresses)
    with site.login() as client:
        answer = client.post("/api/workflow", content=b'"' + b"x" * 18 * 1024 * 1024 + b'"')
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def echo() -> Iterator[str]:
    """host:port of a server that says what headers it got."""
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_server_is_told_who_asks_and_not_who_the_client_says_it_is(
    tmp_path: Path, echo: str
) -> None:
    lies = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil"}
    with Proxy(tmp_path) as proxy, proxy.client(**lies) as client:
        proxy.serve(echo)
        told = client.get("/api/health").json()
    host = proxy.url.removeprefix("https://")
    assert told["host"] == told["x-forwarded-host"] == host
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")


def test_the_figures_of_the_server_are_not_for_the_world(tmp_path: Path, echo: str) -> None:
    with Proxy(tmp_path) as proxy, proxy.client() as client:
        proxy.serve(echo)
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics/").status_code == 404


def test_plain_http_is_sent_to_https(tmp_path: Path, echo: str) -> None:
    with Proxy(tmp_path) as proxy:
        proxy.serve(echo)
        answer = httpx.get(
            f"http://127.0.0.1:{proxy.plain_port}/api/health?a=b",
            headers={"Host": "nodius.example.com"},
            trust_env=False,
        )
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://nodius.example.com/api/health?a=b"
