"""uvicorn, as Nodius runs it."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from nodius_site import wiring
from nodius_site.asgi import application
from nodius_site.http_protocol import HttpProtocol

#: Above any message that is answered with an error: a larger frame ends the socket with 1009.
MAX_FRAME = 4 * 1024 * 1024
#: How many more objects there are before those of each age are collected: the documents of open
#: workflows are many, and none of them is ever garbage by a cycle.
RARELY = (50_000, 20, 50)
#: Seconds for which open requests may go on when the server ends.
GRACE = 4
#: Seconds for which what a client still sends after its socket was ended is read and dropped.
LINGER = 5.0
#: Seconds between two pings, and for the answer to one: before that a slow client has to read what
#: the system holds for it, up to 4 MiB.
PING, PONG = 20.0, 90.0
#: Milliseconds after which a peer whose system confirms nothing that was sent to it is gone: there
#: is something to confirm from the next ping on.
UNCONFIRMED = 20_000
#: Bytes that are taken apart at a stretch, and seconds after which the other sockets have a turn:
#: tiny frames are cheap to send, and what comes at once can hold tens of thousands of them.
STRETCH, TURN = 1024, 0.001


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets that stay open to read until the client has seen why they end.

    Closing while a client sends resets its connection, and with the reset it loses the close code.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        #: What has come and is still to be taken apart; meanwhile nothing more is read.
        self._unread = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the system end a connection that is dead, long before a slow one would be late."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNCONFIRMED)

    async def receive(self) -> ASGIReceiveEvent:
        """The next event."""
        event = await super().receive()
        if self._unread:
            # It may have gone on reading, as if nothing were left.
            self.transport.pause_reading()
        return event

    async def send(self, message: ASGISendEvent) -> None:
        """Send, and do not keep for ever what a client that was closed does not read."""
        if message["type"] == "websocket.close":
            # Whoever closes has waited long enough for room.
            self.writable.set()
            self.loop.call_later(2 * LINGER, self.transport.abort)
        await super().send(message)

    def data_received(self, data: bytes) -> None:
        """Take in what came, unless the socket has failed already."""
        if self._unread:
            self._unread += data
            self.transport.pause_reading()
        elif self.handshake_initiated and len(data) > STRETCH:
            self._unread += data
            self._take_apart()
        elif self.conn.parser_exc is None:
            super().data_received(data)
        if not self.handshake_initiated:
            # The whole head was there, and is refused: it has too many lines, or too long ones.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what has not been looked at."""
        self._unread.clear()
        super().connection_lost(exc)

    def _take_apart(self) -> None:
        turn_ends = time.monotonic() + TURN
        while self._unread and self.conn.parser_exc is None and not self.transport.is_closing():
            if time.monotonic() > turn_ends:
                self.transport.pause_reading()
                self.loop.call_soon(self._take_apart)
                return
            some = bytes(self._unread[:STRETCH])
            del self._unread[:STRETCH]
            super().data_received(some)
        self._unread.clear()
        if not self.read_paused:
            self.transport.resume_reading()

    def handle_ping(self) -> None:
        """Answer, unless the client does not read: answers that nobody takes would pile up."""
        answer = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(answer)

    def keepalive_timeout(self) -> None:
        """End a socket that does not answer, if it has no more to read than the system holds.

        How long that may take is for its outbox to say.
        """
        if self.writable.is_set():
            super().keepalive_timeout()
        else:
            self.pong_timer = self.loop.call_later(PONG, self.keepalive_timeout)

    def handle_cont(self, event: Frame) -> None:
        """Join the pieces of a message as they come: many small ones take no more than one."""
        # uvicorn means bytes here, and takes a bytearray for them.
        joined: Any = self.frames[0]
        if not isinstance(joined, bytearray):
            joined = bytearray(joined)
        joined += event.data
        self.frames = [joined]
        if event.fin:
            self.send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Tell both sides the close code, and hang up after a while."""
        close = self.conn.close_sent
        if close is None:
            raise RuntimeError("a frame was refused without a close code")
        self.stop_keepalive()
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
        )
        self.close_sent = True
        self.close_timer = self.loop.call_later(LINGER, self.transport.close)
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()


def _is_news(record: logging.LogRecord) -> bool:
    """Whether to log it: text that is no UTF-8 is told to who sent it, and is no fault of ours."""
    return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


class Server(uvicorn.Server):
    """Serves the application until a signal; `announce` is called when it is ready.

    With `tls` it serves TLS and nothing else, but for the `inner` sockets, by which other processes
    of the cluster come.
    """

    def __init__(
        self,
        announce: Callable[[], None],
        tls: ssl.SSLContext | None = None,
        inner: Sequence[socket.socket] = (),
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=HttpProtocol,
                ws=SocketProtocol,
                ws_max_size=MAX_FRAME,
                ws_ping_interval=PING,
                ws_ping_timeout=PONG,
                lifespan="on",
                ws_per_message_deflate=False,
                # Who is behind a proxy is for `trusted_proxies` to say, not for whoever is local.
                proxy_headers=False,
                ssl_context_factory=(lambda config, default: tls) if tls else None,
                server_header=False,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self.announce = announce
        self.inner = inner
        logging.getLogger("uvicorn.error").addFilter(_is_news)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for each in self.inner:
            self.servers.append(await loop.create_server(self._protocol, sock=each))
        # What is there now stays; looking through it again and again would hold everybody up.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*RARELY)
        self.announce()

    def _protocol(self) -> HttpProtocol:
        return HttpProtocol(self.config, self.server_state, self.lifespan.state)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, have the live part say goodbye and save, end what is open."""
        for server in self.servers:
            server.close()
        await wiring.stop()
        await super().shutdown(sockets)
