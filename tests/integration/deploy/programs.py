"""The programs that read the files of deploy/, found where Debian puts them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nodius_site.options import ROOT
from tests.serving import ENVIRONMENT

DEPLOY = ROOT / "deploy"
#: Beside the Python that runs the tests, and where Debian keeps what is for administrators.
_FOLDERS = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"])


def program(name: str, package: str) -> str:
    """Its path. Where it is not installed the test is skipped, or fails under CI."""
    found = shutil.which(name, path=_FOLDERS)
    if found is None:
        missing = f"no {name}: {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def run(*words: str | Path, cwd: Path | None = None) -> tuple[int, str]:
    """Run a program to its end; its exit status and what it said."""
    ended = subprocess.run(
        words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def copy_project(target: Path, *more: str) -> Path:
    """Copy the server's own packages, and what else is named, to a new folder; returns it."""
    packages = [each.parent.name for each in ROOT.glob("*/__init__.py")]
    target.mkdir()
    for name in {"manage.py", *packages, *more} - ({"tests"} - set(more)):
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)
    return target


def run_python(*words: str, cwd: Path) -> tuple[int, str, str]:
    """Run this Python in a folder, on the code there; its exit status, stdout and stderr."""
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr
