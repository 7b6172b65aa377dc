"""Runs tests on a database server of its own: `python -m tests.on postgresql|arango [tests/…]`.

Where no tests are named, it runs those in which documents are kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from tests.engine import VARIABLE
from tests.postgres import PostgresServer, installed


class Server(Protocol):
    """A database server of the tests' own."""

    def remove(self) -> None:
        """End it, with all that is in it."""


def _postgresql() -> tuple[Server, str]:
    server = PostgresServer(installed())
    return server, server.url("").rstrip("/")


def _arango() -> tuple[Server, str]:
    from tests.arango import ArangoServer

    server = ArangoServer()
    return server, server.url


KINDS: Mapping[str, Callable[[], tuple[Server, str]]] = {
    "postgresql": _postgresql,
    "arango": _arango,
}


#: What names its stores itself is not among them, like the suite of every store: it runs anyway.
KEEPING = (
    *(f"tests/integration/{name}" for name in ("api", "backup", "media_store", "sync")),
    *(f"tests/integration/site/test_{name}.py" for name in ("admin_pages", "ready")),
    *("tests/integration/workflows", "tests/crash/test_kill.py"),
)


def main(kind: str, *arguments: str) -> int:
    """Run pytest with these arguments; returns its exit status."""
    named = any(Path(each.partition("::")[0]).exists() for each in arguments)
    tests = () if named else KEEPING
    server, address = KINDS[kind]()
    try:
        return subprocess.call(
            # Nothing need be dropped from what is thrown away itself.
            [sys.executable, "-m", "pytest", "--reuse-db", *arguments, *tests],
            env=os.environ | {VARIABLE: f"{kind} {address}"},
        )
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
