"""A network that is cut in two, for real: each server in a network namespace of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException

from nodius_site.options import ROOT
from tests.cluster.team import TTL
from tests.integration.cluster.scene import SECRET
from tests.postgres import PostgresServer
from tests.redis import RedisServer
from tests.serving import ENVIRONMENT, PASSWORD, Serving, command
from tests.waiting import until
from tests.wire import APPEND, Wire

CLIENTS, DATA = "10.77.0.1", "10.77.0.10"
HOSTS = {"nodius-a": "10.77.0.2", "nodius-b": "10.77.0.3"}
PORT = 8426


def ip(*words: str) -> None:
    """Run `ip`; what it says is in the error."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture
def network() -> Iterator[None]:
    """Two hosts, and between them and this one a switch."""
    if shutil.which("ip") is None or os.getuid() != 0:
        pytest.skip("this takes iproute2, and root")
    try:
        ip("netns", "add", "nodius-a")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine allows no network namespaces: {error.stderr.strip()}")
    try:
        ip("netns", "add", "nodius-b")
        ip("link", "add", "nodius0", "type", "bridge")
        for address in (CLIENTS, DATA):
            ip("addr", "add", f"{address}/24", "dev", "nodius0")
        ip("link", "set", "nodius0", "up")
        for name, address in HOSTS.items():
            ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", name, "master", "nodius0", "up")
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in HOSTS:
            with suppress(subprocess.CalledProcessError):
                ip("netns", "del", name)
        with suppress(subprocess.CalledProcessError):
            ip("link", "del", "nodius0")


@contextmanager
def cut(name: str, address: str) -> Iterator[None]:
    """Meanwhile nothing from this host reaches the address."""
    ip("-n", name, "route", "add", "blackhole", address)
    try:
        yield
    finally:
        ip("-n", name, "route", "del", "blackhole", address)


@contextmanager
def shown_at(address: str, port: int) -> Iterator[int]:
    """What listens at this port of the loopback, at an address that others reach too."""
    with socket.create_server((address, 0)) as listening:
        accepting = threading.Thread(target=_accept, args=(listening, port), daemon=True)
        accepting.start()
        yield int(listening.getsockname()[1])


def _accept(listening: socket.socket, port: int) -> None:
    while True:
        try:
            taken, _ = listening.accept()
        except OSError:
            return
        there = socket.create_connection(("127.0.0.1", port))
        for source, target in ((taken, there), (there, taken)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


class Host(Serving):
    """A server in a namespace."""

    def __init__(self, name: str, folder: Path, **options: object) -> None:
        address = HOSTS[name]
        given = {"host": address, "port": PORT, "advertise": f"http://{address}:{PORT}", **options}
        super().__init__(folder / name, **given)
        self.namespace = name

    def spawn(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *("ip", "netns", "exec", self.namespace),
                    *(sys.executable, str(ROOT / "manage.py"), "serve", *self.words),
                ],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@pytest.fixture
def hosts(
    network: None, postgres: PostgresServer, redis: RedisServer, tmp_path: Path
) -> Iterator[tuple[Host, Host]]:
    """A server in each namespace, on one database and one Redis."""
    name = postgres.create_database()
    database = postgres.url(name)
    with ExitStack() as opened:
        shown = opened.enter_context(shown_at(DATA, postgres.port))
        layer = opened.enter_context(shown_at(DATA, redis.port))
        options = {
            "jwt_secret": SECRET,
            "lease_ttl": TTL,
            "database": f"postgres://{postgres.user}@{DATA}:{shown}/{name}",
            "channel_layer": f"redis://{DATA}:{layer}/0",
        }
        first, second = (Host(each, tmp_path, **options) for each in HOSTS)
        words = ("username=admin", f"password={PASSWORD}", f"database={database}")
        made = command("createadmin", *words, f"data_dir={tmp_path / 'own'}")
        assert made.returncode == 0, made.stderr
        yield opened.enter_context(first), opened.enter_context(second)


def joined(host: Host, token: str, key: str, **fields: object) -> Wire:
    """A socket in the workflow, tried until one is let in."""
    found: list[Wire] = []

    def attempt() -> bool:
        wire = Wire(host, token)
        try:
            wire.send("connect", workflowKey=key, token=token, **fields)
            if wire.receive(30)["type"] == "connected":
                found.append(wire)
        except (ConnectionClosed, TimeoutError):
            wire.opened.close()
        return bool(found)

    until(attempt, 90)
    return found[0]


def acknowledged(wire: Wire, id: str) -> int:
    """The seq of the batch with this id, once the server tells it."""
    while (message := wire.receive(60)).get("id") != id:
        pass
    assert message["type"] == "ack", message
    return int(message["seq"])


@pytest.mark.timeout(300)
def test_a_network_that_is_cut_loses_nothing_and_doubles_nothing(
    hosts: tuple[Host, Host],
) -> None:
    """WS-OWNER-4, WS-OWNER-5"""
    first, second = hosts
    with first.login() as http:
        token = http.headers["Authorization"].removeprefix("Bearer ")
        made = http.post("/api/workflow", json={"name": "x", "data": {"log": []}})
        key = made.json()["workflowKey"]
        owner, piped = joined(first, token, key), joined(second, token, key, clientId="p")
        piped.act(key, APPEND, id="1")
        assert acknowledged(piped, "1") == 1
        with cut("nodius-a", HOSTS["nodius-b"]), cut("nodius-b", HOSTS["nodius-a"]):
            # Both reach the database: the owner goes on, and the other one's client comes back.
            owner.act(key, APPEND, id="2")
            assert acknowledged(owner, "2") == 2
            piped.act(key, APPEND, id="3")
            assert piped.closed(60) == 1013
            back = joined(first, token, key, clientId="p")
            back.act(key, APPEND, id="3")
            assert acknowledged(back, "3") == 3
        with cut("nodius-a", DATA):
            # The owner is without its database: the other one takes over, after the lease.
            taken = joined(second, token, key, clientId="q")
            taken.act(key, APPEND, id="4")
            assert acknowledged(taken, "4") == 4
            for wire in (owner, back):
                with suppress(WebSocketException, OSError):
                    wire.act(key, APPEND, id="5")
                assert wire.closed(60) == 1013
        again = joined(first, token, key, clientId="p")
        again.act(key, APPEND, id="3")
        assert acknowledged(again, "3") == 3
        again.act(key, APPEND, id="6")
        last = acknowledged(again, "6")
        log = http.get(f"/api/workflow/{key}").json()["workflow"]["data"]["log"]
        assert len(log) == last
        for wire in (owner, piped, back, taken, again):
            wire.opened.close()
