"""Work that many ask for at once, and that is done once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock
from typing import Generic, TypeVar

from media_store.errors import Busy

T = TypeVar("T")


class Flights(Generic[T]):
    """Shares what is being done between threads; nothing is remembered once it is done.

    `patience` is how many seconds somebody waits for what another one does.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._under_way: dict[str, Future[T]] = {}
        self._guard = Lock()

    def share(self, name: str, work: Callable[[], T]) -> T:
        """What `work` returns or raises, done here or by who is at it under this name.

        Raises Busy if the other one takes too long.
        """
        with self._guard:
            others = self._under_way.get(name)
            own: Future[T] = Future()
            if others is None:
                self._under_way[name] = own
        if others is None:
            return self._do(name, own, work)
        try:
            return others.result(self.patience)
        except FutureTimeoutError:
            raise Busy("This is being made already, and takes long; ask again later.") from None

    def _do(self, name: str, own: Future[T], work: Callable[[], T]) -> T:
        try:
            done = work()
        except BaseException as error:
            self._land(name)
            own.set_exception(error)
            raise
        self._land(name)
        own.set_result(done)
        return done

    def _land(self, name: str) -> None:
        with self._guard:
            del self._under_way[name]
