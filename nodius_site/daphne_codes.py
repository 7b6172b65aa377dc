"""Daphne, able to close a socket with every code that the protocol has."""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol  # type: ignore[import-untyped]


def allow() -> None:
    """Have daphne send 1012 and 1013, which the library under it takes from no application.

    It raises for them, and the socket would stay open with nobody behind it.
    """
    WebSocketProtocol.serverClose = _close


def _close(protocol: Any, code: int | None = None) -> None:
    protocol.sendCloseFrame(code=1000 if code is None else code, isReply=False)
