"""Clients that are slow on purpose are cut, and those that are just slow are not (T19)."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from websockets.sync.client import connect

from nodius_site.body_limit import BodyLimit, Pace
from nodius_site.http_protocol import MAX_HEAD, HttpProtocol

from .raw import answered, connected, head, until_closed

if TYPE_CHECKING:
    from nodius_site.asgi_types import App, Message, Receive, Send

MIB = 1024 * 1024
#: Bytes of a large answer.
LARGE = 8 * MIB
#: Seconds between two bytes of a client that drips.
DRIP = 0.02


#: Set when the application has got rid of an answer: it was taken, or its client was cut.
SENT = {path: threading.Event() for path in ("/large/idle", "/large/slow", "/large/odd")}


class Impatient(HttpProtocol):
    """The server's, with deadlines that a test can wait for."""

    head_seconds = 0.3
    stalled = 0.3


class Server(uvicorn.Server):
    """An application on a thread of its own, on any free port."""

    def __init__(self, app: App) -> None:
        config: dict[str, Any] = {"http": Impatient, "lifespan": "off", "log_config": None}
        super().__init__(uvicorn.Config(app, timeout_keep_alive=60, **config))
        self.listener = socket.create_server(("127.0.0.1", 0))
        # What the system keeps on the way to a client is not seen here, so let it be little.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        self.thread = threading.Thread(target=self.run, args=[[self.listener]])

    def __enter__(self) -> str:
        self.thread.start()
        while not self.started:
            assert self.thread.is_alive(), "the server ended before it had started"
            time.sleep(0.005)
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self.thread.join()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Django for what it is sent; large answers, and a socket that says what it hears."""
    from django.core.asgi import get_asgi_application

    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    elif scope["path"].startswith("/large/"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(LARGE), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        SENT[scope["path"]].set()
    else:
        django: Any = get_asgi_application()
        await BodyLimit(django, 64 * MIB, Pace(grace=0.3, rate=1000, linger=0.3))(
            scope, receive, send
        )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(application) as address:
        yield address


def dripped(connection: socket.socket, piece: bytes) -> bytes:
    """What the server says, at last, to a client that sends this piece again and again."""
    while not select.select([connection], [], [], DRIP)[0]:
        connection.sendall(piece)
    return until_closed(connection)


def refusal(answer: bytes) -> tuple[int, str]:
    """The status and the code of an error in the shape of all errors."""
    first, _, body = answer.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert told.keys() == {"error", "message"}
    return int(first.split()[1]), told["error"]


POST = head("POST", "/api/auth/login", Content_Type="application/json", Content_Length=9_000)
CHUNKED = head(
    "POST", "/api/auth/login", Content_Type="application/json", Transfer_Encoding="chunked"
)


@pytest.mark.parametrize(("begin", "piece"), [(POST, b"x"), (CHUNKED, b"1\r\nx\r\n")])
def test_a_body_that_drips_is_answered_408_and_cut(url: str, begin: bytes, piece: bytes) -> None:
    """REST-PACE-1"""
    with closing(connected(url)) as connection:
        connection.sendall(begin)
        assert refusal(dripped(connection, piece)) == (408, "timeout")


@pytest.mark.parametrize("path", ["/admin/login/", "/setup/", "/nothing"])
def test_a_body_that_never_comes_is_cut_wherever_it_goes(url: str, path: str) -> None:
    assert refusal(answered(url, [head("POST", path, Content_Length=10)])) == (408, "timeout")


def test_a_body_that_is_slow_but_has_brought_something_is_not(url: str) -> None:
    """REST-PACE-1"""
    with closing(connected(url)) as slow:
        slow.sendall(POST + b"{" * 4_500)
        # By the time this one is cut, that one would be too.
        assert refusal(answered(url, [POST]))[0] == 408
        slow.sendall(b"{" * 4_500)
        assert slow.recv(12) == b"HTTP/1.1 400", "it is read, and found to be no JSON"


@pytest.mark.parametrize("begin", [b"", b"G", b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_a_head_that_drips_is_cut(url: str, begin: bytes) -> None:
    """REST-PACE-1"""
    with closing(connected(url)) as connection:
        connection.sendall(begin)
        assert refusal(dripped(connection, b"E" if begin == b"G" else b"a"))[0] in (400, 408)


def test_a_connection_that_says_nothing_is_closed_without_a_word(url: str) -> None:
    assert answered(url, []) == b""


@pytest.mark.parametrize("piece", [b"\r\n", b"GET / HTTP/1.1\r\nX-A: a"])
def test_a_second_head_has_no_more_time_than_the_first(url: str, piece: bytes) -> None:
    with closing(connected(url)) as connection:
        connection.sendall(head("DELETE", "/api/auth/login"))
        assert connection.recv(12) == b"HTTP/1.1 405"
        while not connection.recv(65536).endswith(b"}"):
            pass
        connection.sendall(piece)
        answer = dripped(connection, b"\r\n" if piece == b"\r\n" else b"a")
        assert answer == b"" or refusal(answer)[0] == 408


@pytest.mark.parametrize("line", [b"X-A: %s\r\n" % (b"a" * 1000), b"a" * 1000])
def test_a_head_without_an_end_is_431(url: str, line: bytes) -> None:
    with closing(connected(url)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-First: ")
        sent, answer = 0, b"HTTP/1.1 431"
        # Whoever still sends when the server hangs up may see no answer.
        with suppress(ConnectionError):
            while not select.select([connection], [], [], 0)[0]:
                connection.sendall(line)
                sent += len(line)
                assert sent < 200 * MAX_HEAD, "it is read for ever"
            answer = connection.recv(12)
        assert answer == b"HTTP/1.1 431"


def test_what_is_no_http_is_400_in_the_shape_of_all_errors(url: str) -> None:
    assert refusal(answered(url, [b"\x16\x03\x01 this is no HTTP\r\n\r\n"])) == (400, "bad_request")


def test_no_refusal_stands_in_the_middle_of_an_answer(url: str) -> None:
    with closing(connected(url)) as connection:
        connection.sendall(head("GET", "/large/odd"))
        received = connection.recv(12)
        connection.sendall(b"this is no HTTP\r\n\r\n")
        received += until_closed(connection)
    assert received.count(b"HTTP/1.1 ") == 1


def test_a_socket_outlives_the_time_for_a_head(url: str) -> None:
    with connect(f"ws{url.removeprefix('http')}/ws", proxy=None) as client:
        assert answered(url, []) == b"", "a connection that was opened later is cut"
        client.send("still there")
        assert client.recv(timeout=10) == "still there"


def test_who_does_not_read_an_answer_is_cut_and_who_reads_slowly_is_not(url: str) -> None:
    with closing(connected(url)) as idle, closing(connected(url)) as slow:
        for connection, path in ((idle, "/large/idle"), (slow, "/large/slow")):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.sendall(head("GET", path, Connection="close"))
        received = 0
        while not SENT["/large/idle"].wait(DRIP):
            received += len(slow.recv(65536))
        assert not SENT["/large/slow"].is_set(), "it was slow for as long as the other one"
        assert received + len(until_closed(slow)) > LARGE
        left = 0
        with suppress(ConnectionError):
            left = len(until_closed(idle))
        assert left < LARGE
