"""`ClusterManager`: what a process does with the others.

Every method can be called from any thread or event loop, and none waits: where there is something
to wait for, it returns a future, whose result one may take, await by `asyncio.wrap_future`, or
ignore. One thread has the sockets, another calls what users gave.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq
from django.conf import settings
from msgspec import Raw
from msgspec.structs import replace

from cluster import keys as cluster_keys
from cluster import messages
from cluster.endpoints import Ports, parse
from cluster.errors import UnknownPeer
from cluster.inbox import Answerer, Callback, Inbox, Subscription
from cluster.io_thread import QUEUE, IoThread
from cluster.messages import Kind, Peer, Published
from cluster.pace import Pace
from cluster.questions import Question

#: Seconds until a broker that does not say whether it could pass on a message is given up.
ROUTING = 5.0
_ORDER = ("alive", "late", "gone")


class ClusterManager:
    """Connects to the broker at `host`, or to all of `brokers` (`host` or `host:pub_port` each).

    It publishes and sends by the first of them that is alive, and hears what comes by any. `name`
    is how others address it: up to 48 letters, digits, - and _; it is made up if none is given.
    `cluster` and `keys` are the id of the cluster and the folder of its keys, by default those of
    Django's settings. Raises ValueError for a name or broker that cannot be one, errors.Unsafe for
    a broker on another machine without keys.
    """

    def __init__(
        self,
        pub_port: int = 9426,
        sub_port: int = 9427,
        router_port: int = 9428,
        dealer_port: int = 9429,
        host: str = "127.0.0.1",
        *,
        brokers: Sequence[str] = (),
        name: str | None = None,
        address: str = "",
        cluster: str | None = None,
        keys: Path | None = None,
        pace: Pace | None = None,
    ) -> None:
        if cluster is None:
            cluster, keys = settings.CLUSTER_ID, settings.CLUSTER_KEYS
        me = Peer(name or _made_up(), address, os.getpid(), platform.node(), _versions())
        messages.check(me)
        ports = Ports(pub_port, sub_port, router_port, dealer_port)
        endpoints = [parse(each, ports) for each in brokers or (_bracketed(host),)]
        keys = cluster_keys.usable(endpoints, keys)
        self.name = me.name
        self._prefix = cluster.encode()
        # ZeroMQ keeps ids that begin with a zero to itself.
        self._inbox = Inbox(b"n" + secrets.token_bytes(15), me, QUEUE)
        try:
            self._io = IoThread(endpoints, cluster, keys, self._inbox, pace or Pace())
        except BaseException:
            self._inbox.close(0)
            raise

    def publish(self, topic: str, message: Any) -> None:
        """Have every process that subscribed to the topic get the message; those here at once.

        Without a broker, others miss it. Raises errors.Unfit, ValueError for a topic that is none.
        """
        key = self._key(topic)
        body = messages.encode(message)
        self._inbox.published(key, body)
        payload = messages.framed(Published(self._inbox.id, Raw(body)))
        if not self._soon(partial(self._io.publish, key, payload)):
            self._inbox.count("unpublished")

    def subscribe(self, topic: str, callback: Callback) -> Subscription:
        """Call back with each message of exactly this topic, on the thread for that.

        Raises ValueError for a topic that is none.
        """
        key = self._key(topic)
        subscription = Subscription(callback, partial(self._cancel, key))
        self._inbox.subscribe(key, subscription)
        if not self._io.soon(partial(self._io.sync, key)):
            subscription.cancel()
        return subscription

    def send(self, peer: str, message: Any) -> Future[None]:
        """Send a message to one process; done when it is on its way there.

        The future's errors: UnknownPeer, Unreachable, TimeoutError. Raises errors.Unfit.
        """
        return self._ask("send", peer, message, ROUTING)

    def request(self, peer: str, message: Any, timeout: float = ROUTING) -> Future[Any]:
        """Send a message to one process, and get its answer.

        The future's errors: UnknownPeer, Unreachable, Unanswered, TimeoutError. Raises
        errors.Unfit.
        """
        return self._ask("request", peer, message, timeout)

    def on_message(self, callback: Answerer) -> None:
        """Call back with the sender and each message sent to this process, in place of an earlier
        callback; what it returns is the answer to a request.
        """
        self._inbox.answerer = callback

    def take_on(self, role: str) -> None:
        """Have the others see, by `peers`, that this process does this work too.

        Raises ValueError for more than 32 roles, or a name of one that is longer than 128.
        """
        me = self._inbox.me
        if role not in me.roles:
            me = replace(me, roles=(*me.roles, role))
            messages.check(me)
            self._inbox.me = me
            self._io.soon(self._io.beat)

    def peers(self) -> list[Peer]:
        """The processes of the cluster by name, this one too; those of a broker that does not
        answer are late at best.
        """
        found: dict[str, Peer] = {}
        for link in self._io.links:
            for each in link.peers:
                state = each.state if link.is_alive or each.state == "gone" else "late"
                known = found.get(each.name)
                if known is None or _ORDER.index(state) < _ORDER.index(known.state):
                    found[each.name] = replace(each, state=state)
        return [found[name] for name in sorted(found)]

    @property
    def is_connected(self) -> bool:
        """Whether a broker answers."""
        return self._io.is_connected

    def counts(self) -> Mapping[str, int]:
        """What happened since the start, by name; docs/cluster.md has them all."""
        return self._inbox.counts

    def count(self, name: str) -> None:
        """Count something that belongs to what `counts` tells."""
        self._inbox.count(name)

    def broker_counts(self) -> Mapping[str, Mapping[str, int]]:
        """What each broker that answers has counted, by its host and port."""
        return {
            f"{link.endpoint.host}:{link.endpoint.ports.pub}": link.counts
            for link in self._io.links
            if link.is_alive
        }

    def close(self, timeout: float = 5.0) -> None:
        """End all of it; may be called twice. What still waits fails with Unreachable."""
        self._io.end(timeout)
        self._inbox.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _key(self, topic: str) -> bytes:
        """A topic as ZeroMQ gets it: the end makes sure that no other one begins like it."""
        if not 0 < len(topic) <= 255 or "\0" in topic:
            raise ValueError(f"{topic!r} is no topic: 1 to 255 characters, none of them NUL")
        return self._prefix + topic.encode() + b"\0"

    def _soon(self, call: Callable[[], None]) -> bool:
        """Have this sent, unless too much waits for that or all has ended."""
        return not self._io.is_full and self._io.soon(call)

    def _cancel(self, key: bytes, subscription: Subscription) -> None:
        self._inbox.cancel(key, subscription)
        self._io.soon(partial(self._io.sync, key))

    def _ask(self, kind: Kind, peer: str, message: Any, timeout: float) -> Future[Any]:
        body = Raw(messages.encode(message))
        future: Future[Any] = Future()
        # What is on its way cannot be called back.
        future.set_running_or_notify_cancel()
        question = Question(peer, future, time.monotonic() + timeout, kind == "request")
        if not re.fullmatch(messages.NAME, peer):
            future.set_exception(UnknownPeer(f"nobody can be called {peer!r}"))
        elif not self._soon(partial(self._io.ask, question, kind, body)):
            self._io.refuse(future)
        return future


def _made_up() -> str:
    host = re.sub(r"[^A-Za-z0-9_-]", "-", platform.node())[:24]
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}"


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "zeromq": zmq.zmq_version()}


def _bracketed(host: str) -> str:
    """An address of IPv6 as it stands before a port."""
    return f"[{host}]" if ":" in host else host
