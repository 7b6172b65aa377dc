"""A lock between processes: a file that one of them holds. The launcher uses it too."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock of this file; a process that ends, however it ends, gives it up.

    `waiting` is called once if somebody else holds it.
    """
    with path.open("a") as file:
        if not _taken(file.fileno()):
            waiting()
            while not _taken(file.fileno()):
                time.sleep(0.05)
        yield


def _taken(descriptor: int) -> bool:
    with suppress(OSError):
        _take(descriptor)
        return True
    return False
