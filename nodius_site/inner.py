"""Where the other processes of the cluster reach this one."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from nodius_site.listening import listen, url

LOOPBACK = "127.0.0.1"


def open_inner(advertise: str | None, number: int = 0) -> tuple[list[socket.socket], str]:
    """Sockets for the other processes alone, and the address that names them.

    `advertise` is the option; of several processes each has its own `number` from 0 on, which is
    added to a port that is given. An address that is given whole is where the public port is
    reached, and needs no more sockets. Raises options.Wrong if the host or port cannot be had.
    """
    if advertise is not None and "://" in advertise:
        return [], advertise
    given = urlsplit(f"//{advertise or LOOPBACK}")
    host = given.hostname or LOOPBACK
    sockets = listen(host, given.port + number if given.port else 0)
    return sockets, url(host, sockets)
