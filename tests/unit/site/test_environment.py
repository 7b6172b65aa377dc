"""Who reads the environment."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
APPS = ("accounts", "store", "workflows", "sync", "nodius_site")
SOURCES = [file for app in APPS for file in (ROOT / app).rglob("*.py")]


def _reads(source: str) -> list[int]:
    """The lines that take something from the environment; to set a default there is none."""
    tree = ast.parse(source)
    defaults = {
        id(node.func.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "setdefault"
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if (
            (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
            and id(node) not in defaults
        )
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    ]


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_only_the_options_read_the_environment(file: Path) -> None:
    lines = _reads(file.read_text())
    assert bool(lines) == (file.name == "options.py" and file.parent.name == "nodius_site"), lines


def test_the_check_sees_every_way_to_read_it() -> None:
    for line in (
        "os.environ['X']",
        "os.getenv('X')",
        "from os import environ",
        "os.environ.get(1)",
    ):
        assert _reads(line)
    assert not _reads("os.environ.setdefault('X', 'y')")
