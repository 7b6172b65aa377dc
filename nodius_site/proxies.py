"""Who has sent a request, and to what address, if proxies that are trusted say so."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from accounts.addresses import client_address, is_trusted
from nodius_site.asgi_types import App, Message, Receive, Send, header

#: What X-Forwarded-Proto may say, and what that is for a WebSocket.
SCHEMES = {"http": "ws", "https": "wss"}


class TrustedProxies:
    """An ASGI application before another: has the scope say what the client did.

    `trusted` are addresses and networks. Whatever comes after this one need not know of proxies:
    the scope's client, scheme and Host are those that counted at the outermost trusted one. Of
    requests from elsewhere no such header counts.
    """

    def __init__(self, app: App, trusted: Iterable[str]) -> None:
        self.app = app
        self.trusted = tuple(ipaddress.ip_network(each) for each in trusted)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self.trusted and scope["type"] in ("http", "websocket"):
            scope = self._as_the_client_sent_it(scope)
        await self.app(scope, receive, send)

    def _as_the_client_sent_it(self, scope: Message) -> Message:
        peer, port = scope.get("client") or ("", 0)
        if not is_trusted(peer, self.trusted):
            return scope
        address = client_address(peer, header(scope, b"x-forwarded-for") or "", self.trusted)
        changed = {**scope, "client": (address, port if address == peer else 0)}
        scheme = header(scope, b"x-forwarded-proto") or ""
        if scheme in SCHEMES:
            changed["scheme"] = SCHEMES[scheme] if scope["type"] == "websocket" else scheme
        if host := header(scope, b"x-forwarded-host"):
            others = [each for each in scope["headers"] if each[0] != b"host"]
            changed["headers"] = [*others, (b"host", host.encode("latin-1"))]
        return changed
