"""Who may connect to a broker: decided at the handshake, before any message.

Within this machine a process shows the id of its cluster (PLAIN); where keys exist, a key that the
broker knows (CURVE), which also encrypts. ZeroMQ asks by its authentication protocol, RFC 27.
"""

from __future__ import annotations

import hmac
from pathlib import Path

import zmq

from cluster import keys
from cluster.sockets import Context, Socket

_VERSION = b"1.0"
_DOMAIN = b"nodius"


class Gate:
    """The broker's side; `socket` is to be polled. Raises Unsafe if the keys cannot be used."""

    def __init__(self, context: Context, cluster: str, folder: Path | None) -> None:
        self._cluster = cluster.encode()
        self._pair = None if folder is None else keys.broker(folder)
        self._allowed = frozenset() if folder is None else keys.peers_public(folder)
        self.socket = context.socket(zmq.REP)
        self.socket.bind("inproc://zeromq.zap.01")

    def guard(self, socket: Socket) -> None:
        """Let only those connect to this socket whom the gate lets in."""
        socket.zap_domain = _DOMAIN
        if self._pair is None:
            socket.plain_server = True
        else:
            socket.curve_server = True
            socket.curve_secretkey = self._pair.secret

    def answer(self) -> bool:
        """Answer the next who asks; returns whether he is let in."""
        _, number, domain, _, _, mechanism, *shown = self.socket.recv_multipart()
        allowed = domain == _DOMAIN and self._knows(mechanism, shown)
        # 300 says nothing to who is turned away, and lets him try again: keys may be added.
        status = (b"200", b"OK") if allowed else (b"300", b"not of this cluster")
        self.socket.send_multipart([_VERSION, number, *status, b"", b""])
        return allowed

    def _knows(self, mechanism: bytes, shown: list[bytes]) -> bool:
        if self._pair is None:
            return mechanism == b"PLAIN" and hmac.compare_digest(shown[-1], self._cluster)
        return mechanism == b"CURVE" and zmq.utils.z85.encode(shown[0]) in self._allowed


def enter(socket: Socket, cluster: str, folder: Path | None) -> None:
    """The process's side: what this socket shows when it connects. Raises Unsafe."""
    if folder is None:
        socket.plain_username = b"nodius"
        socket.plain_password = cluster.encode()
    else:
        pair = keys.peer(folder)
        socket.curve_publickey, socket.curve_secretkey = pair.public, pair.secret
        socket.curve_serverkey = keys.broker_public(folder)
