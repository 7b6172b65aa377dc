"""What is logged and counted of one socket: who came to which workflow, and how it ended."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

import structlog

from sync import metrics
from sync.client import Client

logger = structlog.stdlib.get_logger("nodius.access")


class SocketLog:
    """One socket's lines: one as it connects to a workflow, one as it leaves that, and one at the
    end of a socket that has connected to none.
    """

    def __init__(self) -> None:
        #: The close code: of the client, until the server says that it was its own.
        self.code: int | None = None
        self._address: str | None = None
        self._began = time.monotonic()
        #: By workflow: since when it is followed.
        self._since: dict[str, float] = {}
        self._silent = True

    def opened(self, scope: MutableMapping[str, Any]) -> None:
        """Its handshake has come."""
        client = scope.get("client")
        self._address = client[0] if client else None

    def connected(self, client: Client) -> None:
        """It follows a workflow; perhaps anew."""
        self._silent = False
        self._since[client.session.key] = time.monotonic()
        logger.info("socket connected", **_who(client), address=self._address)

    def left(self, client: Client) -> None:
        """It follows a workflow no more: by itself, or as it has ended."""
        since = self._since.pop(client.session.key, self._began)
        self._disconnected(since, **_who(client))

    def ended(self, by_server: int | None) -> None:
        """It is closed by the server with this code, else by the client; then its workflows go."""
        self.code = self.code if by_server is None else by_server
        metrics.SOCKETS_CLOSED.labels("client" if by_server is None else by_server).inc()
        if self._silent:
            self._disconnected(self._began)

    def _disconnected(self, since: float, **who: str) -> None:
        seconds = round(time.monotonic() - since, 1)
        logger.info(
            "socket disconnected", **who, code=self.code, seconds=seconds, address=self._address
        )


def _who(client: Client) -> dict[str, str]:
    return {
        "workflow": client.session.key,
        "user_id": client.principal.user_id,
        "client_id": client.client_id,
    }
