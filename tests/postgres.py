"""A private PostgreSQL for tests: its own folder, port and process; gone when the tests are."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.ports import free_ports

_INSTALLED = "/usr/lib/postgresql"


class PostgresServer:
    """One running server, which trusts everyone on this host; the databases are made on demand.

    They sort by American English, so that whoever forgets to ask for code points is found out.
    """

    user = "postgres"
    host = "127.0.0.1"

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="nodius-postgres-"))
        self._databases = 0
        self.port = free_ports()[0]
        if os.getuid() == 0:
            shutil.chown(self._folder, _unprivileged())
        self._run("initdb", "--auth=trust", f"--username={self.user}", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start the server, and return when it answers."""
        options = f"-h {self.host} -p {self.port} -k {self._folder} -c max_connections=200"
        log = str(self._folder / "log")
        self._run("pg_ctl", "--wait", f"--log={log}", f"--options={options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; the mode `immediate` is as a crash."""
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def remove(self) -> None:
        """Stop the server, and delete its folder."""
        self.stop("immediate")
        shutil.rmtree(self._folder)

    def another(self) -> PostgresServer:
        """A second server of the same programs."""
        return PostgresServer(self._programs)

    @property
    def process(self) -> int:
        """The process that listens for connections."""
        return int((self._folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def create_database(self) -> str:
        """The name of a new, empty database."""
        self._databases += 1
        name = f"tests{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return name

    def url(self, database: str) -> str:
        """The address of a database, as the option `database` takes it."""
        return f"postgres://{self.user}@{self.host}:{self.port}/{database}"

    def settings(self, database: str) -> dict[str, Any]:
        """A database as Django's DATABASES has it."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": self.user,
            "PASSWORD": "",
            "HOST": self.host,
            "PORT": str(self.port),
            "OPTIONS": {"connect_timeout": 5},
        }

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._folder / 'data'}", *arguments]
        if os.getuid() == 0:
            user = _unprivileged()
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
        # a file, not a pipe: the server would keep a pipe open
        with tempfile.TemporaryFile("w+") as output:
            if subprocess.run(command, stdout=output, stderr=output, cwd="/").returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed:\n{output.read()}")


def installed() -> Path:
    """The programs of the newest PostgreSQL. Raises FileNotFoundError if there is none."""
    found = sorted(Path(_INSTALLED).glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise FileNotFoundError(_INSTALLED)
    return found[-1]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server. Where there is no PostgreSQL the test is skipped, or fails under CI."""
    try:
        server = PostgresServer(installed())
    except FileNotFoundError:
        missing = f"no PostgreSQL in {_INSTALLED}: apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    yield server
    server.remove()


def _unprivileged() -> str:
    """A user that the server may run as when the tests run as root, which it refuses."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
