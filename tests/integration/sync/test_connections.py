"""How many sockets one address may have open, and that each gives its place back."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.serving import Serving
from tests.waiting import until

MOST = 5
NUMBERS = itertools.count(1)
#: A client in a process of its own, which says when it is connected, and then nothing more.
CLIENT = """
import sys, time
from websockets.sync.client import connect
opened = [connect(sys.argv[1], proxy=None) for _ in range(int(sys.argv[2]))]
for each in opened:
    each.send('{"type": "ping"}')
    each.recv(10)
print("connected", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("connections")
    with Serving(
        folder / "data", connections=MOST, trusted_proxies="127.0.0.1", cors="https://app.example"
    ) as serving:
        yield serving


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Sockets that end with the test."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def address() -> str:
    """An address that no other test has."""
    return f"203.0.113.{next(NUMBERS)}"


def open_one(server: Serving, address: str, **options: str) -> ClientConnection:
    """A socket from this address, as a trusted proxy tells it."""
    headers = {"X-Forwarded-For": address} | options
    return connect(server.socket_url, additional_headers=headers, proxy=None, ping_interval=None)


def is_open(client: ClientConnection) -> bool:
    try:
        client.send(json.dumps({"type": "ping"}))
        return bool(json.loads(client.recv(10))["type"] == "pong")
    except ConnectionClosed:
        return False


def fill(server: Serving, address: str, opened: ExitStack) -> list[ClientConnection]:
    """Take all places of this address."""
    clients = [opened.enter_context(open_one(server, address)) for _ in range(MOST)]
    assert all(map(is_open, clients))
    return clients


def free_places(server: Serving, address: str) -> int:
    """How many more sockets this address may open now."""
    with ExitStack() as tried:
        clients = [tried.enter_context(open_one(server, address)) for _ in range(MOST + 1)]
        return sum(map(is_open, clients))


def test_one_too_many_is_told_why_and_the_others_go_on(
    server: Serving, opened: ExitStack, address: str
) -> None:
    """WS-CONNECTIONS-1"""
    clients = fill(server, address, opened)
    refused = opened.enter_context(open_one(server, address))
    with pytest.raises(ConnectionClosed) as closed:
        refused.recv(10)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4429
    assert "too many sockets" in closed.value.rcvd.reason
    assert all(map(is_open, clients))
    assert is_open(opened.enter_context(open_one(server, "198.51.100.254"))), "another address"


def test_the_network_of_an_ipv6_customer_counts_as_one_address(
    server: Serving, opened: ExitStack
) -> None:
    for n in range(MOST):
        assert is_open(opened.enter_context(open_one(server, f"2001:db8::{n}")))
    assert not is_open(opened.enter_context(open_one(server, "2001:db8::ffff")))
    assert is_open(opened.enter_context(open_one(server, "2001:db8:0:1::1")))


def closed_by_client(client: ClientConnection) -> None:
    client.close()


def broken_off(client: ClientConnection) -> None:
    client.socket.shutdown(socket.SHUT_RDWR)


def closed_by_server(client: ClientConnection) -> None:
    """Ten bad messages."""
    for _ in range(10):
        client.send("no JSON")


def refused_its_token(client: ClientConnection) -> None:
    client.send(json.dumps({"type": "connect", "workflowKey": "x", "token": "x"}))


def too_large(client: ClientConnection) -> None:
    client.send("x" * (5 * 1024 * 1024))


def not_utf_8(client: ClientConnection) -> None:
    client.send(b"\xff", text=True)


@pytest.mark.parametrize(
    "end",
    [closed_by_client, broken_off, closed_by_server, refused_its_token, too_large, not_utf_8],
)
def test_however_a_socket_ends_it_gives_its_place_back(
    server: Serving, opened: ExitStack, address: str, end: Callable[[ClientConnection], None]
) -> None:
    for client in fill(server, address, opened):
        try:
            end(client)
        except ConnectionClosed:
            continue
    until(lambda: free_places(server, address) == MOST)


def test_a_client_that_is_killed_gives_its_places_back(server: Serving) -> None:
    words = [sys.executable, "-c", CLIENT, server.socket_url, str(MOST)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout
        assert client.stdout.readline() == "connected\n"
        assert free_places(server, "127.0.0.1") == 0
        client.send_signal(signal.SIGKILL)
    until(lambda: free_places(server, "127.0.0.1") == MOST)


def test_what_is_refused_takes_no_place(server: Serving, address: str) -> None:
    with ExitStack() as refused:
        for _ in range(MOST):
            refused.enter_context(open_one(server, address, Origin="https://evil.example"))
        assert free_places(server, address) == MOST


class TestBehindAProxyThatEndsTls:
    """The origin of a page is compared with what the proxy was asked (WS-ORIGIN-2)."""

    @pytest.mark.parametrize(
        ("headers", "fits"),
        [
            ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "nodius.example"}, True),
            ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "nodius.example:8443"}, False),
            ({"X-Forwarded-Proto": "http", "X-Forwarded-Host": "nodius.example"}, False),
            ({"X-Forwarded-Host": "nodius.example"}, False),
            ({"X-Forwarded-Proto": "https"}, False),
        ],
    )
    def test_its_own_page_may_open_a_socket(
        self, server: Serving, opened: ExitStack, headers: dict[str, str], fits: bool
    ) -> None:
        named = {"Origin": "https://nodius.example", **headers}
        client = opened.enter_context(open_one(server, "198.51.100.253", **named))
        assert is_open(client) is fits

    @pytest.mark.parametrize("trusted", [{}, {"trusted_proxies": "10.0.0.1"}])
    def test_to_a_server_that_does_not_trust_it_the_same_headers_say_nothing(
        self, opened: ExitStack, tmp_path: Path, trusted: dict[str, str]
    ) -> None:
        with Serving(tmp_path / "data", connections=2, **trusted) as direct:
            forged = {
                "Origin": "https://nodius.example",
                "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "nodius.example",
            }
            assert not is_open(opened.enter_context(open_one(direct, "6.6.6.6", **forged)))
            found = [
                is_open(opened.enter_context(open_one(direct, f"6.6.6.{n}"))) for n in range(4)
            ]
            assert found == [True, True, False, False]
