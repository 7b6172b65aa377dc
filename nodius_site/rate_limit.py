"""How many calls under /api a client may make in a minute, as this process counts them."""

from __future__ import annotations

import time
from collections.abc import Callable

from accounts.addresses import group
from accounts.tokens import signed_for
from nodius_site.asgi_types import App, Message, Receive, Send, header
from nodius_site.passes import is_passed
from nodius_site.refusal import Refusal, refuse
from nodius_site.windows import Quota, Windows

PREFIX = "/api/"
#: Whoever watches over the server must hear of it, however busy others behind their address are.
FREE = {"/api/health", "/api/ready"}
UPLOAD = "/api/image/upload"
#: Of a client's calls this part may be uploads, but never fewer than so many.
UPLOAD_SHARE, FEWEST_UPLOADS = 10, 10


class RateLimit:
    """An ASGI application before another: refuses with 429 what comes beyond the limit.

    `limit` is how many requests a minute; 0 for no limit. A client is the user of a bearer token
    that is signed by us and in time, else the address. Every counted answer tells where it stands.
    """

    def __init__(self, app: App, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.limit = limit
        self.clock = clock
        # Users apart: no flood of addresses makes the server forget what a user has done.
        self._users, self._addresses = Windows(limit), Windows(limit)
        uploads = max(limit // UPLOAD_SHARE, FEWEST_UPLOADS)
        self._user_uploads, self._address_uploads = Windows(uploads), Windows(uploads)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.limit or not _counts(scope):
            await self.app(scope, receive, send)
            return
        quota = self._take(scope)
        if not quota.allowed:
            refuse(scope, Refusal(429, {"Retry-After": str(quota.reset)}))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_headers(quota)]
            await send(message)

        await self.app(scope, receive, told)

    def _take(self, scope: Message) -> Quota:
        now = self.clock()
        if client := _user(scope):
            calls, uploads = self._users, self._user_uploads
        else:
            client = _address(scope)
            calls, uploads = self._addresses, self._address_uploads
        quota = calls.take(client, now)
        if quota.allowed and scope["path"].removesuffix("/") == UPLOAD:
            return uploads.take(client, now)
        return quota


def _counts(scope: Message) -> bool:
    path = scope["path"].removesuffix("/")
    if is_passed(scope):
        # It was counted where the client sent it.
        return False
    # A browser asks so before the request itself, which counts.
    preflight = (
        scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None
    )
    return f"{path}/".startswith(PREFIX) and path not in FREE and not preflight


def _user(scope: Message) -> str | None:
    scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
    return signed_for(token.strip()) if scheme.lower() == "bearer" else None


def _address(scope: Message) -> str:
    return group((scope.get("client") or ("",))[0])


def _headers(quota: Quota) -> list[tuple[bytes, bytes]]:
    values = {"limit": quota.limit, "remaining": quota.remaining, "reset": quota.reset}
    return [(f"ratelimit-{name}".encode(), str(values[name]).encode()) for name in values]
