"""Connections on which a test decides about every byte."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import closing
from urllib.parse import urlsplit

SECONDS = 20


def connected(url: str) -> socket.socket:
    """An open connection to the server."""
    address = urlsplit(url)
    assert address.hostname and address.port
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def head(method: str, path: str, **headers: object) -> bytes:
    """The head of a request; underscores in names of headers stand for hyphens."""
    given = {"Host": "localhost", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def until_closed(connection: socket.socket) -> bytes:
    """What the server sends until it hangs up; TimeoutError if it does not."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def answered(url: str, pieces: Iterable[bytes]) -> bytes:
    """What the server answers to these bytes until it hangs up."""
    with closing(connected(url)) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return until_closed(connection)
