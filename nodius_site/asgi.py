"""The ASGI application: HTTP to Django, sockets to the live part, and the life of both."""

from __future__ import annotations

import os
import sys
from typing import Any, cast

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

from nodius_site.asgi_types import App, Message, Receive, Send
from nodius_site.body_limit import BodyLimit
from nodius_site.options import Wrong
from nodius_site.passes import Passes
from nodius_site.proxies import TrustedProxies


class Lifespan:
    """Starts the live part before the first connection, and ends it with the server.

    A server that knows no lifespan (daphne) starts it by its first connection.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            wiring.start()
            await self.app(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    wiring.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await wiring.stop()
    await send({"type": "lifespan.shutdown.complete"})


async def _websocket(scope: Message, receive: Receive, send: Send) -> None:
    """Sockets are at /ws; elsewhere the handshake is refused."""
    if scope["path"].removesuffix("/") == "/ws":
        await wiring.websocket(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})
        log_refused(scope)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nodius_site.settings")
try:
    _django = get_asgi_application()
except Wrong as wrong:
    print(f"nodius: {wrong}", file=sys.stderr)
    sys.exit(2)

# Models are there only now.
from nodius_site import wiring  # noqa: E402
from nodius_site.rate_limit import RateLimit  # noqa: E402
from nodius_site.request_log import RequestLog, log_refused  # noqa: E402

if "daphne.ws_protocol" in sys.modules:
    # It is daphne that serves this.
    from nodius_site import daphne_codes

    daphne_codes.allow()

# Typed as Any, as Django and Channels each have their own idea of an ASGI message.
_bodies: Any = BodyLimit(cast("Any", _django), settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
_http: Any = RateLimit(_bodies, settings.RATE_LIMIT)
_routes: Any = ProtocolTypeRouter({"http": _http, "websocket": cast("Any", _websocket)})
_seen = TrustedProxies(RequestLog(_routes), settings.TRUSTED_PROXIES)
application = Lifespan(Passes(_seen, wiring.is_for_us))
