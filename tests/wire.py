"""A WebSocket client for tests: every wait has an end, and says what came instead."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

#: What may come at any time.
UNASKED = {"presence", "saved"}
APPEND = {"o": 3, "p": ["data", "log"], "v": "x"}


def put(path: str, value: object) -> dict[str, Any]:
    """A SET."""
    return {"o": 1, "p": path.split("/"), "v": value}


class Served(Protocol):
    """What has a WebSocket: a server, or what stands in front of one."""

    @property
    def socket_url(self) -> str:
        """Its address."""

    @property
    def trust(self) -> ssl.SSLContext | None:
        """What trusts its certificate, if the address is wss."""


def for_threads(trust: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """The same, for a socket that one thread reads while another one writes.

    With TLS 1.3 a server sends tickets just then, and what Python writes meanwhile may be lost.
    """
    if trust is not None:
        trust.maximum_version = ssl.TLSVersion.TLSv1_2
    return trust


def narrow(url: str) -> socket.socket:
    """A connection to a server whose receiver takes little that nobody reads."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    place = urlsplit(url)
    made.connect((place.hostname, place.port))
    return made


class Wire:
    """`with Wire(server, token) as wire`: one open socket."""

    def __init__(self, server: Served, token: str) -> None:
        self.token = token
        self.opened = ExitStack()
        self.socket = self.opened.enter_context(
            connect(
                server.socket_url,
                max_size=None,
                max_queue=None,  # what nobody reads must not hold up the end of the socket
                compression=None,
                ssl=for_threads(server.trust),
                proxy=None,
                ping_interval=None,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.opened.close()

    def send(self, type: str, **fields: object) -> None:
        """Send one message."""
        self.socket.send(json.dumps({"type": type, **fields}))

    def receive(self, timeout: float = 10) -> dict[str, Any]:
        """The next message."""
        message = json.loads(self.socket.recv(timeout))
        assert isinstance(message, dict)
        return message

    def expect(self, type: str, **fields: object) -> dict[str, Any]:
        """The next message apart from unasked ones, which is of this type and has these fields."""
        message = self.receive()
        while message["type"] in UNASKED - {type}:
            message = self.receive()
        wrong = {name: value for name, value in fields.items() if message.get(name) != value}
        assert message["type"] == type and not wrong, f"wanted {type} {fields}, got {message}"
        return message

    def join(self, key: str, **fields: object) -> dict[str, Any]:
        """Connect to a workflow."""
        self.send("connect", **{"workflowKey": key, "token": self.token, **fields})
        return self.expect("connected", workflowKey=key)

    def act(self, key: str, *instructions: object, **fields: object) -> None:
        """Send a batch."""
        self.send("instructions", workflowKey=key, instructions=instructions, **fields)

    def closed(self, timeout: float = 10) -> int:
        """Read on until the server closes; returns the close code."""
        try:
            while True:
                self.socket.recv(timeout)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006
