"""An endpoint that is added exactly as docs/extending.md says works, and is protected."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nodius_site.options import ROOT
from tests.integration.deploy.programs import copy_project, run_python

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", PAGE, re.DOTALL)
LINES = re.findall(r"<!-- line in (\S+) above: ([^\n]+) -->\n```python\n(.*?)```", PAGE, re.DOTALL)

#: Asks a server of the copy, and prints what it answered.
ASK = """
import json, sys
from pathlib import Path
import httpx
from tests.serving import Serving
server = Serving(Path(sys.argv[1]))
server.create_admin()
with server, server.login() as client:
    bare = httpx.get(f"{server.url}/api/myfeature", trust_env=False)
    known = client.get("/api/myfeature")
    described = client.get("/api/openapi.json").json()["paths"]
    print(json.dumps([
        bare.status_code, bare.json()["error"], known.status_code, known.json(),
        sorted(described["/api/myfeature"]),
    ]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with what the page adds."""
    folder = tmp_path_factory.mktemp("extended") / "project"
    copy = copy_project(folder, "pyproject.toml", "tests")
    for name, code in FILES:
        assert not (copy / name).exists(), f"{name} is there already"
        (copy / name).write_text(code, encoding="utf-8")
    for name, above, code in LINES:
        text = (copy / name).read_text(encoding="utf-8")
        assert text.count(f"\n{above}") == 1, f"{above!r} stands in {name} not once"
        (copy / name).write_text(text.replace(f"\n{above}", f"\n{code}{above}"), encoding="utf-8")
    return copy


def test_the_page_names_files_and_lines() -> None:
    assert [name for name, _ in FILES] == [
        "nodius_site/my_feature.py",
        "tests/integration/site/test_my_feature.py",
    ]
    assert len(LINES) == 2


def test_the_new_call_says_hello_to_who_has_logged_in_and_to_nobody_else(
    project: Path, tmp_path: Path
) -> None:
    status, out, err = run_python("-c", ASK, f"{tmp_path / 'data'}", cwd=project)
    assert status == 0, out + err
    assert json.loads(out) == [401, "unauthorized", 200, {"data": "Hello"}, ["get", "post"]]


def test_the_test_on_the_page_passes(project: Path) -> None:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", FILES[1][0]]
    status, out, err = run_python(*words, cwd=project)
    assert status == 0, out + err
    assert "2 passed" in out


def test_the_code_on_the_page_is_as_the_project_wants_its_code(project: Path) -> None:
    names = [name for name, _ in (*FILES, *(line[:2] for line in LINES))]
    for words in (["check"], ["format", "--check"]):
        status, out, err = run_python("-m", "ruff", *words, "--no-cache", *names, cwd=project)
        assert status == 0, out + err
