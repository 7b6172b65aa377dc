"""The commands of docs/operations.md do what the page says, as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from nodius_site.options import ROOT
from tests.postgres import PostgresServer
from tests.serving import ENVIRONMENT, Serving
from tests.wire import APPEND, Wire

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- ([\w-]+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL))


class Project:
    """A folder that looks like that of the project: `nodius` in it, and its data."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database
        self.data_dir = folder / "data"
        folder.mkdir()
        launcher = folder / "nodius"
        launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "manage.py"}" "$@"\n')
        launcher.chmod(0o755)

    def run(self, block: str, **variables: str) -> str:
        """Run a block of the page; returns the last line it printed."""
        own = {"NODIUS_DATA_DIR": f"{self.data_dir}", "DATABASE_URL": self.database}
        ended = subprocess.run(
            ["sh", "-eu", "-c", BLOCKS[block]],
            cwd=self.folder,
            env={**ENVIRONMENT, **own, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
        return ended.stdout.splitlines()[-1] if ended.stdout else ""

    def server(self) -> Serving:
        """A server of this data."""
        where = {"database": self.database} if self.database else {"store": "sql"}
        return Serving(self.data_dir, **where)


@dataclass(frozen=True, slots=True)
class Open:
    """A workflow that somebody has open, and what is needed to change it and to come back."""

    client: httpx.Client
    token: str
    key: str
    epoch: str

    def append(self) -> None:
        """One more batch."""
        body = {"instructions": [APPEND]}
        answer = self.client.post(f"/api/workflow/{self.key}/instructions", json=body)
        assert answer.status_code == 200, answer.text


@contextmanager
def used(project: Project) -> Iterator[Open]:
    """A server with a workflow, of one batch, that is open."""
    server = project.server()
    server.create_admin()
    with server, server.login() as client:
        made = {"name": "Kept", "data": {"log": []}}
        key = client.post("/api/workflow", json=made).json()["workflowKey"]
        token = client.headers["Authorization"].removeprefix("Bearer ")
        with Wire(server, token) as wire:
            workflow = Open(client, token, key, wire.join(key)["epoch"])
            workflow.append()
            yield workflow


def is_whole(project: Project, before: Open) -> None:
    """What was there at the backup is there, and nobody resumes on what came after it."""
    key = before.key
    with project.server() as server, Wire(server, before.token) as wire:
        back = wire.join(key, clientId="me", lastSeq=2, epoch=before.epoch)
        assert (back["resumed"], back["seq"]) == (False, 1)
        assert back["workflow"]["data"] == {"log": ["x"]}
        assert back["epoch"] != before.epoch
        wire.act(key, APPEND, id="goes on")
        wire.expect("ack", id="goes on", seq=2)


def test_a_backup_of_sqlite_made_while_it_runs_brings_everything_back(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    with used(project) as workflow:
        where = project.run("backup-sqlite")
        workflow.append()
    assert (project.folder / where / "documents.sqlite3").stat().st_mode & 0o777 == 0o600
    project.run("restore-sqlite", **{"from": where})
    is_whole(project, workflow)


def test_a_backup_of_postgresql_made_while_it_runs_brings_everything_back(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    project = Project(tmp_path / "project", postgres.url(postgres.create_database()))
    with used(project) as workflow:
        where = project.run("backup-postgresql")
        workflow.append()
    project.database = postgres.url(postgres.create_database())
    (project.data_dir / "jwt_secret").unlink()
    project.run("restore-postgresql", **{"from": where})
    is_whole(project, workflow)


def test_images_go_into_a_backup_and_come_back(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    with used(project):
        image = project.data_dir / "images" / "one" / "original"
        image.parent.mkdir(parents=True)
        image.write_bytes(b"a picture")
        where = project.run("backup-sqlite")
        image.unlink()
    project.run("restore-sqlite", **{"from": where})
    assert image.read_bytes() == b"a picture"


def test_every_block_that_is_marked_is_run_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert BLOCKS
    assert [name for name in BLOCKS if f'run("{name}"' not in source] == []
