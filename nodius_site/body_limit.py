"""Refuses a request body that is too large before anything keeps it in memory or on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from nodius_site.errors import plain_error

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

#: Seconds for which the rest of a refused body is read and dropped. A connection that is closed
#: while its client still sends is reset, and with the reset the client loses the answer.
LINGER = 5.0

KIB = 1024
#: How much a path takes at most, by the first prefix that fits: a whole workflow in one place only,
#: and least from those who have shown no token yet.
BY_PATH = (("/api/workflow", sys.maxsize), ("/api/auth", 64 * KIB), ("", 4 * KIB * KIB))


class BodyLimit:
    """An ASGI application before another: 413 to a body that is too large, announced or not.

    `limit` is what the calls that take whole workflows accept, in bytes; others accept less.
    What is not HTTP passes. Of a body that grows too large, the inner application sees that its
    client has left.
    """

    def __init__(self, app: App, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = min(self.limit, _limit_of(scope["path"]))
        if _announced(scope) > limit:
            await _refuse(receive, send)
        else:
            await self._count(limit, scope, receive, send)

    async def _count(
        self, left: int, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        started = False

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        async def noticed(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        await self.app(scope, counted, noticed)
        if left < 0 and not started:
            await _refuse(receive, send)


def _limit_of(path: str) -> int:
    return next(limit for prefix, limit in BY_PATH if path.startswith(prefix))


def _announced(scope: MutableMapping[str, Any]) -> int:
    """The Content-Length; 0 if there is none, or none that the server in front let pass."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _refuse(receive: Receive, send: Send) -> None:
    body = plain_error(413)
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body", "body": b""})
