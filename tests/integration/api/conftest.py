"""The application on a real socket, but in this process, so that tests can reach into its store."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn

from tests.integration.api.wire import Caller, People

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker


class Threaded(uvicorn.Server):
    """A server on a thread of its own, on any free port."""

    def __init__(self) -> None:
        from nodius_site.asgi import application

        super().__init__(
            uvicorn.Config(application, port=0, ws="none", lifespan="on", log_config=None)
        )
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.started:
            assert self.thread.is_alive(), "the server ended before it had started"
            time.sleep(0.005)
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self.should_exit = True
        self.thread.join()


@pytest.fixture(scope="session")
def tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The tables in both databases; pytest-django makes only those that tests are marked with."""
    from django.conf import settings
    from django.core.management import call_command

    with django_db_blocker.unblock():
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, verbosity=0)


@pytest.fixture(scope="module")
def url(tables: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of the server; what its databases hold is kept between the tests of a module."""
    with django_db_blocker.unblock(), Threaded() as address:
        yield address


@pytest.fixture(scope="module")
def people(url: str) -> Iterator[People]:
    """Fresh users, and a fresh workspace `team` with an owner, an editor and a viewer."""
    from accounts import tokens
    from accounts.ids import random_id
    from accounts.models import User, Workspace
    from accounts.roles import DEFAULT_WORKSPACE, Role

    Workspace.objects.get_or_create(key=DEFAULT_WORKSPACE, defaults={"name": "Default"})
    team = Workspace.objects.create(name="Team").pk

    def caller(name: str, joins: dict[str, Role], *, is_admin: bool = False) -> Caller:
        user = User.objects.create_user(f"{name}-{random_id()}", joins=joins, is_admin=is_admin)
        return Caller(url, user.username, tokens.issue(user).token, user.pk)

    everyone = People(
        team=team,
        nobody=Caller(url, "nobody", None),
        stranger=caller("stranger", {}),
        admin=caller("admin", {}, is_admin=True),
        viewer=caller("viewer", {team: Role.VIEWER}),
        editor=caller("editor", {team: Role.EDITOR, DEFAULT_WORKSPACE: Role.EDITOR}),
        owner=caller("owner", {team: Role.OWNER}),
    )
    yield everyone
    for each in vars(everyone).values():
        if isinstance(each, Caller):
            each.close()


@pytest.fixture(scope="module")
def editor(people: People) -> Caller:
    """An editor of the workspaces `default` and `team`."""
    return people.editor


@pytest.fixture
def flow(people: People) -> str:
    """A workflow of the workspace `team`, at batch 1."""
    key = people.editor.new_workflow(
        workspace=people.team,
        nodes={"a": {"type": "text", "posX": 1}, "b": {}},
        edges={"e": {"source": "a", "target": "b"}},
        data={"log": []},
    )
    batch = {"instructions": [{"o": 3, "p": ["data", "log"], "v": "first"}]}
    assert people.editor.post(f"/api/workflow/{key}/instructions", json=batch).status_code == 200
    return key
