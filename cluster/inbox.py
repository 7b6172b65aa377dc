"""What comes in to a process: who is called with it, and what is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, TypeAlias

from msgspec import Raw

from cluster import messages
from cluster.callbacks import Callbacks
from cluster.errors import Malformed, Unreachable
from cluster.messages import Delivery, Kind, Peer

Callback: TypeAlias = Callable[[Any], object]
#: Called with a sender and a message; returns the answer.
Answerer: TypeAlias = Callable[[str, Any], Any]
#: Sends an answer or a failure.
Reply: TypeAlias = Callable[[Kind, bytes], None]

_NOTHING = messages.encode(None)


class Subscription:
    """One callback of one topic, until `cancel`.

    `ready` is done when a broker has confirmed it: from then on it gets what others publish. It
    fails with Unreachable if it is given up before.
    """

    def __init__(self, callback: Callback, cancel: Callable[[Subscription], None]) -> None:
        self.callback = callback
        self.ready: Future[None] = Future()
        # Several may wait for it: none cancels it for the others.
        self.ready.set_running_or_notify_cancel()
        self._cancel = cancel

    def cancel(self) -> None:
        """Get nothing more; what waits to be called may still be."""
        self._cancel(self)


class Inbox:
    """Used by every thread. `id` is this process's number, `me` what others are to know of it."""

    def __init__(self, id: bytes, me: Peer, bound: int) -> None:
        self.id, self.me = id, me
        self.answerer: Answerer | None = None
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._subscriptions: dict[bytes, list[Subscription]] = {}
        self._confirmed: set[bytes] = set()
        self._callbacks = Callbacks(f"cluster-callbacks-{me.name}", bound, self.count)

    def count(self, name: str, number: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self._counts[name] += number

    @property
    def counts(self) -> Mapping[str, int]:
        """What was counted, as of now."""
        with self._lock:
            return dict(self._counts)

    def subscribe(self, key: bytes, subscription: Subscription) -> None:
        """Call it with what comes under this key; it is ready at once if the key was confirmed."""
        with self._lock:
            self._subscriptions.setdefault(key, []).append(subscription)
            confirmed = key in self._confirmed
        if confirmed:
            _settle(subscription)

    def cancel(self, key: bytes, subscription: Subscription) -> None:
        """Call it no longer."""
        with self._lock, suppress(KeyError, ValueError):
            self._subscriptions[key].remove(subscription)
            if not self._subscriptions[key]:
                del self._subscriptions[key]
        _settle(subscription, Unreachable("this subscription was given up"))

    def wants(self, key: bytes) -> bool:
        """Whether somebody subscribed to this; if not, the key has to be confirmed anew."""
        with self._lock:
            wanted = key in self._subscriptions
            if not wanted:
                self._confirmed.discard(key)
        return wanted

    def confirmed(self, key: bytes) -> None:
        """From now on a broker hands on what is published under this key."""
        with self._lock:
            those = tuple(self._subscriptions.get(key, ())) if key not in self._confirmed else ()
            if those:
                self._confirmed.add(key)
        for each in those:
            _settle(each)

    def published(self, key: bytes, body: Raw | bytes) -> None:
        """Somebody published this."""
        with self._lock:
            those = tuple(self._subscriptions.get(key, ()))
        for each in those:
            self._callbacks.put(partial(self._tell, each, body))

    def delivered(self, delivery: Delivery, reply: Reply) -> None:
        """Somebody sent or requested this."""
        self._callbacks.put(partial(self._take, delivery, reply))

    def close(self, timeout: float) -> None:
        """Call nobody any more; what is not ready now never will be."""
        self._callbacks.close(timeout)
        with self._lock:
            those = [each for group in self._subscriptions.values() for each in group]
            self._subscriptions.clear()
        for each in those:
            _settle(each, Unreachable("this process has left the cluster"))

    def _tell(self, subscription: Subscription, body: Raw | bytes) -> None:
        try:
            message = messages.body(body)
        except Malformed:
            self.count("malformed")
        else:
            self.count("received")
            subscription.callback(message)

    def _take(self, delivery: Delivery, reply: Reply) -> None:
        kind: Kind = "failure"
        answer = _NOTHING
        try:
            message = messages.body(delivery.body)
            if self.answerer is None:
                self.count("unheard")
            else:
                self.count("received")
                kind, answer = "answer", messages.encode(self.answerer(delivery.sender, message))
        except Malformed:
            self.count("malformed")
        finally:
            if delivery.kind == "request":
                reply(kind, answer)


def _settle(subscription: Subscription, error: Unreachable | None = None) -> None:
    # Whichever thread comes first.
    with suppress(InvalidStateError):
        if error is None:
            subscription.ready.set_result(None)
        else:
            subscription.ready.set_exception(error)
