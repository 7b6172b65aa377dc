"""Refuses a body that is too large, too slow or of a wrong type before anything keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from dataclasses import dataclass

from django.utils.http import parse_header_parameters

from media_store.picture import MAX_BYTES
from nodius_site.asgi_types import App, Message, Receive, Send, header
from nodius_site.refusal import Refusal, refuse, refused

KIB = 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body has to come: it has `grace` seconds, and one more for each `rate` bytes.

    The rest of one that is refused is read and dropped for `linger` seconds. A connection that is
    closed while its client still sends is reset, and with the reset the client loses the answer.
    """

    grace: float = 20.0
    rate: int = 8 * KIB
    linger: float = 5.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is accepted under a path: bytes, or None for as many as a workflow may have; and media
    types, or None for any.
    """

    prefix: str
    limit: int | None
    types: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a body is said to be; without a media type, whatever its reader takes it for."""

    media_type: str
    charset: str

    @property
    def is_utf8(self) -> bool:
        """Whether its texts are in UTF-8."""
        return self.charset in _CHARSETS

    def is_one_of(self, types: frozenset[str] | None) -> bool:
        """Whether it is of these types, in UTF-8; None are all types."""
        return self.is_utf8 and (types is None or self.media_type in {"", *types})


#: JSON, which may come as plain text. Without a type it is taken for JSON too.
JSON = frozenset({"application/json", "text/plain"})
FILES = frozenset({"multipart/form-data"})
#: By the first prefix that fits: a whole workflow in one place only, and least from those who have
#: shown no token yet.
BY_PATH = (
    Accepted("/api/workflow", None, JSON),
    Accepted("/api/image/upload", MAX_BYTES + 64 * KIB, FILES),
    Accepted("/api/auth", 64 * KIB, JSON),
    Accepted("/api", 4 * KIB * KIB, JSON),
    Accepted("", 4 * KIB * KIB, None),
)
_CHARSETS = {"utf-8", "utf8", "us-ascii"}
_LONGEST_TYPE = 1000
#: The disk, or one's share of it, is used up.
FULL = {errno.ENOSPC, errno.EDQUOT}


class BodyLimit:
    """An ASGI application before another, which answers for it what it has refused.

    `limit` is what the calls that take whole workflows accept, in bytes; others accept less. What
    is not HTTP passes. Of a refused body the inner application sees an end, and nothing more.
    """

    def __init__(self, app: App, limit: int, pace: Pace | None = None) -> None:
        self.app = app
        self.limit = limit
        self.pace = pace or Pace()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        accepted = next(each for each in BY_PATH if scope["path"].startswith(each.prefix))
        limit = self.limit if accepted.limit is None else accepted.limit
        kind = _kind(header(scope, b"content-type") or "")
        if _announced(scope) > limit:
            refuse(scope, Refusal(413))
        elif kind is None or (_has_body(scope) and not kind.is_one_of(accepted.types)):
            refuse(scope, Refusal(415))
        if kind is None or not kind.is_utf8:
            # Django fails already in looking at the one, and in a form of the other.
            scope["headers"] = [each for each in scope["headers"] if each[0] != b"content-type"]
        body = _Body(scope, receive, send, limit, self.pace)
        try:
            await self.app(scope, body.receive, body.send)
        except OSError as error:
            # Django keeps a large body in a file while it comes in, before there is a request.
            if error.errno not in FULL or body.is_answered:
                raise
            refuse(scope, Refusal(503, {"Retry-After": "60"}))
            body.begin_anew()
            await self.app(scope, body.receive, body.send)


class _Body:
    """The body of one request on its way in, and the end of its answer."""

    def __init__(
        self, scope: Message, receive: Receive, send: Send, limit: int, pace: Pace
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._pace = pace
        self._size = 0
        self._more = _has_body(scope)
        self._began = asyncio.get_running_loop().time()
        self._ended = False
        self.is_answered = False

    def begin_anew(self) -> None:
        """Give the application what it gets of a refused body once more."""
        self._ended = False

    async def receive(self) -> Message:
        """What the application gets: the body as long as it is good, an end, then the goodbye."""
        if self._ended:
            return await self._goodbye()
        if not refused(self._scope):
            message = await self._piece()
            if not refused(self._scope):
                self._ended = not self._more
                if self._ended:
                    self._tell_length()
                return message
        self._ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Send; of an answer to what was not read to its end, have the client see the answer."""
        self.is_answered = True
        if not refused(self._scope) or not self._more:
            await self._send(message)
        elif message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"connection", b"close")]
            await self._send({**message, "headers": headers})
        elif message.get("more_body"):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b""})

    async def _piece(self) -> Message:
        loop = asyncio.get_running_loop()
        deadline = self._began + self._pace.grace + self._size / self._pace.rate
        try:
            async with asyncio.timeout(deadline - loop.time()):
                message = await self._next()
        except TimeoutError:
            refuse(self._scope, Refusal(408))
            return {}
        if self._size > self._limit:
            refuse(self._scope, Refusal(413))
        return message

    async def _next(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self._more = bool(message.get("more_body"))
        return message

    def _tell_length(self) -> None:
        """Django, which looks at the headers only now, takes a form of no length for empty."""
        if self._size and header(self._scope, b"content-length") is None:
            length = (b"content-length", str(self._size).encode())
            self._scope["headers"] = [*self._scope["headers"], length]

    async def _goodbye(self) -> Message:
        if refused(self._scope):
            # What is left of the body is read by `_drain`, and by nobody else.
            await asyncio.Event().wait()
        return await self._receive()

    async def _drain(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.linger):
                while self._more:
                    await self._next()


def _announced(scope: Message) -> int:
    """The Content-Length; 0 if there is none, or none that the server in front let pass."""
    text = header(scope, b"content-length") or ""
    return int(text[:20]) if text.isascii() and text.isdigit() else 0


def _has_body(scope: Message) -> bool:
    return _announced(scope) > 0 or header(scope, b"transfer-encoding") is not None


def _kind(content_type: str) -> Kind | None:
    """What a body is said to be; None if that is no media type at all."""
    if len(content_type) > _LONGEST_TYPE:
        return None
    try:
        media_type, parameters = parse_header_parameters(content_type)
    except ValueError:
        return None
    if content_type and not media_type:
        return None
    return Kind(media_type, parameters.get("charset", "utf-8").lower())
