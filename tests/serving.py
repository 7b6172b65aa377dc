"""Real servers and commands for tests: processes of their own, with nothing set around them."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from nodius_site.options import OPTIONS, ROOT
from tests import engine

PASSWORD = "Correct-horse-7-battery"

#: An empty variable hides what the environment or the `.env` of this checkout may say.
ENVIRONMENT = {
    **os.environ,
    **{each.env: "" for each in OPTIONS if each.env},
    "DJANGO_SETTINGS_MODULE": "nodius_site.settings",
}


def command(
    *words: str, env: dict[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with these words to its end, or for `timeout` seconds."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *words, *engine.words(words)],
        env=ENVIRONMENT | (env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def _run(*words: str) -> None:
    done = command(*words)
    assert done.returncode == 0, done.stderr


@cache
def _made_by(*words: str) -> Path:
    """The data folder, on SQLite, that a command leaves behind."""
    folder = Path(tempfile.mkdtemp(prefix="nodius-made-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _run(*words, f"data_dir={folder / 'data'}", "store=sql")
    return folder / "data"


class Serving:
    """`with Serving(data_dir, option=value) as server`: a server on a free port, ended at the end.

    `server.url` is its address; use it again with the same folder to see what survived.
    """

    def __init__(self, data_dir: Path, **options: object) -> None:
        # Tests ask as fast as they can.
        given = {"port": 0, "host": "127.0.0.1", "rate_limit": 0, "data_dir": data_dir, **options}
        if not {"database", "arangodb", "store"} & options.keys():
            given |= engine.options(data_dir)
        self.data_dir = data_dir
        self.certificate = Path(str(options.get("cert", data_dir / "self_signed.pem")))
        self.words = [f"{name}={value}" for name, value in given.items()]
        where = ("data_dir=", "database=", "arangodb", "store=")
        self.kept_in = [each for each in self.words if each.startswith(where)]
        #: The same, for what takes no options.
        self.environment = {
            str(each.env): str(given[each.name]) for each in OPTIONS if each.name in given
        }
        self.log = data_dir.with_name(f"{data_dir.name}.log")
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # In an orderly way, if it can, so that what was covered is counted.
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.kill()

    @property
    def socket_url(self) -> str:
        """Where its WebSocket is."""
        return f"ws{self.url.removeprefix('http')}/ws"

    def start(self) -> None:
        """Start it and return when it is healthy; AssertionError with its log if it is not."""
        self.spawn()
        self.url = self.said(r"Nodius is at (\S+)")
        with self.client() as client:
            assert client.get("/api/health").status_code == 200, self.text()

    def spawn(self) -> None:
        """Start it without waiting for anything."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "manage.py", "serve", *self.words],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        """What it printed since it was started."""
        return self.log.read_text()

    def said(self, pattern: str, timeout: float = 60) -> str:
        """Wait until it printed this; returns the first group, or all of it."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.text())):
            assert self.process.poll() is None, f"it ended:\n{self.text()}"
            assert time.monotonic() < deadline, f"it never said {pattern!r}:\n{self.text()}"
            time.sleep(0.02)
        return found[1] if found.groups() else found[0]

    def stop(self, timeout: float = 20) -> int:
        """End it as a container does; returns its exit status."""
        self.process.terminate()
        return self.process.wait(timeout)

    def kill(self) -> None:
        """End it at once, wherever it is."""
        self.process.kill()
        self.process.wait()

    def create_admin(self, username: str = "admin", password: str = PASSWORD) -> None:
        """Make an administrator in its database."""
        given = (f"username={username}", f"password={password}")
        plain = {f"data_dir={self.data_dir}", "store=sql"}
        if plain.issuperset(self.kept_in) and not self.data_dir.exists():
            # What the command does on SQLite is the same each time, and takes seconds.
            shutil.copytree(_made_by("createadmin", *given), self.data_dir)
        else:
            _run("createadmin", *given, *self.kept_in)

    def login(self, username: str = "admin", password: str = PASSWORD) -> httpx.Client:
        """An HTTP client of the server that sends this user's token, found in `token`."""
        given = {"username": username, "password": password}
        with self.client() as client:
            answer = client.post("/api/auth/login", json=given)
        assert answer.status_code == 200, answer.text
        return self.client(Authorization=f"Bearer {answer.json()['token']}")

    def client(self, **headers: str) -> httpx.Client:
        """An HTTP client of the server that sends these headers, as nobody."""
        return httpx.Client(
            base_url=self.url, headers=headers, trust_env=False, verify=self.trust or True
        )

    @property
    def trust(self) -> ssl.SSLContext | None:
        """With https, what trusts the server's own certificate, for its names, and no other."""
        if not self.url.startswith("https"):
            return None
        return ssl.create_default_context(cafile=self.certificate)
