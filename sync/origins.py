"""From which web pages a browser may open a socket here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
#: Foreign origins that are named in the log; what comes after so many is not.
_MOST_NAMED = 100


class Origins:
    """The allowed origins: the server's own, and those that are configured."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = frozenset(each for origin in allowed if (each := _parts(origin)))
        self._named: set[str] = set()

    def allow(self, headers: Mapping[bytes, bytes], scheme: str) -> bool:
        """Whether a handshake with these headers, over ws or wss, comes from an allowed page.

        What is no browser sends no Origin, and is judged by its token alone.
        """
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin:
            return True
        host = headers.get(b"host", b"").decode("latin-1")
        own = _parts(f"{'https' if scheme == 'wss' else 'http'}://{host}")
        found = _parts(origin)
        if found is not None and (found == own or found in self._allowed):
            return True
        self._name(origin)
        return False

    def _name(self, origin: str) -> None:
        if origin not in self._named and len(self._named) < _MOST_NAMED:
            self._named.add(origin)
            logger.warning(
                "a page of %.200r wanted a socket and was refused; if it is yours, add it to cors=",
                origin,
            )


def _parts(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
