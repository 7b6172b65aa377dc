"""Every test that docs/security.md names exists, and every threat has one or says why not."""

from __future__ import annotations

import ast
import re

import pytest

from nodius_site.options import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
#: A list item: a file, and the tests in it.
ITEM = re.compile(r"^- `(tests/[\w/]+\.py)`:((?:\s+`test_\w+`,?)+)$", re.MULTILINE)
NAMED = [
    (file, name) for file, names in ITEM.findall(PAGE) for name in re.findall(r"test_\w+", names)
]
THREATS = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n?)*)", PAGE, re.MULTILINE))


def test_the_page_names_tests_only_in_a_form_that_is_checked_here() -> None:
    assert len(NAMED) > 80
    words = re.findall(r"`(test_\w+)`", PAGE)
    assert sorted(words) == sorted(name for _, name in NAMED)


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_every_test_that_is_named_exists(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    there = {node.name for node in ast.walk(tree) if isinstance(node, functions)}
    assert [name for where, name in NAMED if where == file and name not in there] == []


@pytest.mark.parametrize("threat", THREATS)
def test_a_threat_has_a_test_or_says_that_it_is_not_built_yet(threat: str) -> None:
    assert len(THREATS) > 20
    assert ITEM.search(THREATS[threat]) or "Not built yet" in THREATS[threat]
