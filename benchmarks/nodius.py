"""Nodius under measurement: a server of its own with a user and workflows made for it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.dialects import NODES, NodiusSpeaker, Speaker, edges, nodes
from benchmarks.servers import CannotMeasure, Server, free_port
from benchmarks.wire import Connection, frame
from nodius_site.options import OPTIONS

ROOT = Path(__file__).resolve().parent.parent

#: Limits that would stop the load before the server does.
LIFTED = {
    "NODIUS_INSTRUCTION_RATE": str(10**9),
    "NODIUS_CONNECTIONS": str(10**6),
    "RATE_LIMIT": "0",
}


def environment(data_dir: Path, database: str | None, lifted: bool = True) -> dict[str, str]:
    """The options of a server, as the environment has them; nothing else given counts."""
    none = {each.env: "" for each in OPTIONS if each.env}
    given = {"NODIUS_DATA_DIR": str(data_dir), "DATABASE_URL": database or ""}
    given |= {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "nodius_site.settings"}
    return {**none, **given, **(LIFTED if lifted else {})}


class Nodius:
    """Starts servers on one data folder; their user is made first, and logs in at each."""

    def __init__(self, folder: Path, database: str | None = None, lifted: bool = True) -> None:
        self._folder = folder
        self.env = environment(folder / "data", database, lifted)
        self._user = {
            "username": f"bench-{secrets.token_hex(4)}",
            "password": secrets.token_hex(16),
        }

    def create_user(self) -> None:
        """Make the tables and the user, an administrator. Raises CannotMeasure."""
        words = [f"{name}={value}" for name, value in self._user.items()]
        self._run(str(ROOT / "manage.py"), "createadmin", *words)

    def output_of(self, module: str) -> str:
        """What a module prints that works on this folder. Raises CannotMeasure."""
        return self._run("-m", module)

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            env=os.environ | self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotMeasure((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
        return done.stdout

    def server(self, *words: str, observed: bool = False) -> Server:
        """`./nodius serve` with more options; `observed`: it tells what it holds."""
        port = free_port()
        program = ("-m", "benchmarks.observed") if observed else (str(ROOT / "manage.py"), "serve")
        command = [sys.executable, *program, "host=127.0.0.1", f"port={port}", *words]
        return Server("Nodius", command, port, self._folder / f"server-{port}.log", self.env)

    def daphne(self) -> Server:
        """The same application, served by daphne."""
        module = "nodius_site.asgi:application"
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "daphne",
            "-b",
            "127.0.0.1",
            "-p",
            f"{port}",
            "-v0",
            module,
        ]
        return Server("Nodius on daphne", command, port, self._folder / "daphne.log", self.env)

    def login(self, server: Server) -> Api:
        """Its REST calls, as the user. Raises CannotMeasure."""
        try:
            answer = Api(server.port, "").call("POST", "auth/login", self._user)
        except OSError:
            # It listens before it has loaded everything.
            raise CannotMeasure(f"{server.name} failed: {server.last_line()}") from None
        return Api(server.port, str(answer["token"]))


class Api:
    """REST calls with a token."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The answer's JSON. Raises CannotMeasure with what it says if it is an error."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise CannotMeasure(f"{method} {path}: {error.read().decode()}") from None

    def create(self, name: str, node_count: int, edge_count: int) -> str:
        """A workflow of this size; returns its key."""
        shape = {"nodes": nodes(node_count), "edges": edges(edge_count, node_count)}
        return str(self.call("POST", "workflow", {"name": name, **shape})["workflowKey"])


class NodiusDialect:
    """Clients of `/ws`, in batch mode or not; `changed`: how many of the nodes they change."""

    def __init__(
        self, api: Api, batch: bool, node_count: int = NODES, changed: int | None = None
    ) -> None:
        self.api, self._batch, self._nodes = api, batch, node_count
        self._changed = changed or node_count

    async def make_room(self, name: str) -> str:
        """A workflow, of half as many edges again as nodes."""
        return self.api.create(name, self._nodes, self._nodes * 3 // 2)

    async def join(self, room: str, number: int, writers: int) -> tuple[Connection, Speaker]:
        """Connect to the workflow."""
        connection = await Connection.open(self.api.port, "/ws")
        await self.connect(connection, room, f"client-{number}")
        return connection, NodiusSpeaker(number, writers, room, self._changed)

    async def connect(self, connection: Connection, key: str, client: str) -> bytes:
        """Send `connect`; returns the answer."""
        connection.send(self.message(key, client))
        return await connection.receive_with(b'"type":"connected"')

    def message(self, key: str, client: str) -> bytes:
        """The frame of a `connect`."""
        message = {"type": "connect", "workflowKey": key, "token": self.api.token}
        more = {"clientId": client, **({"batch": True} if self._batch else {})}
        return frame(json.dumps(message | more).encode())
