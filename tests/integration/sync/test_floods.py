"""Many, fast, silent and slow clients of a real server: what they cost it, and the others."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from tests.serving import Serving
from tests.waiting import until
from tests.wire import APPEND, Wire, narrow, put

MIB = 1024 * 1024
#: A mask that changes nothing.
MASK = bytes(4)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server for which nothing waits for long, and to which many may come from here."""
    made = Serving(tmp_path_factory.mktemp("floods") / "data", connections=1000, max_outbox=2 * MIB)
    made.create_admin()
    with made:
        yield made


@pytest.fixture(scope="module")
def http(serving: Serving) -> Iterator[httpx.Client]:
    with serving.login() as client:
        yield client


@pytest.fixture
def token(http: httpx.Client) -> str:
    return http.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def flow(http: httpx.Client) -> str:
    return new_flow(http)


def new_flow(http: httpx.Client, **data: object) -> str:
    body = {"name": "Flow", "data": {"log": [], **data}}
    return str(http.post("/api/workflow", json=body).json()["workflowKey"])


def memory(serving: Serving) -> int:
    """Bytes that the server has in memory."""
    pages = int(Path(f"/proc/{serving.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors(serving: Serving) -> int:
    """How many files and connections the server has open."""
    return len(list(Path(f"/proc/{serving.process.pid}/fd").iterdir()))


def until_closed(serving: Serving, base: int) -> None:
    """Wait until the server has about as many open as at first; hundreds would be more."""
    until(lambda: descriptors(serving) <= base + 20)


def handshaken(serving: Serving) -> socket.socket:
    """A socket that is open, and takes little before somebody reads it."""
    host, port = serving.url.removeprefix("http://").split(":")
    made = narrow(serving.url)
    made.sendall(
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b" 101 " in made.recv(1024).partition(b"\r\n")[0]
    return made


def frame(opcode: int, payload: bytes, *, last: bool = True) -> bytes:
    """A frame of a client, of up to 64 KiB."""
    head = bytes([opcode | (0x80 if last else 0)])
    if len(payload) < 126:
        return head + bytes([0x80 | len(payload)]) + MASK + payload
    return head + b"\xfe" + len(payload).to_bytes(2, "big") + MASK + payload


TEXT, PIECE, PING = 1, 0, 9


def test_pings_whose_answers_nobody_reads_take_no_memory(serving: Serving) -> None:
    before = memory(serving)
    many = frame(PING, b"x" * 125) * (MIB // 131)
    with closing(handshaken(serving)) as client:
        for _ in range(24):
            client.sendall(many)
        assert memory(serving) - before < 10 * MIB


def test_a_message_in_pieces_of_a_byte_takes_no_more_than_one_in_one_piece(
    serving: Serving, token: str, flow: str
) -> None:
    message = json.dumps({"type": "ping", "x": "x" * 300_000}).encode()
    pieces = [frame(PIECE, message[n : n + 1], last=False) for n in range(1, len(message) - 1)]
    first, last = frame(TEXT, message[:1], last=False), frame(PIECE, message[-1:])
    with Wire(serving, token) as wire:
        wire.join(flow)
        before = memory(serving)
        wire.socket.socket.sendall(first + b"".join(pieces))
        assert wire.socket.ping().wait(60), "it has come so far"
        assert memory(serving) - before < 6 * MIB
        wire.socket.socket.sendall(last)
        wire.expect("pong")


@pytest.mark.parametrize(
    "tiny", [frame(PING, b""), frame(PIECE, b"", last=False)], ids=["pings", "pieces"]
)
def test_a_flood_of_tiny_frames_leaves_the_others_their_turn(
    serving: Serving, token: str, flow: str, tiny: bytes
) -> None:
    piece, over = tiny * (64 * 1024 // len(tiny)), threading.Event()

    def flood(flooder: socket.socket) -> None:
        with suppress(OSError):
            while not over.is_set():
                flooder.sendall(piece)

    with closing(handshaken(serving)) as flooder, Wire(serving, token) as wire:
        wire.join(flow)
        flooder.sendall(frame(TEXT, b"", last=False))
        thread = threading.Thread(target=flood, args=[flooder])
        thread.start()
        try:
            # A second each on a busy machine; where the flood goes first, more than ten.
            deadline = time.monotonic() + 20
            for n in range(3):
                wire.act(flow, APPEND, id=str(n))
                wire.expect("ack", id=str(n))
            assert time.monotonic() < deadline
        finally:
            over.set()
            flooder.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_flood_of_messages_takes_no_memory_and_is_refused(
    serving: Serving, token: str, flow: str
) -> None:
    """WS-RATE-1"""
    many = 20_000
    with Wire(serving, token) as flooder:
        flooder.join(flow)
        before = memory(serving)
        flooder.socket.socket.sendall(frame(TEXT, b'{"type": "ping"}') * many)
        answers: list[dict[str, Any]] = []
        with suppress(ConnectionClosedError):
            while len(answers) < many:
                answers.append(flooder.receive())
        assert {each.get("code") for each in answers[-100:]} <= {"rate_limited", None}
        assert sum(each["type"] == "pong" for each in answers) >= 2000
        assert len(answers) == many or flooder.socket.close_code == 4429
        assert memory(serving) - before < 16 * MIB


def test_silent_sockets_take_little_memory_and_nothing_from_the_others(
    serving: Serving, token: str, flow: str
) -> None:
    base, before = descriptors(serving), memory(serving)
    with ExitStack() as opened:
        for _ in range(300):
            opened.enter_context(closing(handshaken(serving)))
        assert descriptors(serving) >= 300
        assert (memory(serving) - before) / 300 < 60 * 1024
        with Wire(serving, token) as wire:
            wire.join(flow)
            wire.act(flow, APPEND, id="1")
            wire.expect("ack", id="1")
    until_closed(serving, base)


def test_a_client_that_never_reads_is_cut_off_and_memory_stays_as_it_was(
    serving: Serving, token: str, flow: str
) -> None:
    """WS-SLOW-1"""
    with closing(handshaken(serving)) as slow, Wire(serving, token) as wire:
        asked = {"type": "connect", "workflowKey": flow, "token": token, "clientId": "slow"}
        slow.sendall(frame(TEXT, json.dumps(asked).encode()))
        slow.recv(10)
        assert [each["clientId"] for each in wire.join(flow)["participants"]] == ["slow"]
        before = memory(serving)
        for n in range(100):
            wire.act(flow, put("data/text", str(n % 10) * 200_000), id=str(n))
            wire.expect("ack", id=str(n))
        assert wire.join(flow)["participants"] == []
        assert memory(serving) - before < 24 * MIB


def test_a_client_that_reads_slowly_gets_all_of_a_big_workflow_and_what_comes_after(
    serving: Serving, token: str, http: httpx.Client
) -> None:
    """WS-SLOW-1"""
    flow = new_flow(http, **{f"t{n}": str(n) * MIB for n in range(6)})
    with closing(handshaken(serving)) as slow, Wire(serving, token) as wire:
        wire.join(flow)
        asked = {"type": "connect", "workflowKey": flow, "token": token}
        slow.sendall(frame(TEXT, json.dumps(asked).encode()))
        read = slow.recv(1000)
        for n in range(100):
            wire.act(flow, APPEND, id=str(n))
            wire.expect("ack", id=str(n))
        slow.settimeout(5)
        while b'"seq":100,' not in read[-2000:]:
            some = slow.recv(64 * 1024)
            assert some, "it was cut off"
            read += some
        assert len(read) > 6 * MIB


def test_who_all_come_at_once_again_and_again_leave_nothing_behind(
    serving: Serving, token: str, flow: str
) -> None:
    base, before = descriptors(serving), memory(serving)
    asked = json.dumps({"type": "connect", "workflowKey": flow, "token": token})
    for _ in range(4):
        with ExitStack() as opened:
            crowd = [opened.enter_context(closing(handshaken(serving))) for _ in range(150)]
            for each in crowd:
                each.sendall(frame(TEXT, asked.encode()))
            for each in crowd:
                assert b'"connected"' in each.recv(1024)
    until_closed(serving, base)
    assert memory(serving) - before < 32 * MIB
    health = httpx.get(f"{serving.url}/api/health", trust_env=False).json()
    assert (health["status"], health["unsaved"]) == ("ok", 0)
