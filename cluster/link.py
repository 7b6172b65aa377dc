"""A process's four sockets to one broker, used by one thread."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from pathlib import Path

import zmq

from cluster import gate, messages
from cluster.endpoints import Endpoint
from cluster.messages import Peer, Present, Said
from cluster.pace import Pace
from cluster.sockets import Context, Socket, make

#: Milliseconds until a connection is tried again: at first, by chance, so that not all come at the
#: same moment; twice as many each time; at most.
_FIRST, _LONGEST = (50, 150), 2000


class Link:
    """Connects by itself, again and again; whatever cannot be done at once is not done.

    `publishing` is readable when the broker subscribes to what this process publishes, and
    `hearing` when it tells something. Raises Unsafe for keys that are damaged.
    """

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        cluster: str,
        folder: Path | None,
        routing_id: bytes,
        pace: Pace,
    ) -> None:
        self.endpoint, self._pace = endpoint, pace
        self._cluster = cluster.encode()
        #: What the broker told last: who is there, which version that has, and what it counted.
        self.peers: tuple[Peer, ...] = ()
        self.version = 0
        self.counts: Mapping[str, int] = {}
        self._heard = -pace.gone
        self._takes = False
        #: Of each key subscribed to, the number of the last message, once there was one.
        self._numbers: dict[bytes, int | None] = {}

        def open_socket(kind: int) -> Socket:
            socket = make(context, kind, endpoint, pace)
            gate.enter(socket, cluster, folder)
            socket.reconnect_ivl = random.randint(*_FIRST)  # noqa: S311 - spread, not secret
            socket.reconnect_ivl_max = _LONGEST
            return socket

        self.publishing = open_socket(zmq.XPUB)
        # Says that it is full, rather than to drop in silence.
        self.publishing.setsockopt(zmq.XPUB_NODROP, 1)
        self.subscribing = open_socket(zmq.SUB)
        self._saying, self.hearing = open_socket(zmq.DEALER), open_socket(zmq.DEALER)
        for each in (self._saying, self.hearing):
            each.routing_id = routing_id
            # Nothing waits for a broker that is away: it would be stale.
            each.immediate = True
        for socket, port in (
            (self.publishing, endpoint.ports.pub),
            (self.subscribing, endpoint.ports.sub),
            (self._saying, endpoint.ports.router),
            (self.hearing, endpoint.ports.dealer),
        ):
            socket.connect(endpoint.url(port))

    @property
    def is_alive(self) -> bool:
        """Whether the broker answers, and takes what is published."""
        return self._takes and time.monotonic() - self._heard < self._pace.late

    def knows(self, peer: str) -> bool:
        """Whether this process is there, as far as the broker told."""
        return any(each.name == peer and each.state != "gone" for each in self.peers)

    def takes(self) -> None:
        """The broker subscribes to what this process publishes."""
        self._takes = True

    def present(self, told: Present) -> None:
        """The broker is there."""
        self._heard = time.monotonic()
        self.version, self.counts = told.version, told.counts
        if told.peers is not None:
            self.peers = told.peers

    def say(self, said: Said) -> bool:
        """Whether the broker could be told this."""
        return _sent(self._saying, [self._cluster, messages.framed(said)])

    def publish(self, key: bytes, payload: bytes) -> bool:
        """Whether this could be published."""
        return self._takes and _sent(self.publishing, [key, payload])

    def subscribe(self, key: bytes, *, wanted: bool) -> None:
        """Get what is published under this key, or get it no longer."""
        if wanted and key not in self._numbers:
            self._numbers[key] = None
            self.subscribing.subscribe(key)
        elif not wanted and key in self._numbers:
            del self._numbers[key]
            self.subscribing.unsubscribe(key)

    def missed(self, key: bytes, number: int, *, is_message: bool) -> int:
        """How many messages were dropped on the way since the last one under this key."""
        last = self._numbers.get(key, number)
        if key in self._numbers:
            self._numbers[key] = number
        # The first one has none before it; and a broker that was started again counts anew.
        return 0 if last is None else max(0, number - last - is_message)


def _sent(socket: Socket, frames: list[bytes]) -> bool:
    try:
        socket.send_multipart(frames, zmq.DONTWAIT)
    except zmq.Again:
        return False
    return True
