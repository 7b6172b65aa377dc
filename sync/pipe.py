"""To the process that holds a workflow, for clients that came to this one: their conversations, and
the requests by which they write.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from sync import metrics
from sync.outbox import Outbox
from sync.passes import ALIVE, HEADER, pass_for
from workflows.errors import Elsewhere, GivenUp

#: Seconds in which a process that lives answers that, and opens a pipe.
ANSWERING, OPENING = 1.0, 3.0
#: Milliseconds for which what was sent may stay unconfirmed by the other side's system.
UNCONFIRMED = 10_000
#: Seconds for a pipe to end by itself.
ENDING = 1.0
#: Close codes that the other side has for the client; with any other the pipe is broken.
TOLD = frozenset({1012, 1013, *range(4400, 4500)})


class Neighbours:
    """The other processes, as this one reaches them. `key` makes the passes.

    Made on the event loop; `close` ends it.
    """

    def __init__(self, key: bytes, answering: float = ANSWERING) -> None:
        self._key = key
        self._answering = answering
        self._http: httpx.AsyncClient | None = None

    async def answers(self, process: str, address: str) -> bool:
        """Whether the process is there, and its event loop turns."""
        if self._http is None:
            self._http = httpx.AsyncClient(verify=_tls(), trust_env=False)
        try:
            answer = await self._http.get(
                address + ALIVE, headers=self._pass(process), timeout=self._answering
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == HTTPStatus.NO_CONTENT

    async def pipe(
        self, to: Elsewhere, outbox: Outbox, on_end: Callable[[int | None], None]
    ) -> Pipe:
        """See `sync.ownership.Ownership`."""
        url = "ws" + to.address.removeprefix("http") + "/ws"
        try:
            connection = await connect(
                url,
                additional_headers=self._pass(to.process),
                compression=None,
                max_size=None,
                open_timeout=OPENING,
                close_timeout=ENDING,
                proxy=None,
                ssl=_tls() if url.startswith("wss") else None,
                # Answers to pings wait behind what a slow client does not take yet.
                ping_timeout=None,
            )
        except (OSError, TimeoutError, WebSocketException):
            raise GivenUp("The process that holds this workflow was not reached.") from None
        _end_if_unconfirmed(connection)
        return Pipe(to.process, connection, outbox, on_end)

    async def close(self) -> None:
        """Reach nobody any more."""
        if self._http is not None:
            await self._http.aclose()

    def _pass(self, process: str) -> dict[str, str]:
        return {HEADER: pass_for(process, self._key)}


class Pipe:
    """One client's conversation about one workflow, word by word, with the process of this id."""

    def __init__(
        self,
        process: str,
        connection: ClientConnection,
        outbox: Outbox,
        on_end: Callable[[int | None], None],
    ) -> None:
        self.process = process
        self._connection = connection
        self._outbox = outbox
        self._on_end = on_end
        self._reading = asyncio.create_task(self._read(), name="pipe")
        metrics.PIPES.labels("out").inc()

    async def send(self, frame: str) -> None:
        """Pass on what the client has sent; waits while the other side takes no more."""
        try:
            await self._connection.send(frame)
        except ConnectionClosed:
            # Reading meets the same, and tells.
            return
        metrics.PIPED.labels("out").inc()

    async def close(self) -> None:
        """End it from here: nothing more is told."""
        metrics.PIPES.labels("out").dec()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._connection.close()

    async def _read(self) -> None:
        try:
            while True:
                # As long as the client takes nothing, nothing is taken from the other side either,
                # which cuts off who does not read.
                await self._outbox.room()
                frame = await self._connection.recv(decode=True)
                metrics.PIPED.labels("in").inc()
                self._outbox.put(str(frame))
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            self._on_end(code if code in TOLD else None)


@dataclass(frozen=True, slots=True)
class Answered:
    """What another process has answered to a request: its status, headers to pass on, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


#: Headers of a request, and of its answer, that mean the same on the other side.
ASKED = ("authorization", "content-type", "x-request-id")
ANSWERED = ("content-type", "retry-after", "www-authenticate")


def pass_on(
    to: Elsewhere,
    shown: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    patience: float,
) -> Answered:
    """The answer of the process that holds the workflow to a request as it came here; blocks.

    `shown` is the pass to that process.

    Raises GivenUp if none comes within `patience` seconds: what was asked may have been done.
    """
    asked = {name: headers[name] for name in ASKED if name in headers}
    try:
        answer = _requests().request(
            method,
            to.address + path,
            content=body,
            headers={**asked, HEADER: shown},
            timeout=patience,
        )
    except httpx.HTTPError:
        raise GivenUp("The process that holds this workflow did not answer; ask again.") from None
    told = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
    return Answered(answer.status_code, told, answer.content)


@functools.cache
def _requests() -> httpx.Client:
    """Connections to other processes, kept open, for all threads."""
    # The other side ends those that stand still for five seconds.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2.0)
    return httpx.Client(verify=_tls(), trust_env=False, limits=limits)


def _end_if_unconfirmed(connection: ClientConnection) -> None:
    """Have the system end a connection whose other side is cut off."""
    opened = connection.transport.get_extra_info("socket")
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNCONFIRMED)


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
