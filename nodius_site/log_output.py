"""Where log lines go: to stderr, by a thread, so that nobody waits for whoever reads it."""

from __future__ import annotations

import logging
import os
import threading
import time

from sync import metrics

#: Characters that may wait to be written. What comes while half of it waits is taken only if it is
#: a warning or worse: news of a flood of requests must not push out that something is wrong.
LIMIT = 4 * 1024 * 1024
#: Characters that one line may have; the end of a longer one is cut off.
LONGEST = 64 * 1024
LOST = "%d lines of this log are lost: whoever reads it is too slow, or its disk is full"
#: Seconds that what waits has for being written when the process ends; it is asked twice.
FAREWELL = 1.5
#: Written to past sys.stderr: a thread that hangs in that one would abort the process at its end.
STDERR = 2


class Output(logging.Handler):
    """Formats in the caller's thread and writes in one of its own.

    What does not fit any more is lost, counted, and told as soon as there is room again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[str] = []
        self._size = self._lost = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = self._writing = False

    def emit(self, record: logging.LogRecord) -> None:
        """Have the record written; never waits for that."""
        line = f"{self._formatted(record)[:LONGEST]}\n"
        limit = LIMIT if record.levelno >= logging.WARNING else LIMIT // 2
        with self._changed:
            if self._size + len(line) > limit:
                self._lose(1)
                return
            self._append(line)

    def flush(self) -> None:
        """Wait until all is written, FAREWELL seconds at most."""
        deadline = time.monotonic() + FAREWELL
        with self._changed:
            while (self._waiting or self._writing) and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self.flush()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        super().close()

    def _formatted(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except Exception:
            # logging itself would print what the record holds, as it is.
            where = f"{record.pathname}:{record.lineno}"
            return self.format(_warning("a line of the log could not be made, at %s", where))

    def _append(self, line: str) -> None:
        self._waiting.append(line)
        self._size += len(line)
        # By the first line: a command that logs nothing has none, and a fork has its own.
        if self._thread is None or not self._thread.is_alive():
            self._closing = False
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while lines := self._next():
            try:
                _write("".join(lines).encode(errors="backslashreplace"))
            except OSError:
                # Nobody reads any more, or the disk is full.
                with self._changed:
                    self._lose(len(lines))

    def _next(self) -> list[str]:
        """All that waits, as soon as there is something; nothing at the end."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            while not self._waiting and not self._closing:
                self._changed.wait()
            lines, self._waiting = self._waiting, []
            self._size = 0
            self._writing = bool(lines)
            lost, self._lost = self._lost, 0
        if lost and lines:
            lines.append(f"{self.format(_warning(LOST, lost))}\n")
        return lines

    def _lose(self, count: int) -> None:
        self._lost += count
        metrics.LOG_LINES_LOST.inc(count)


def _warning(text: str, about: object) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (about,), None)


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(STDERR, rest) :]
