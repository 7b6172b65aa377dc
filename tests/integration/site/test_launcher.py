"""The launcher, in a copy that has nothing to install: only what it does around the commands."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodius_site.options import ROOT

MANAGE = """
import json, os, sys, time
print(json.dumps({"words": sys.argv[1:], "pid": os.getpid(), "python": sys.prefix}), flush=True)
if "wait" in sys.argv:
    time.sleep(60)
sys.exit(7 if "fail" in sys.argv else 0)
"""


class Clone:
    """A copy of the launcher with an empty requirements.txt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "nodius_site").mkdir(parents=True)
        for name in ("nodius", "nodius_site/__init__.py", "nodius_site/file_lock.py"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "manage.py").write_text(MANAGE)
        (folder / "requirements.txt").write_text("# nothing\n")

    def start(self, *words: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start the launcher."""
        return subprocess.Popen(
            [sys.executable, self.folder / "nodius", *words],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, cwd: Path | None = None) -> tuple[int, str, str]:
        """Its exit status, stdout and stderr."""
        process = self.start(*words, cwd=cwd)
        out, err = process.communicate(timeout=100)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone that has been started once."""
    made = Clone(tmp_path_factory.mktemp("clone") / "a folder")
    status, _, err = made.run("first")
    assert status == 0 and "virtual environment" in err, err
    yield made


def test_a_later_start_installs_nothing_and_says_nothing(clone: Clone) -> None:
    status, out, err = clone.run("some", "word=1")
    assert (status, err) == (0, "")
    assert json.loads(out)["words"] == ["some", "word=1"]
    assert json.loads(out)["python"] == str(clone.folder / ".venv")


def test_the_command_takes_the_launchers_place_and_status(clone: Clone) -> None:
    process = clone.start("wait")
    try:
        assert process.stdout
        assert json.loads(process.stdout.readline())["pid"] == process.pid
        process.terminate()
        assert process.wait(10) != 0
    finally:
        process.kill()
        process.communicate()
    assert clone.run("fail")[0] == 7


def test_it_works_from_another_folder_and_through_a_link(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(clone.folder / "nodius")
    assert clone.run("here", cwd=tmp_path)[0] == 0
    linked = [sys.executable, str(tmp_path / "linked"), "x"]
    assert subprocess.run(linked, check=False, capture_output=True).returncode == 0


def test_changed_requirements_are_installed_and_an_interrupted_install_is_done_again(
    clone: Clone,
) -> None:
    (clone.folder / "requirements.txt").write_text("no such requirement!\n")
    status, out, err = clone.run("x")
    assert status != 0 and out == "" and "installing" in err.lower() and "Traceback" not in err
    (clone.folder / "requirements.txt").write_text("# nothing\n")
    status, out, err = clone.run("x")
    assert status == 0 and "requirements.txt" in err, "the failed install must not count"
    assert clone.run("x")[2] == ""


def test_a_broken_environment_is_made_anew(clone: Clone) -> None:
    (clone.folder / ".venv" / "installed-requirements.txt").unlink()
    shutil.rmtree(next((clone.folder / ".venv" / "lib").glob("python*/site-packages")))
    status, out, err = clone.run("x")
    assert status == 0 and json.loads(out) and "virtual environment" in err


def test_several_at_once_install_once(clone: Clone) -> None:
    (clone.folder / "requirements.txt").write_text("# several\n")
    started = [clone.start(str(n)) for n in range(4)]
    ended = [(*process.communicate(timeout=100), process.returncode) for process in started]
    assert [json.loads(out)["words"] for out, _, _ in ended] == [[str(n)] for n in range(4)]
    assert sum("Installing" in err for _, err, _ in ended) == 1


def test_a_python_that_is_too_old_is_one_line() -> None:
    pretend = (
        "import sys, runpy; sys.version_info = (3, 10, 4); sys.version = '3.10.4 (main)';"
        f"runpy.run_path({str(ROOT / 'nodius')!r}, run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert result.stderr == "nodius: this is Python 3.10.4; Nodius needs 3.11 or newer\n"
    ast.parse((ROOT / "nodius").read_text(), feature_version=(3, 7))


def test_web_is_built_when_it_is_there_and_again_only_when_it_changed(clone: Clone) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    web = clone.folder / "web"
    web.mkdir()
    build = "node -e \"require('fs').mkdirSync('dist', {recursive: true})\""
    package = {"name": "web", "version": "1.0.0", "scripts": {"build": build}}
    lock = {"name": "web", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {}}}
    (web / "package.json").write_text(json.dumps(package))
    (web / "package-lock.json").write_text(json.dumps(lock))
    assert "Building web" not in clone.run("other")[2]
    assert "Building web" not in clone.run("serve", "--help")[2]
    status, out, err = clone.run("serve", "fail")
    assert (status, out, err) == (7, "", ""), "a wrong option is told without building first"
    assert "Building web" in clone.run("serve")[2]
    assert clone.run("serve")[2] == ""
    (web / "main.ts").write_text("changed")
    started = [clone.start("serve") for _ in range(4)]
    errors = [process.communicate(timeout=100)[1] for process in started]
    assert sum("Building web" in each for each in errors) == 1, "several at once build once"
    package["scripts"] = {"build": 'node -e "process.exit(1)"'}
    (web / "package.json").write_text(json.dumps(package))
    status, out, err = clone.run("serve")
    assert status == 0 and json.loads(out), "a server without its editor is one all the same"
    assert "the editor could not be built" in err


def test_it_can_be_executed() -> None:
    assert os.access(ROOT / "nodius", os.X_OK)
