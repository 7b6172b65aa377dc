"""Requests that say one thing to a proxy in front and another to the server, or never end."""

from __future__ import annotations

import select
from contextlib import closing, suppress

import pytest

from nodius_site.http_protocol import MAX_HEAD
from tests.serving import Serving

from .raw import answered, connected, head, until_closed

HIDDEN = head("GET", "/api/health", Connection="close")
CHUNKED = {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket"}
HANDSHAKE = UPGRADE | {
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec_WebSocket_Version": 13,
}


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "nonsense"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "size", [{"Content_Length": len(HIDDEN)}, {"Transfer_Encoding": "chunked"}]
)
def test_who_asks_for_another_protocol_hides_no_request_in_a_body(
    server: Serving, method: str, protocol: str, size: dict[str, object]
) -> None:
    asked = head(method, "/api/auth/login", **size, **UPGRADE | {"Upgrade": protocol})
    with closing(connected(server.url)) as connection:
        connection.sendall(asked)
        received = connection.recv(12)
        # It may have hung up by then, and rightly so.
        with suppress(ConnectionError):
            connection.sendall(HIDDEN)
            received += until_closed(connection)
    assert received.startswith(b"HTTP/1.1 400") and received.count(b"HTTP/1.1 ") == 1


def test_who_asks_for_another_protocol_without_a_body_is_answered(server: Serving) -> None:
    asked = head("GET", "/api/health", Connection="Upgrade, close", Upgrade="h2c", Content_Length=0)
    assert answered(server.url, [asked]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("behind", [b"Content-Type: image/png", b"Host: a,b"])
def test_what_comes_behind_a_body_is_no_header(server: Serving, behind: bytes) -> None:
    asked = head("POST", "/api/auth/login", Connection="close", **CHUNKED)
    answer = answered(server.url, [asked + b"2\r\n{}\r\n0\r\n" + behind + b"\r\n\r\n"])
    assert answer.startswith(b"HTTP/1.1 422")


@pytest.mark.parametrize("begin", [b"0\r\nX-A: ", b"2;a=", b"2\r\n{}\r\n0\r\nX-A: "])
@pytest.mark.parametrize("line", [b"a" * 1000, b"a\r\nX-A: " * 100])
def test_what_stands_around_a_body_has_an_end(server: Serving, begin: bytes, line: bytes) -> None:
    """REST-PACE-1"""
    with closing(connected(server.url)) as connection:
        connection.sendall(head("POST", "/api/auth/login", **CHUNKED) + begin)
        sent = 0
        # Whoever still sends when the server hangs up may see no answer.
        with suppress(ConnectionError):
            while not select.select([connection], [], [], 0)[0]:
                connection.sendall(line)
                sent += len(line)
                assert sent < 200 * MAX_HEAD, "it is read for ever"
            assert connection.recv(12) in (b"HTTP/1.1 431", b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "more",
    [{"Cookie": "a" * 20_000}, {f"X-{n}": "a" for n in range(200)}, {"X-A": "a" * 100_000}],
)
def test_a_handshake_with_too_much_in_its_head_is_told_so(
    server: Serving, more: dict[str, object]
) -> None:
    answer = answered(server.url, [head("GET", "/ws", **HANDSHAKE, **more)])
    assert answer.startswith(b"HTTP/1.1 431")
