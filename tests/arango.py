"""A private ArangoDB for tests: the double in a process of its own, or the server of ARANGO_URL."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nodius_site.options import ROOT

_names = itertools.count(1)


class ArangoServer:
    """One running server; `is_double`: it can be killed, and have things go wrong."""

    def __init__(self, **options: object) -> None:
        self.url = os.environ.get("ARANGO_URL", "")
        self.is_double = not self.url
        self.user, self.password = "root", "azerty"
        if not self.is_double:
            self.user = os.environ.get("ARANGO_USER", self.user)
            self.password = os.environ.get("ARANGO_PASS", self.password)
            return
        self._folder = Path(tempfile.mkdtemp(prefix="nodius-arango-"))
        self._options = [f"--{name}={value}" for name, value in options.items()]
        self._port = 0
        self.start()

    def start(self) -> None:
        """Start the double, again with what it had, and return when it answers."""
        command = [sys.executable, "-m", "tests.arango_double", f"--port={self._port}"]
        self._process = subprocess.Popen(
            [*command, f"--data={self._folder / 'data'}", *self._options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        self._port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End the double at once."""
        self._process.kill()
        self._process.communicate()

    def pause(self) -> None:
        """Have the double do nothing, not even close its connections."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on."""
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """End the double, with all that is in it."""
        if self.is_double:
            self.kill()
            shutil.rmtree(self._folder)

    def create_name(self) -> str:
        """A name for a database that nobody has taken."""
        return f"tests{os.getpid()}-{next(_names)}"

    def fault(self, **fault: object) -> None:
        """Have something go wrong: see tests.arango_double.faults."""
        httpx.post(f"{self.url}/_double/faults", json=fault, trust_env=False).raise_for_status()

    def heal(self) -> None:
        """From now on nothing goes wrong."""
        httpx.delete(f"{self.url}/_double/faults", trust_env=False).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """The requests since this was asked for last."""
        found: list[dict[str, Any]] = httpx.get(
            f"{self.url}/_double/requests", trust_env=False
        ).json()
        httpx.delete(f"{self.url}/_double/requests", trust_env=False)
        return found


@pytest.fixture(scope="session")
def arango() -> Iterator[ArangoServer]:
    """A running server."""
    server = ArangoServer()
    yield server
    server.remove()


@pytest.fixture
def double(arango: ArangoServer) -> Iterator[ArangoServer]:
    """A running server that can be killed, and have things go wrong; it is well afterwards."""
    if not arango.is_double:
        pytest.skip("a real server is not to be harmed")
    arango.requests()
    yield arango
    arango.heal()
