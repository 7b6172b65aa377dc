"""The rules of docs/protocol.md have ids of their own, and tests name only rules that exist."""

from __future__ import annotations

import re
from collections import Counter
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
