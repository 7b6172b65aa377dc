"""A process's four sockets to one broker, used by one thread."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from pathlib import Path

import zmq

from cluster import gate, messages
from cluster.endpoints import Endpoint
from cluster.messages import Peer, Present, Refused, Said
from cluster.pace import Pace
from cluster.sockets import Context, Socket, make

logger = logging.getLogger(__name__)

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
        self._context, self._routing_id = context, routing_id
        self._cluster, self._folder = cluster, folder
        #: What the broker told last: who is there, which version that has, and what it counted.
        self.peers: tuple[Peer, ...] = ()
        self.version = 0
        self.counts: Mapping[str, int] = {}
        self._heard = -pace.gone
        #: Whether it was logged that the broker is away, or refuses this process.
        self._told = False
        #: Of each key subscribed to, the number of the last message, once there was one.
        self._numbers: dict[bytes, int | None] = {}
        self._open()

    def _open(self) -> None:
        ports = self.endpoint.ports
        self._takes = False
        self._patience = time.monotonic() + self._pace.gone * random.uniform(1, 2)  # noqa: S311
        self.publishing = self._connected(zmq.XPUB, ports.pub)
        self.subscribing = self._connected(zmq.SUB, ports.sub)
        self._saying = self._connected(zmq.DEALER, ports.router)
        self.hearing = self._connected(zmq.DEALER, ports.dealer)
        for each in self._numbers:
            self.subscribing.subscribe(each)

    def _connected(self, kind: int, port: int) -> Socket:
        socket = make(self._context, kind, self.endpoint, self._pace)
        gate.enter(socket, self._cluster, self._folder)
        socket.reconnect_ivl = random.randint(*_FIRST)  # noqa: S311 - to spread, no secret
        socket.reconnect_ivl_max = _LONGEST
        if kind == zmq.XPUB:
            # Says that it is full, rather than to drop in silence.
            socket.setsockopt(zmq.XPUB_NODROP, 1)
        if kind == zmq.DEALER:
            socket.routing_id = self._routing_id
            # Nothing waits for a broker that is away: it would be stale.
            socket.immediate = True
        socket.connect(self.endpoint.url(port))
        return socket

    def renew(self) -> bool:
        """Open new sockets if the broker has been away for long; returns whether that was so.

        ZeroMQ connects again by itself, but no more to who has once answered in another language,
        or with another key.
        """
        if self.is_alive or time.monotonic() < max(self._patience, self._heard + self._pace.gone):
            return False
        if not self._told:
            logger.warning(
                "no broker of this cluster answers at %s: it needs the same jwt_secret and keys",
                self.endpoint.url(self.endpoint.ports.pub),
            )
        self._told = True
        for each in (self.publishing, self.subscribing, self._saying, self.hearing):
            each.close(linger=0)
        self._open()
        return True

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
        if not self.is_alive:
            logger.info("the broker at %s answers", self.endpoint.url(self.endpoint.ports.pub))
        self._heard, self._told = time.monotonic(), False
        self.version, self.counts = told.version, told.counts
        if told.peers is not None:
            self.peers = told.peers

    def refused(self, told: Refused) -> None:
        """The broker is there, and does not let this process take part."""
        if not self._told:
            logger.error("the broker at %s: %s", self.endpoint.host, told.why)
        self._told = True

    def say(self, said: Said) -> bool:
        """Whether the broker could be told this."""
        return _sent(self._saying, [self._cluster.encode(), messages.framed(said)])

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
