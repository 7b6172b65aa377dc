"""The thread of a process that has its sockets, and all that belongs to them."""

from __future__ import annotations

import math
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock, Thread, current_thread

import zmq
from msgspec import Raw

from cluster import messages
from cluster.endpoints import Endpoint
from cluster.errors import Malformed, Unanswered, UnknownPeer, Unreachable
from cluster.inbox import Inbox
from cluster.link import Link
from cluster.messages import (
    Beat,
    Bye,
    Delivery,
    Direct,
    Kind,
    Present,
    Refused,
    Routed,
    Told,
    Unroutable,
)
from cluster.pace import Pace
from cluster.questions import Question, Questions
from cluster.sockets import Context, waiting

#: Calls, questions and callbacks that wait, each; what comes after is dropped, and counted.
QUEUE = 1000
#: Milliseconds for which what was said last may still be on its way when the end comes.
_LINGER = 300


class IoThread:
    """`soon` has the thread do something; all other methods are to be called by it alone.

    Raises ValueError and errors.Unsafe for what is wrong with the brokers.
    """

    def __init__(
        self,
        brokers: Sequence[Endpoint],
        cluster: str,
        folder: Path | None,
        inbox: Inbox,
        pace: Pace,
    ) -> None:
        self._inbox, self._pace = inbox, pace
        self._questions = Questions()
        self._calls: deque[Callable[[], None]] = deque()
        #: What is to be sent, while no broker has answered yet; then, or after too long, None.
        self._held: list[Callable[[], None]] | None = []
        self._began = time.monotonic()
        self._ended = False
        #: Guards that nothing is asked for any more once it has left.
        self._lock, self._left = Lock(), False
        self._context: Context = zmq.Context()
        try:
            self.links = [
                Link(self._context, each, cluster, folder, inbox.id, pace) for each in brokers
            ]
        except BaseException:
            self._context.destroy(linger=0)
            raise
        self._woken, self._waker = socket.socketpair()
        for each in (self._woken, self._waker):
            each.setblocking(False)
        name = f"cluster-{inbox.me.name}"
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nothing more should be asked for."""
        return len(self._calls) >= QUEUE

    @property
    def is_connected(self) -> bool:
        """Whether a broker answers."""
        return any(link.is_alive for link in self.links)

    def soon(self, call: Callable[[], None]) -> bool:
        """Do this on the thread, unless it has ended; returns whether so. From any thread."""
        with self._lock:
            if self._left:
                return False
            self._calls.append(call)
            # It is full of wakes already.
            with suppress(BlockingIOError):
                self._waker.send(b"\0")
        return True

    def end(self, timeout: float) -> None:
        """End, and wait so long for it; from any thread, as often as one likes."""
        self._ended = True
        self.soon(lambda: None)
        if current_thread() is not self._thread:
            self._thread.join(timeout)

    def publish(self, key: bytes, payload: bytes) -> None:
        """Publish by the first broker that is alive."""
        self._send(partial(self._publish, key, payload))

    def sync(self, key: bytes) -> None:
        """Hear what is published under a key, by whichever broker, or hear it no longer."""
        wanted = self._inbox.wants(key)
        for link in self.links:
            link.subscribe(key, wanted=wanted)

    def ask(self, question: Question, kind: Kind, body: Raw) -> None:
        """Send a message to a peer, and settle the question's future later."""
        if len(self._questions) >= QUEUE:
            return self.refuse(question.future)
        number = self._questions.add(question)
        self._send(partial(self._put, Direct(kind, number, question.peer, body)))

    def refuse(self, future: Future[object]) -> None:
        """Fail what cannot be sent now."""
        self._inbox.count("unsent")
        future.set_exception(
            Unreachable("no broker of this cluster answers, or it does not keep up: try again")
        )

    def beat(self) -> None:
        """Tell every broker that this process is there."""
        for link in self.links:
            link.say(Beat(self._inbox.me, link.version))

    def _send(self, call: Callable[[], None]) -> None:
        """Do this now, or as soon as the first broker has answered; that one is waited for."""
        if self._held is None or len(self._held) >= QUEUE:
            call()
        else:
            self._held.append(call)

    def _release(self, now: float) -> None:
        if self._held is not None and (self.is_connected or now > self._began + self._pace.late):
            held, self._held = self._held, None
            for call in held:
                call()

    def _publish(self, key: bytes, payload: bytes) -> None:
        link = next((link for link in self.links if link.is_alive), None)
        sent = link is not None and link.publish(key, payload)
        self._inbox.count("published" if sent else "unpublished")

    def _put(self, direct: Direct) -> None:
        link = self._link_to(direct.to)
        if link is not None and link.say(direct):
            self._inbox.count("sent")
        else:
            self._questions.settle(direct.id, None, self.refuse)

    def _link_to(self, peer: str) -> Link | None:
        """A broker that knows the peer as alive, else any that is alive."""
        alive = [link for link in self.links if link.is_alive]
        return next((link for link in alive if link.knows(peer)), alive[0] if alive else None)

    def _run(self) -> None:
        turns, poller = self._turns()
        next_beat = 0.0
        while not self._ended:
            now = time.monotonic()
            self._release(now)
            if now >= next_beat:
                renewed = [link.renew() for link in self.links]
                if any(renewed):
                    turns, poller = self._turns()
                self.beat()
                next_beat = now + self._pace.beat / (1 if self.is_connected else 10)
            until = min(next_beat, self._questions.deadline) - now
            for each, _ in poller.poll(round(max(0.0, until) * 1000) + 1):
                turns[each]()
            self._questions.expire()
        self._leave()

    def _turns(self) -> tuple[dict[object, Callable[[], None]], zmq.Poller]:
        """What to do when a socket is readable, and what waits for that."""
        turns: dict[object, Callable[[], None]] = {self._woken.fileno(): self._do_calls}
        for link in self.links:
            turns[link.publishing] = partial(self._taken, link)
            turns[link.subscribing] = partial(self._published, link)
            turns[link.hearing] = partial(self._told, link)
        poller = zmq.Poller()
        for each in turns:
            poller.register(each, zmq.POLLIN)
        return turns, poller

    def _do_calls(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        for _ in range(len(self._calls)):
            self._calls.popleft()()

    def _leave(self) -> None:
        with self._lock:
            self._left = True
        # What was asked for before the end.
        self._do_calls()
        self._release(math.inf)
        for link in self.links:
            link.say(Bye())
        self._questions.fail(Unreachable("this process has left the cluster"))
        self._context.destroy(linger=_LINGER)
        self._woken.close()
        self._waker.close()

    def _taken(self, link: Link) -> None:
        for _ in waiting(link.publishing):
            link.takes()

    def _published(self, link: Link) -> None:
        for frames in waiting(link.subscribing):
            if len(frames) != 3 or len(frames[1]) != 8:
                self._inbox.count("malformed")
                continue
            key, number, payload = frames
            missed = link.missed(key, int.from_bytes(number), is_message=bool(payload))
            if missed:
                self._inbox.count("missed", missed)
            self._inbox.confirmed(key)
            if payload:
                self._came(key, payload)

    def _came(self, key: bytes, payload: bytes) -> None:
        try:
            published = messages.published(payload)
        except Malformed:
            self._inbox.count("malformed")
        else:
            # One's own was handed over when it was published.
            if published.origin != self._inbox.id:
                self._inbox.published(key, published.body)

    def _told(self, link: Link) -> None:
        for frames in waiting(link.hearing):
            try:
                told = messages.told(b"".join(frames))
            except Malformed:
                self._inbox.count("malformed")
            else:
                self._heard(link, told)

    def _heard(self, link: Link, told: Told) -> None:
        match told:
            case Present():
                link.present(told)
            case Delivery(kind="answer"):
                self._answered(told)
            case Delivery(kind="failure"):
                error = Unanswered(f"{told.sender} got the request, and gave no answer")
                self._questions.settle(
                    told.id, told.sender, lambda future: future.set_exception(error)
                )
            case Delivery():
                self._inbox.delivered(told, partial(self._reply, told))
            case Routed():
                self._questions.routed(told.id)
            case Unroutable():
                self._inbox.count("unroutable")
                unknown = UnknownPeer(told.why)
                self._questions.settle(told.id, None, lambda future: future.set_exception(unknown))
            case Refused():
                link.refused(told)

    def _answered(self, answer: Delivery) -> None:
        try:
            body = messages.body(answer.body)
        except Malformed:
            self._inbox.count("malformed")
        else:
            self._questions.settle(answer.id, answer.sender, lambda future: future.set_result(body))

    def _reply(self, request: Delivery, kind: Kind, answer: bytes) -> None:
        """Answer a request, if that can be: who asked waits no longer than he said. Any thread."""
        direct = Direct(kind, request.id, request.sender, Raw(answer))
        self.soon(partial(self._say, direct))

    def _say(self, answer: Direct) -> None:
        link = self._link_to(answer.to)
        self._inbox.count("sent" if link and link.say(answer) else "unsent")
