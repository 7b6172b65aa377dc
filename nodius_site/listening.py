"""The sockets that the server listens on."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import ExitStack

from nodius_site.options import Wrong

#: localhost may name an IPv6 address where IPv6 is switched off: then the other one will do.
_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_ANY = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound to


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to every address of `host`, all on one port; `port` 0 takes a free one.

    Raises Wrong if the host has no address here, or the port is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return _bound(
            dict.fromkeys((family, str(name[0])) for family, _, _, _, name in found), port
        )
    # No name of a machine may look like that, or none has this one.
    except (UnicodeError, socket.gaierror):
        raise Wrong(f"host: {host!r} is no address of this machine; try localhost") from None
    except OSError as error:
        raise Wrong(
            f"cannot listen on {host}:{port}: {error.strerror}; give another port=, or port=0"
        ) from None


def url(host: str, sockets: list[socket.socket], *, tls: bool = False) -> str:
    """The address to type into a browser on this machine."""
    shown = "localhost" if host in _ANY else host
    name = f"[{shown}]" if ":" in shown else shown
    return f"{'https' if tls else 'http'}://{name}:{sockets[0].getsockname()[1]}"


def _bound(addresses: dict[tuple[int, str], None], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    with ExitStack() as opened:
        for family, address in addresses:
            try:
                sockets.append(opened.enter_context(_open(family, address, port)))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error
            else:
                port = sockets[0].getsockname()[1]
        if absent and not sockets:
            raise absent
        opened.pop_all()
    return sockets


def _open(family: int, address: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Elsewhere it lets a restarted server have its port back; on Windows it would share it.
        if sys.platform != "win32":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        # Taken is taken now, not when the server is ready.
        opened.listen(2048)
    except OSError:
        opened.close()
        raise
    return opened
