"""Servers under measurement: each a process on one core, while this one takes another."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, GENERATOR_CORE = _CORES[0], _CORES[-1]
#: Seconds that a server may take to start, and to end.
START, END = 60, 15

_TICKS = os.sysconf("SC_CLK_TCK")


class CannotMeasure(Exception):
    """What is needed is not there; the text is one line that says what to do."""


def take_own_core() -> None:
    """Keep this process off the servers' core."""
    if SERVER_CORE == GENERATOR_CORE:
        raise CannotMeasure("this needs two cores: one for the server, one for the load")
    os.sched_setaffinity(0, {GENERATOR_CORE})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Measurable(Protocol):
    """One server, or several that are measured as one."""

    def cpu(self) -> float:
        """Seconds of processor time used, by all threads."""

    def memory(self) -> int:
        """Bytes of memory that are resident."""


class Server:
    """`with Server(name, command, port, log)`: runs until the block ends, answers at `port`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        port: int,
        log: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.port = name, port
        self._command, self._log, self._env = command, log, env
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        own = os.sched_getaffinity(0)
        with self._log.open("wb") as log:
            # A child inherits the cores it may use.
            os.sched_setaffinity(0, {SERVER_CORE})
            try:
                self._process = subprocess.Popen(
                    self._command,
                    env={**os.environ, **(self._env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            finally:
                os.sched_setaffinity(0, own)
        try:
            self._await_answer()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of processor time it has used, by all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> int:
        """Bytes of memory that it has resident."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    def open_files(self) -> int:
        """How many files and sockets it has open."""
        return len([*Path(f"/proc/{self.pid}/fd").iterdir()])

    def text(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    def last_line(self) -> str:
        """The last of what it has printed."""
        return (self.text().strip().splitlines() or ["it printed nothing"])[-1]

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                last = self.last_line()
                if self._process.poll() is not None:
                    raise CannotMeasure(f"{self.name} ended at once: {last}") from None
                if time.monotonic() > deadline:
                    raise CannotMeasure(f"{self.name} does not answer: {last}") from None
                time.sleep(0.05)
            else:
                return

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
