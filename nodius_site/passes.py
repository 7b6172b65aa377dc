"""What other processes of the cluster send here on behalf of clients that came to them."""

from __future__ import annotations

from collections.abc import Callable

from nodius_site.asgi_types import App, Message, Receive, Send, header
from nodius_site.errors import plain_error
from sync.passes import ALIVE, HEADER

_NAME = HEADER.lower().encode()
_KEY = "nodius.passed"


class Passes:
    """An ASGI application before another: knows what a process has passed on by its pass.

    `is_good` judges one. A bad pass is an error of who runs this, or was meant for a process that
    has ended: it is answered like a process that is not there.
    """

    def __init__(self, app: App, is_good: Callable[[str], bool]) -> None:
        self.app = app
        self.is_good = is_good

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        shown = header(scope, _NAME) if scope["type"] in ("http", "websocket") else None
        if shown is None:
            await self.app(scope, receive, send)
        elif not self.is_good(shown):
            await _refuse(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == ALIVE:
            await _answer(send, 204)
        else:
            scope[_KEY] = True
            await self.app(scope, receive, send)


def is_passed(scope: Message) -> bool:
    """Whether another process has let this client in already."""
    return scope.get(_KEY) is True


async def _refuse(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await _answer(send, 503, plain_error(503))
    else:
        await receive()
        await send({"type": "websocket.close"})


async def _answer(send: Send, status: int, body: bytes = b"") -> None:
    headers = [(b"content-length", b"%d" % len(body))] if body else []
    if body:
        headers += [(b"content-type", b"application/json; charset=utf-8"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
