"""What the product's source may never do: run what is stored, and fetch what somebody names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: They start servers, and talk to them; nothing of them is part of one.
OUTSIDE = {"tests", "benchmarks", "examples"}
PACKAGES = sorted(
    folder for folder in ROOT.iterdir() if (folder / "__init__.py").exists()
    if folder.name not in OUTSIDE
)  # fmt: skip
SOURCES = [
    ROOT / "nodius",
    ROOT / "manage.py",
    *(file for folder in [*PACKAGES, ROOT / "deploy"] for file in sorted(folder.rglob("*.py"))),
]

#: Built-in functions that run text.
RUNNERS = {"eval", "exec", "compile"}
#: Methods that do so, or hand on and take in objects as pickles, as sockets of ZeroMQ can.
METHODS = {"from_string", "eval", "exec", "send_pyobj", "recv_pyobj"}
#: Modules that build objects or templates out of stored bytes.
LOADERS = {"pickle", "cPickle", "dill", "shelve", "marshal", "yaml", "jinja2", "runpy"}
#: Modules that fetch.
CLIENTS = {
    *("httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib"),
    *("smtplib", "xmlrpc", "websockets.sync", "websockets.asyncio", "websockets.client"),
}
#: Who may all the same, since nobody but the administrator says where to.
OWN_SERVER = {
    "nodius_site/crashtest.py",  # talks to the server that it has started
    "deploy/healthcheck.py",  # talks to the server beside it
    "store/arango_server.py",  # talks to the database that the options name
    "sync/pipe.py",  # talks to the other processes that the store names
}


def imported(tree: ast.AST) -> set[str]:
    """The modules that are imported, and what is taken from them, as dotted names."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{each.name}" for each in node.names}
    return names


def within(name: str, modules: set[str]) -> bool:
    """Whether a dotted name is one of the modules, or in one."""
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


def runs_text(source: str) -> set[str]:
    """By which names the source could run, build or fill in what is stored."""
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    loaders = {name for name in imported(tree) if within(name, LOADERS)}
    templates = {name for name in imported(tree) if name == "django.template.Template"}
    return (used & RUNNERS) | (named & METHODS) | loaders | templates


def fetches(source: str) -> set[str]:
    """The imports by which the source could reach an address."""
    return {name for name in imported(ast.parse(source)) if within(name, CLIENTS)}


def relative(file: Path) -> str:
    """Its path within the project."""
    return file.relative_to(ROOT).as_posix()


def test_the_packages_of_the_product_are_looked_through() -> None:
    names = {folder.name for folder in PACKAGES}
    assert names >= {"accounts", "cluster", "store", "workflows", "sync", "nodius_site"}
    assert len(SOURCES) > 100


@pytest.mark.parametrize("file", SOURCES, ids=relative)
def test_nothing_stored_is_ever_run_unpickled_or_templated(file: Path) -> None:
    assert runs_text(file.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("file", SOURCES, ids=relative)
def test_no_address_is_ever_fetched(file: Path) -> None:
    found = fetches(file.read_text(encoding="utf-8"))
    assert bool(found) == (relative(file) in OWN_SERVER), found


@pytest.mark.parametrize(
    "line",
    [
        "eval(process)",
        "exec(process)",
        "run = exec",
        "builtins.eval(process)",
        "compile(process, 'process', 'exec')",
        "import pickle",
        "from pickle import loads",
        "import yaml",
        "from jinja2 import Template",
        "from django.template import Template",
        "engine.from_string(process)",
        "socket.recv_pyobj()",
    ],
)
def test_the_check_sees_what_would_run_stored_code(line: str) -> None:
    assert runs_text(line)
    assert runs_text(f"def inside():\n    {line}")


@pytest.mark.parametrize(
    "line",
    [
        "import httpx",
        "from httpx import get",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import http.client",
        "from websockets.sync.client import connect",
    ],
)
def test_the_check_sees_what_would_fetch(line: str) -> None:
    assert fetches(line)
    assert fetches(f"def inside():\n    {line}")


@pytest.mark.parametrize(
    "line",
    [
        "import re\npattern = re.compile('a')",
        "from urllib.parse import quote",
        "from http import HTTPStatus",
        "import compiler_pickled",
        "from .pickle import mine",
    ],
)
def test_the_check_leaves_the_rest_alone(line: str) -> None:
    assert not runs_text(line)
    assert not fetches(line)
