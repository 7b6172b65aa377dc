"""The editor at /, where it was built; without it, a page about the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import Serving

PAGE = "<!doctype html><title>The editor</title>"
HASHED = "assets/index.0123456789ab.js"
NOT_BUILT = "The editor was not built"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editor")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / HASHED).write_text("export {};\n")
    (folder / ".built").write_text("a stamp of the launcher")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[Serving]:
    with Serving(tmp_path_factory.mktemp("data") / "data", editor=built) as serving:
        yield serving


@pytest.fixture
def api(server: Serving) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def test_the_editor_is_at_the_root_and_the_calls_beside_it(api: httpx.Client) -> None:
    page = api.get("/")
    assert (page.status_code, page.text) == (200, PAGE)
    assert page.headers["Cache-Control"] == "no-cache"
    assert "immutable" in api.get(f"/{HASHED}").headers["Cache-Control"]
    assert api.get("/api/health").json()["status"] == "ok"
    assert api.get("/.built").status_code == 404


def test_the_editor_runs_its_own_scripts_and_speaks_to_this_server_alone(api: httpx.Client) -> None:
    rules = dict(
        each.strip().split(" ", 1)
        for each in api.get("/").headers["Content-Security-Policy"].split(";")
    )
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["frame-ancestors"] == "'none'"


def test_nothing_is_said_of_an_editor_that_is_there(server: Serving) -> None:
    assert NOT_BUILT not in server.text()


def test_where_it_was_not_built_one_line_says_so_and_the_calls_work(tmp_path: Path) -> None:
    with Serving(tmp_path / "data", editor=tmp_path) as serving, serving.client() as api:
        assert serving.text().count(NOT_BUILT) == 1
        assert "Nodius is running" in api.get("/").text
        assert api.get("/api/health").status_code == 200


def test_a_folder_of_ones_own_stands_in_its_place(tmp_path: Path, built: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "index.html").write_text("mine")
    with Serving(tmp_path / "data", editor=built, static=own) as serving, serving.client() as api:
        assert api.get("/").text == "mine"
        assert api.get(f"/{HASHED}").status_code == 404
