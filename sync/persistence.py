"""The only way from the event loop to the store and to the accounts: threads of its own, a deadline
on every wait.

One thread writes, so that groups of the journal never queue behind anything but what is under way:
they go first, saves and deletions between them. Another has the leases, so that nobody waits for a
save in order to open something. A few threads read the store, and others the accounts, so that
nobody waits at the door because somebody opens a big workflow. A call that outlasts its deadline
runs on, but nobody waits for it.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from store.base import Unavailable

T = TypeVar("T")

#: Seconds after which a store that does not answer counts as away.
PATIENCE = 10.0

_FIRST, _NEXT, _LAST = range(3)


class Persistence:
    """Runs blocking calls for the event loop.

    Every call raises Unavailable after PATIENCE seconds.
    """

    def __init__(self) -> None:
        self._readers = _Threads("reader", 4)
        self._porters = _Threads("accounts", 2)
        self._writer = _Threads("writer", 1)
        self._leases = _Threads("leases", 1)

    async def read(self, fn: Callable[[], T]) -> T:
        """Call `fn` in a reading thread; what it raises is raised here."""
        return await _in_time(self._readers.submit(_NEXT, fn))

    async def ask(self, fn: Callable[[], T]) -> T:
        """Call `fn` in a thread for the accounts; what it raises is raised here."""
        return await _in_time(self._porters.submit(_NEXT, fn))

    async def write(self, fn: Callable[[], T]) -> T:
        """Call `fn` in the writing thread, between two groups of the journal."""
        return await _in_time(self._writer.submit(_NEXT, fn))

    async def lease(self, fn: Callable[[], T]) -> T:
        """Call `fn` in the one thread for leases, in order."""
        return await _in_time(self._leases.submit(_NEXT, fn))

    def commit(self, fn: Callable[[], T]) -> Awaitable[T]:
        """Have `fn` called in the writing thread before whatever else waits; it is on its way at
        once.
        """
        return _in_time(self._writer.submit(_FIRST, fn))

    async def close(self, patience: float = PATIENCE) -> None:
        """Finish what was handed over, and end the threads; waits so many seconds at most."""
        deadline = time.monotonic() + patience
        for threads in (self._writer, self._leases, self._readers, self._porters):
            await asyncio.to_thread(threads.close, deadline)


class _Threads:
    """Threads that take calls from one queue, by priority, then in order."""

    def __init__(self, name: str, count: int) -> None:
        self._calls: queue.PriorityQueue[tuple[int, int, Callable[[], Any], Future[Any]]] = (
            queue.PriorityQueue()
        )
        self._order = itertools.count()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, priority: int, fn: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(Unavailable("the server is stopping"))
        else:
            self._calls.put((priority, next(self._order), fn, future))
        return future

    def close(self, deadline: float) -> None:
        for _ in self._threads:
            self.submit(_LAST, connections.close_all)
        self._closed = True
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        priority = _FIRST
        while priority != _LAST:
            priority, _, fn, future = self._calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = fn()
            except (OperationalError, InterfaceError) as error:
                # A broken connection must not be left behind for the next call.
                close_old_connections()
                future.set_exception(Unavailable(f"the accounts do not answer: {error}"))
            except BaseException as error:
                close_old_connections()
                future.set_exception(error)
            else:
                future.set_result(result)


async def _in_time(future: Future[T]) -> T:
    waiter = asyncio.wrap_future(future)
    try:
        await asyncio.wait({waiter}, timeout=PATIENCE)
        if waiter.done():
            return waiter.result()
        raise Unavailable(f"the store has not answered for {PATIENCE:.0f} seconds")
    finally:
        # What nobody waits for any more is not begun (the waiter alone would say so a turn of the
        # loop later); what is under way goes on, unheard.
        future.cancel()
        waiter.cancel()
