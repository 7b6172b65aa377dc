"""The rules of docs/protocol.md have ids of their own; each is named by a test that proves it, and
tests name only rules that exist.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodius_site.options import ROOT

DOCS = ROOT / "docs"
#: A rule is a list item that begins with its id.
RULE = re.compile(r"^- \*\*([A-Z]+(?:-[A-Z]+)*-\d+)\*\* ", re.MULTILINE)
RULES = RULE.findall((DOCS / "protocol.md").read_text(encoding="utf-8"))
FAMILIES = "|".join(sorted({rule.partition("-")[0] for rule in RULES}))
#: What looks like the id of a rule: of a family that the protocol has.
NAMED = re.compile(rf"\b(?:{FAMILIES})(?:-[A-Z]+)*-\d+\b")


def test_every_rule_has_an_id_of_its_own() -> None:
    assert [rule for rule, times in Counter(RULES).items() if times > 1] == []
    assert len(RULES) > 50, "the pattern finds the rules"


def named_in(folder: Path, pattern: str) -> dict[str, set[str]]:
    """The ids that look like rules, by the file that names them."""
    texts = {path: path.read_text(encoding="utf-8") for path in folder.rglob(pattern)}
    return {
        str(path.relative_to(ROOT)): found
        for path, text in texts.items()
        if (found := set(NAMED.findall(text)))
    }


@pytest.mark.parametrize(("folder", "pattern"), [(ROOT / "tests", "*.py"), (DOCS, "*.md")])
def test_every_rule_that_is_named_exists(folder: Path, pattern: str) -> None:
    named = named_in(folder, pattern)
    unknown = {file: missing for file, found in named.items() if (missing := found - {*RULES})}
    assert unknown == {}
    assert any("WS-ORDER-1" in found for found in named.values()), "the pattern finds ids"


def said_of_tests() -> Iterator[str]:
    """The docstrings of all tests, and of their files."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        yield ast.get_docstring(module) or ""
        for each in ast.walk(module):
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield ast.get_docstring(each) or ""


def test_every_rule_is_named_by_a_test() -> None:
    named = {rule for said in said_of_tests() for rule in NAMED.findall(said)}
    assert [rule for rule in RULES if rule not in named] == []
