"""Has images decoded, each by a process of its own, a few at a time."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock, Timer

from media_store.errors import Broken, Busy, ImageError, NotAnImage, TooLarge
from media_store.picture import MAX_KEPT, Picture

logger = logging.getLogger(__name__)

#: Processes that decode at the same time.
AT_ONCE = 2
#: Images that wait for one of them, beside those that are being decoded: as many as a page asks
#: for at once.
WAITING = 32
#: Seconds that an image waits for its turn, and that it may be decoded.
PATIENCE, DEADLINE = 20.0, 25.0
#: Bytes of an answer: a picture, and the line in front of it.
MOST = MAX_KEPT + 64 * 1024

#: How the process is started: without Django, and without what the user may have installed.
WORKER = (sys.executable, "-E", "-s", "-m", "media_store.worker")
ROOT = Path(__file__).resolve().parent.parent

REFUSALS: dict[str, type[ImageError]] = {
    each.__name__: each for each in (NotAnImage, Broken, TooLarge)
}
CLOSED = "The server is about to end; send the image again in a moment."
TOO_MUCH = "Decoding the image takes too much time or memory; make it smaller, or save it anew."


class Decoders:
    """Decodes images for all threads of a server; what a decoder does wrong ends with its process.

    Every call blocks, and may raise NotAnImage, Broken, TooLarge, Busy.
    """

    def __init__(self, command: tuple[str, ...] = WORKER, deadline: float = DEADLINE) -> None:
        self.command = command
        self.deadline = deadline
        self._admitted = BoundedSemaphore(AT_ONCE + WAITING)
        self._turn = BoundedSemaphore(AT_ONCE)
        self._guard = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def remake(self, data: bytes) -> Picture:
        """The picture in these bytes, as `media_store.images.remake` makes it."""
        return self._decode(data)

    def scaled(self, data: bytes, width: int) -> Picture:
        """A narrower copy of a kept picture, as `media_store.images.scaled` makes it."""
        return self._decode(data, str(width))

    def close(self) -> None:
        """End what runs, and decode nothing more."""
        with self._guard:
            self._closed = True
            for process in self._running:
                process.kill()

    def open(self) -> None:
        """Decode again after `close`."""
        self._closed = False

    def _decode(self, data: bytes, *arguments: str) -> Picture:
        with self._admission(), self._process(arguments) as process:
            late = Timer(self.deadline, process.kill)
            late.start()
            try:
                answer = _exchange(process, data)
            finally:
                late.cancel()
                process.kill()
                process.wait()
        if self._closed:
            raise Busy(CLOSED)
        return _picture(answer) if answer else _died(process.returncode)

    @contextmanager
    def _admission(self) -> Iterator[None]:
        """A turn, for as long as the block takes."""
        if not self._admitted.acquire(blocking=False):
            raise Busy("Too many images are being decoded; send this one again in a moment.")
        try:
            if not self._turn.acquire(timeout=PATIENCE):
                raise Busy("The images before this one take long; send it again in a moment.")
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._admitted.release()

    @contextmanager
    def _process(self, arguments: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
        with self._guard:
            if self._closed:
                raise Busy(CLOSED)
            process = subprocess.Popen(  # noqa: S603 - our own module, and a number
                [*self.command, *arguments],
                cwd=ROOT,
                # Nothing that the server was told in secret; Windows cannot start without.
                env=None if sys.platform == "win32" else {},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._running.add(process)
        try:
            with process:
                yield process
        finally:
            with self._guard:
                self._running.discard(process)


def _exchange(process: subprocess.Popen[bytes], data: bytes) -> bytes:
    """The answer of the process; empty if it died before it had one, or answers without end."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the decoder was started without pipes")
    with suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(data)
    answer = process.stdout.read(MOST + 1)
    return answer if len(answer) <= MOST and process.wait() == 0 else b""


def _picture(answer: bytes) -> Picture:
    line, _, content = answer.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise REFUSALS[head["refused"]](head["reason"] or TOO_MUCH)
    return Picture(str(head["mime"]), int(head["width"]), int(head["height"]), content)


def _died(status: int) -> Picture:
    """Say why a process gave no answer: out of time if it was ended, else by the image's fault."""
    logger.warning("a decoder ended without an answer (%s): its image was refused", status)
    ended = {-signal.SIGKILL, -signal.SIGXCPU} if sys.platform != "win32" else {1}
    if status in ended:
        raise TooLarge(TOO_MUCH)
    raise Broken("The image cannot be decoded; export it anew and send it again.")
