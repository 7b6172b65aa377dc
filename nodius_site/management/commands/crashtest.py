"""`./nodius crashtest`: see for yourself that a killed server loses nothing."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

import store.current
from accounts import tokens
from accounts.models import User
from nodius_site.crashtest import CrashTest, Lost, Server, Stored, Writer
from nodius_site.kinds import Database
from nodius_site.options import in_force
from workflows.document import Workflow
from workflows.repository import Repository


class Command(BaseCommand):
    """Kills a server of its own while clients write to it.

    Exit status 1 if something that was acknowledged is lost, or applied twice. The data folder is
    one that was made for this, and is removed at the end; so is what a PostgreSQL was given.
    """

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """How often."""
        parser.add_argument("--kills", type=int, default=20)

    def handle(self, *, kills: int, **_: Any) -> None:
        """One line a kill, and a summary."""
        repository = Repository(store.current.current())
        try:
            with _user() as token, _workflow(repository) as key:
                writers = [
                    Writer(f"writer-{n}", key, token, resumes=n % 2 == 0, grouped=n == 2)
                    for n in range(4)
                ]
                server = Server(settings.DATA_DIR, _environment())
                test = CrashTest(server, writers, lambda: _stored(repository, key), self._say)
                acked = asyncio.run(test.run(kills))
        except Lost as lost:
            self.stderr.write(f"nodius: {lost}")
            sys.exit(1)
        finally:
            shutil.rmtree(settings.DATA_DIR)
        self._say(
            f"{kills} kills, {acked} batches acknowledged to {len(writers)} clients: each is there "
            "exactly once, seq has no gap, and all see the same"
        )

    def _say(self, line: str) -> None:
        print(line, flush=True)


@contextmanager
def _user() -> Iterator[str]:
    """The token of a user who is there as long as this is entered."""
    user = User.objects.create_user(f"crashtest-{secrets.token_hex(4)}")
    try:
        yield tokens.issue(user).token
    finally:
        user.delete()


@contextmanager
def _workflow(repository: Repository) -> Iterator[str]:
    """The key of a workflow that is there as long as this is entered."""
    root: dict[str, Any] = {
        "name": "Crash test",
        "category": None,
        "description": None,
        "data": {"log": []},
        "nodes": {},
        "edges": {},
    }
    key = repository.create(Workflow(root), "default")
    try:
        yield key
    finally:
        repository.delete(key)


def _stored(repository: Repository, key: str) -> Stored:
    loaded = repository.load(key)
    rows = repository.rows(key, 0, loaded.head.seq, loaded.head.seq, sys.maxsize) or []
    appended = [(row.seq, msgspec.json.decode(row.instructions)[0]["v"]) for row in rows]
    log = loaded.workflow.root["data"]["log"]
    return Stored(loaded.head.seq, appended, log)


def _environment() -> dict[str, str]:
    """What the server is told of the databases, so that no password is on its command line."""
    values = in_force()
    told = {"DATABASE_URL": _url(values.database)} if values.database else {}
    if values.keeps_in_arango:
        told |= {each.option.env or "": str(each.value) for each in values.of("arangodb")}
    return told


def _url(database: Database) -> str:
    login = quote(database.user, safe="")
    if database.password:
        login += f":{quote(database.password, safe='')}"
    parameters = f"?{urlencode(database.parameters)}" if database.parameters else ""
    name = quote(database.name, safe="")
    return f"postgres://{login}@{database.host}:{database.port}/{name}{parameters}"
