"""A WebSocket client that costs next to nothing, so that what is measured is the server.

It masks with zeros, which the standard allows and which costs a server what any other mask does,
and it takes frames that are not fragmented, which is what the measured servers send.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Self, TypeAlias, cast

#: What is given each message: the bytes it is in, where it begins, and where it ends.
Heard: TypeAlias = Callable[[bytes, int, int], None]

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
#: Seconds that an answer may take while a client joins.
PATIENCE = 30


class Lost(Exception):
    """A server closed a connection, or refused it."""


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A message as a client sends it."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


class Connection(asyncio.Protocol):
    """One client's connection. Until `listen`, messages wait for `receive`."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._heard: Heard = self._keep
        self._rest = b""
        self._upgraded = False
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.WriteTransport
        #: Why it ended, if it was not we who ended it.
        self.lost: Lost | None = None

    @classmethod
    async def open(cls, port: int, path: str) -> Self:
        """Connect to a server of this machine. Raises Lost, OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        connection.transport.write(request.encode())
        await asyncio.wait_for(connection._ready, PATIENCE)
        return connection

    def send(self, *frames: bytes) -> None:
        """Send frames, several by one write."""
        self.transport.write(b"".join(frames))

    async def receive(self) -> bytes:
        """The next message. Raises TimeoutError; not to be used any more after `listen`."""
        return await asyncio.wait_for(self._waiting.get(), PATIENCE)

    async def receive_with(self, needle: bytes) -> bytes:
        """The next message that contains this; those before are dropped."""
        while needle not in (payload := await self.receive()):
            pass
        return payload

    def listen(self, heard: Heard) -> None:
        """From now on call this with each message, and with those that wait."""
        self._heard = heard
        while not self._waiting.empty():
            payload = self._waiting.get_nowait()
            heard(payload, 0, len(payload))

    def close(self) -> None:
        """End the connection."""
        self._heard = _nothing
        self.transport.close()

    def abort(self) -> None:
        """End the connection as one that breaks."""
        self._heard = _nothing
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        # uvloop's transports have no base class of asyncio's.
        self.transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        if self._heard is not _nothing:
            self.lost = self.lost or Lost(f"the server hung up: {exc}")
        if not self._ready.done():
            self._ready.set_exception(Lost("the server refused the connection"))

    def data_received(self, data: bytes) -> None:
        """Called by the event loop: take the whole frames, keep the rest."""
        if self._rest:
            data = self._rest + data
        at = 0 if self._upgraded else self._upgrade(data)
        end = len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start += 2
                size = int.from_bytes(data[at + 2 : start], "big")
            elif size == 127:
                start += 8
                size = int.from_bytes(data[at + 2 : start], "big")
            stop = start + size
            if stop > end:
                break
            if (opcode := data[at] & 15) <= BINARY:
                self._heard(data, start, stop)
            else:
                self._control(opcode, data[start:stop])
            at = stop
        self._rest = data[at:]

    def _upgrade(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return len(data) + 1
        self._upgraded = data.startswith(b"HTTP/1.1 101")
        if self._upgraded:
            self._ready.set_result(None)
            return end
        self._ready.set_exception(Lost(data.partition(b"\r\n")[0].decode()))
        return len(data)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.send(frame(payload, PONG))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big")
            self.lost = Lost(f"the server closed with {code} {payload[2:].decode()}".rstrip())

    def _keep(self, data: bytes, start: int, stop: int) -> None:
        self._waiting.put_nowait(data[start:stop])


def _nothing(data: bytes, start: int, stop: int) -> None:
    """What is heard after the end."""
