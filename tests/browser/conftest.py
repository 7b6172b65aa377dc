"""A real browser, and servers with the editor built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from nodius_site.file_lock import locked
from nodius_site.options import ROOT
from tests.browser.people import Person, Visit
from tests.serving import PASSWORD, Serving

#: What a browser needs as root, and to leave the network alone.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def missing(what: str) -> None:
    """Skip the test, where it may not be there; on a build machine it has to be."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The editor, built as the launcher builds it."""
    if shutil.which("npm") is None:
        missing("npm")
    with locked(ROOT / ".venv.lock"):
        launcher("n.install_web('npm') or exit(1)")
    launcher("n.build_web([])")


def launcher(code: str) -> None:
    """Run this code on the launcher, `n`."""
    script = (
        "import importlib.machinery as m, importlib.util as u; "
        "l = m.SourceFileLoader('launcher', 'nodius'); "
        f"n = u.module_from_spec(u.spec_from_loader('launcher', l)); l.exec_module(n); {code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; no longer than a module needs it, as its driver has the event loop."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with the administrator `admin`, and the users `bea` and `viv`, who may only look."""
    serving = Serving(tmp_path_factory.mktemp("site") / "data")
    serving.create_admin()
    with serving:
        make_user(serving, "bea", "editor")
        make_user(serving, "viv", "viewer")
        yield serving


@pytest.fixture(scope="module")
def logins(site: Serving) -> dict[str, dict[str, Any]]:
    """What the server has answered to who has logged in, by name."""
    return {}


def login(site: Serving, username: str) -> dict[str, Any]:
    """What the server answers to this user's login."""
    with site.client() as client:
        answer = client.post("/api/auth/login", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
def visit(browser: Browser, site: Serving, logins: dict[str, dict[str, Any]]) -> Iterator[Visit]:
    """Makes a person at the editor, signed in as the administrator or as `username`."""
    people: list[Person] = []

    def come(username: str | None = "admin", **options: Any) -> Person:
        # Each once: who tries too often has to wait.
        if username and username not in logins:
            logins[username] = login(site, username)
        login_of = logins[username] if username else None
        person = Person(browser, site.url, login=login_of, **options)
        people.append(person)
        return person

    yield come
    for each in people:
        each.leave()


@pytest.fixture
def rest(site: Serving, logins: dict[str, dict[str, Any]]) -> Iterator[httpx.Client]:
    """REST calls as the administrator."""
    if "admin" not in logins:
        logins["admin"] = login(site, "admin")
    with site.client(Authorization=f"Bearer {logins['admin']['token']}") as client:
        yield client


@pytest.fixture
def flow(rest: httpx.Client) -> str:
    """An empty workflow."""
    made = rest.post("/api/workflow", json={"name": "Shared"})
    return str(made.json()["workflowKey"])


def make_user(serving: Serving, username: str, role: str) -> None:
    """Somebody with this role in the workspace `default`."""
    script = (
        "import django, sys; django.setup(); from accounts.models import User; "
        "from accounts.roles import Role; User.objects.create_user(sys.argv[1], "
        "password=sys.argv[2], joins={'default': Role(sys.argv[3])})"
    )
    environment = {
        **os.environ,
        **{name: value for name, value in serving.environment.items() if name != "PORT"},
        "DJANGO_SETTINGS_MODULE": "nodius_site.settings",
        "PYTHONPATH": str(ROOT),
    }
    words = [sys.executable, "-c", script, username, PASSWORD, role]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for pictures: that of NODIUS_PICTURES, else one that is forgotten."""
    given = os.environ.get("NODIUS_PICTURES")
    return Path(given) if given else tmp_path_factory.mktemp("pictures")
