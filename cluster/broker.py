"""The broker: passes on what processes publish and send each other, and knows who is there.

Its four sockets are those of ZeroMQ's patterns. XSUB takes what is published and XPUB hands it to
who subscribed. ROUTER takes what processes say; the other ROUTER, which their DEALERs wait at,
tells each what is for it alone. A process has the same routing id at both, so what it hears proves
that it was heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import zmq

from cluster import keys, messages
from cluster.directory import Directory
from cluster.endpoints import Endpoint
from cluster.errors import Malformed, Taken
from cluster.gate import Gate
from cluster.messages import Beat, Bye, Delivery, Direct, Present, Routed, Told, Unroutable
from cluster.pace import Pace
from cluster.sockets import HIGH_WATER, Context, Socket, make, waiting

_AWAY = "it is not connected"


class Broker:
    """Listens from when it is made; `run` passes messages on until `stop`, from any thread.

    Raises Unsafe if it would be reached from elsewhere without keys, Taken if a port is not free.
    `counts` are of what was passed on, refused and dropped since it started.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        cluster: str,
        folder: Path | None = None,
        *,
        pace: Pace | None = None,
        high_water: int = HIGH_WATER,
    ) -> None:
        endpoint = endpoint.resolved()
        folder = keys.usable([endpoint], folder)
        self.endpoint, self.has_keys = endpoint, folder is not None
        self.counts: Counter[str] = Counter()
        self._cluster = cluster.encode()
        self._pace, self._high_water = pace or Pace(), high_water
        self._directory = Directory(self._pace, self._is_connected)
        #: Of each topic that somebody subscribed to: how many did, and how many messages it had.
        self._subscribers: Counter[bytes] = Counter()
        self._numbers: dict[bytes, int] = {}
        self._context: Context = zmq.Context()
        self._stopping = False
        try:
            self._open(cluster, folder)
        except BaseException:
            self._context.destroy(linger=0)
            raise

    def _open(self, cluster: str, folder: Path | None) -> None:
        self._gate = Gate(self._context, cluster, folder)
        ports = self.endpoint.ports
        self._xsub = self._listen(zmq.XSUB, ports.pub)
        self._xpub = self._listen(zmq.XPUB, ports.sub, (zmq.XPUB_VERBOSER, 1))
        router = ((zmq.ROUTER_MANDATORY, 1), (zmq.ROUTER_HANDOVER, 1))
        self._hearing = self._listen(zmq.ROUTER, ports.router, *router)
        self._telling = self._listen(zmq.ROUTER, ports.dealer, *router)
        self._stopper = self._context.socket(zmq.PULL)
        self._stopper.bind("inproc://stop")
        # Everything of this cluster: whether somebody wants it is known here.
        self._xsub.send(b"\x01" + self._cluster)

    def _listen(self, kind: int, port: int, *more: tuple[int, int]) -> Socket:
        socket = make(self._context, kind, self.endpoint, self._pace, self._high_water)
        self._gate.guard(socket)
        for option, value in more:
            socket.setsockopt(option, value)
        try:
            socket.bind(self.endpoint.url(port))
        except zmq.ZMQError as error:
            raise Taken(
                f"cannot listen on {self.endpoint.host}:{port}: {error.strerror}; give another "
                "port of the four, or another host="
            ) from None
        return socket

    def run(self) -> None:
        """Work until `stop` is called, then close; what ends it otherwise closes it too."""
        turns: dict[Socket, Callable[[], None]] = {
            self._gate.socket: self._admit,
            self._xpub: self._subscribed,
            self._xsub: self._published,
            self._hearing: self._said,
            # Nobody has anything to say there.
            self._telling: self._nonsense,
            self._stopper: self._stop,
        }
        poller = zmq.Poller()
        for socket in turns:
            poller.register(socket, zmq.POLLIN)
        try:
            while not self._stopping:
                for socket, _ in poller.poll(round(self._pace.beat * 500)):
                    turns[socket]()
                self._directory.age()
        finally:
            self._context.destroy(linger=0)

    def stop(self) -> None:
        """Have `run` return soon."""
        with self._context.socket(zmq.PUSH) as socket:
            socket.connect("inproc://stop")
            socket.send(b"")

    def _stop(self) -> None:
        self._stopping = True

    def _admit(self) -> None:
        self.counts["admitted" if self._gate.answer() else "turned_away"] += 1

    def _subscribed(self) -> None:
        for frames in waiting(self._xpub):
            topic = frames[0][1:]
            if len(frames) > 1 or frames[0][:1] not in (b"\0", b"\x01"):
                self.counts["malformed"] += 1
            elif not topic.startswith(self._cluster):
                self.counts["foreign"] += 1
            elif frames[0][0]:
                self._subscribers[topic] += 1
                # An empty message tells the subscriber that from here on nothing passes him by.
                self._hand_on(topic, b"")
            else:
                self._unsubscribed(topic)

    def _unsubscribed(self, topic: bytes) -> None:
        self._subscribers[topic] -= 1
        if self._subscribers[topic] <= 0:
            del self._subscribers[topic]
            self._numbers.pop(topic, None)

    def _published(self) -> None:
        for frames in waiting(self._xsub):
            if len(frames) != 2 or len(frames[1]) > messages.MAX_FRAME or not frames[1]:
                self.counts["malformed"] += 1
            elif frames[0] in self._subscribers:
                self._numbers[frames[0]] = self._numbers.get(frames[0], 0) + 1
                self.counts["published"] += 1
                self._hand_on(*frames)
            else:
                self.counts["unsubscribed"] += 1

    def _hand_on(self, topic: bytes, payload: bytes) -> None:
        number = self._numbers.get(topic, 0).to_bytes(8, "big")
        # Never blocks: XPUB drops for who does not keep up, and he sees it by the numbers.
        self._xpub.send_multipart([topic, number, payload])

    def _said(self) -> None:
        for frames in waiting(self._hearing):
            if len(frames) != 3:
                self.counts["malformed"] += 1
            elif frames[1] != self._cluster:
                self.counts["foreign"] += 1
            else:
                self._heard(frames[0], frames[2])

    def _heard(self, who: bytes, payload: bytes) -> None:
        try:
            said = messages.said(payload)
        except Malformed:
            self.counts["malformed"] += 1
            return
        match said:
            case Beat():
                refused = self._directory.heard(who, said.peer)
                self.counts["refused"] += refused is not None
                self._tell(who, refused or self._present(said.known))
            case Bye():
                self._directory.gone(who)
            case Direct():
                self._route(who, said)

    def _route(self, who: bytes, direct: Direct) -> None:
        sender, to = self._directory.name(who), self._directory.routing_id(direct.to)
        why = "" if sender else "this broker has not heard of its sender yet"
        if sender and not to:
            why = "there is nobody of this name, or he is gone"
        elif sender and to:
            why = self._tell(to, Delivery(direct.kind, direct.id, sender, direct.body))
        self.counts["undelivered" if why else "delivered"] += 1
        if direct.kind in ("send", "request"):
            self._tell(who, Unroutable(direct.id, why) if why else Routed(direct.id))

    def _tell(self, who: bytes, told: Told) -> str:
        """Tell one process; returns why that cannot be, else nothing."""
        try:
            self._telling.send_multipart([who, messages.framed(told)], zmq.DONTWAIT)
        except zmq.Again:
            self.counts["dropped"] += 1
            return "it does not take what waits for it"
        except zmq.ZMQError:
            return _AWAY
        return ""

    def _present(self, known: int) -> Present:
        """What to tell a process that knows this version of the directory."""
        version, peers = self._directory.version, self._directory.peers
        return Present(version, None if version == known else peers, dict(self.counts))

    def _is_connected(self, who: bytes) -> bool:
        return self._tell(who, self._present(self._directory.version)) != _AWAY

    def _nonsense(self) -> None:
        self.counts["malformed"] += sum(1 for _ in waiting(self._telling))
