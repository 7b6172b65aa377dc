"""The id of every request, its line in the log, and its place in the metrics."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from nodius_site import metrics
from nodius_site.asgi_types import App, Message, Receive, Send, header

logger = structlog.stdlib.get_logger("nodius.access")

HEADER = "x-request-id"
#: What a proxy in front, or a client, may call a request.
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

#: A client that left before it got an answer, as nginx has it.
LEFT = 499
#: Asked again and again by machines: their good answers are counted, and not logged.
PROBES = frozenset({"/api/health", "/api/ready", "/metrics"})

_KEY = "nodius.request"


@dataclass(slots=True)
class Seen:
    """What is known of a request in the end.

    `route` is the pattern that its path fits, and `user_id` who has asked; None if not known.
    """

    route: str | None = None
    user_id: str | None = None
    status: int = LEFT
    bytes: int = 0


class RequestLog:
    """An ASGI application before all others: gives every request and socket an id and, of
    requests, logs and counts how they went.

    The id is the header X-Request-ID if it is fit, else made; it is in the answer and in every line
    that is logged meanwhile.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        id = _id_of(scope)
        with structlog.contextvars.bound_contextvars(request_id=id):
            if scope["type"] == "http":
                await self._observe(id, scope, receive, send)
            else:
                await self.app(scope, receive, send)

    async def _observe(self, id: str, scope: Message, receive: Receive, send: Send) -> None:
        seen = scope[_KEY] = Seen()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                named = (HEADER.encode(), id.encode())
                message = {**message, "headers": [*message.get("headers", ()), named]}
            elif message["type"] == "http.response.body":
                seen.bytes += len(message.get("body", b""))
            await send(message)

        with _told(scope, seen):
            await self.app(scope, receive, observed)


@contextmanager
def _told(scope: Message, seen: Seen) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    except Exception:
        # The server underneath answers what is left unanswered.
        seen.status = 500 if seen.status == LEFT else seen.status
        raise
    finally:
        seconds = time.perf_counter() - began
        metrics.request(scope["method"], seen.route, seen.status, seconds)
        if seen.status >= 400 or scope["path"].rstrip("/") not in PROBES:
            _log(scope, seen, seconds)


def _log(scope: Message, seen: Seen, seconds: float) -> None:
    known = {"route": seen.route, "user_id": seen.user_id, "address": _address(scope)}
    logger.info(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=seen.status,
        ms=round(1000 * seconds, 1),
        bytes=seen.bytes,
        **{name: value for name, value in known.items() if value is not None},
    )


def log_refused(scope: Message) -> None:
    """Log a handshake that was refused."""
    logger.info("socket refused", path=scope["path"], status=403, address=_address(scope))


def _address(scope: Message) -> str | None:
    """The address of the client, if the server underneath knows it."""
    client = scope.get("client")
    return client[0] if client else None


def _id_of(scope: Message) -> str:
    given = header(scope, HEADER.encode())
    return given if given is not None and _ID.fullmatch(given) else uuid.uuid4().hex


class SeenMiddleware:
    """Goes first in MIDDLEWARE, to leave word of what only Django knows: route and user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        seen = getattr(request, "scope", {}).get(_KEY)
        if isinstance(seen, Seen):
            if request.resolver_match is not None:
                seen.route = f"/{request.resolver_match.route}"
            seen.user_id = _user_of(request)
        return response


def _user_of(request: HttpRequest) -> str | None:
    """Who has shown a token, or is logged in to the admin site and was looked up for that."""
    if (principal := getattr(request, "auth", None)) is not None:
        return getattr(principal, "user_id", None)
    return getattr(getattr(request, "_cached_user", None), "pk", None)
