"""What the servers of a team reach each other by, where a test can cut it or hold it up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

BLOCK = 65_536


class Link:
    """Between `open` and `close` its `port` leads to the port `target` of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        self._free = Event()
        self._free.set()

    def open(self) -> None:
        """Take connections from now on."""
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take none any more, and end those that there are."""
        _end(self._listening)
        self._free.set()
        self.cut()

    def cut(self) -> None:
        """End all connections that there are."""
        with self._guard:
            for each in self._open:
                _end(each)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile nothing gets through; it comes afterwards."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def _accept(self) -> None:
        with self._listening, suppress(OSError):
            while True:
                Thread(target=self._join, args=(self._listening.accept()[0],), daemon=True).start()

    def _join(self, caller: socket.socket) -> None:
        with caller, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as to:
            both = {caller, to}
            with self._guard:
                self._open |= both
            back = Thread(target=self._pump, args=(to, caller), daemon=True)
            back.start()
            self._pump(caller, to)
            back.join()
            with self._guard:
                self._open -= both

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(BLOCK):
                self._free.wait()
                target.sendall(block)
        _end(source)
        _end(target)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
