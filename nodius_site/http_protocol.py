"""HTTP/1.1 as uvicorn speaks it, but without endless patience for clients that are slow."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from nodius_site.errors import plain_error

#: Seconds that a client has for the head of a request, from the moment the server waits for it.
HEAD_SECONDS = 15.0
#: Bytes that a head may have, or whatever else stands around a body; what comes in a single piece
#: may have some more.
MAX_HEAD = 128 * 1024
#: Seconds within which a client has to take something of an answer that waits for it.
STALLED = 60.0


class HttpProtocol(HttpToolsProtocol):
    """One connection. Whatever it waits for has a deadline that single bytes cannot move."""

    head_seconds = HEAD_SECONDS
    stalled = STALLED

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        # Since the last head or piece of a body was there.
        self._head_bytes = 0
        self._in_head = False
        self._waiting: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MAX_HEAD:
            self._hang_up(431)
        elif self._awaits_a_head:
            self._await_head()

    def on_message_begin(self) -> None:
        """The first bytes of a request are there."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes as one behind the body is none (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is there: from now on the body has its own deadline, in `BodyLimit`."""
        self._head_bytes = 0
        self._in_head = False
        self._cancel(self._waiting)
        self._waiting = None
        if self.parser.should_upgrade() and not self._may_upgrade():
            raise httptools.HttpParserError("another protocol is for a lone GET to ask for")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body is there."""
        self._head_bytes = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        """The client takes less than there is: see to it that it takes something."""
        super().pause_writing()
        self._watch_writing(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        self._cancel(self._writing)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._cancel(self._waiting)
        self._cancel(self._writing)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, in the shape of all errors."""
        self._hang_up(400)

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is being answered."""
        # Before the first request there is none, whatever uvicorn declares.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    @property
    def _awaits_a_head(self) -> bool:
        """Whether nothing is being answered, and this has not become a WebSocket."""
        return (
            self._is_idle
            and not self.transport.is_closing()
            and self.transport.get_protocol() is self
        )

    def _may_upgrade(self) -> bool:
        """Whether this may ask for another protocol: of one that does, the parser reads no body,
        and would take that for the next request.
        """
        has_body = any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0"))
            for name, value in self.headers
        )
        return self._is_idle and not has_body and self.parser.get_method() == b"GET"

    def _await_head(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.head_seconds, self._give_up)

    def _give_up(self) -> None:
        if self._head_bytes:
            self._hang_up(408)
        else:
            self.transport.close()

    def _watch_writing(self, left: int) -> None:
        self._writing = self.loop.call_later(self.stalled, self._look_at_writing, left)

    def _look_at_writing(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= before:
            self.transport.abort()
        elif left:
            self._watch_writing(left)

    def _hang_up(self, status: int) -> None:
        if self.transport.is_closing():
            return
        if not self._is_idle and self.cycle.response_started:
            # It would stand in the middle of an answer.
            self.transport.close()
            return
        body = plain_error(status)
        headers: list[tuple[bytes, Any]] = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = [STATUS_LINE[status], *(b"%s: %s\r\n" % each for each in headers), b"\r\n", body]
        self.transport.write(b"".join(lines))
        self.transport.close()

    @staticmethod
    def _cancel(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
