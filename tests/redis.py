"""A private Redis for tests: its own folder, port and process; gone when the tests are."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest

from tests.ports import free_ports


class RedisServer:
    """One running server, which keeps nothing on disk."""

    host = "127.0.0.1"

    def __init__(self, program: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="nodius-redis-")
        self._program = program
        self.port = free_ports()[0]
        self.start()

    @property
    def url(self) -> str:
        """Its address, as the option `channel_layer` takes it."""
        return f"redis://{self.host}:{self.port}/0"

    def start(self) -> None:
        """Start the server, and return when it answers."""
        options = {"bind": self.host, "port": self.port, "save": "", "dir": self._folder}
        words = [word for name, value in options.items() for word in (f"--{name}", f"{value}")]
        self._process = subprocess.Popen([self._program, *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"{self._program} does not answer")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, as in a crash."""
        self._process.kill()
        self._process.wait(10)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def remove(self) -> None:
        """Stop the server, and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A running server. Where there is no Redis the test is skipped, or fails under CI."""
    program = shutil.which("redis-server")
    if program is None:
        missing = "no redis-server: apt-get install redis-server"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    server = RedisServer(program)
    yield server
    server.remove()
