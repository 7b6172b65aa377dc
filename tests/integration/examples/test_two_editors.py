"""The first program that a newcomer runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nodius_site.options import ROOT
from tests.serving import PASSWORD, Serving


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The program with these words."""
    return subprocess.run(
        [sys.executable, ROOT / "examples" / "two_editors.py", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_one_edits_the_other_sees(server: Serving) -> None:
    done = run("username=admin", f"password={PASSWORD}", f"url={server.url}", "edits=5")
    assert done.returncode == 0, done.stderr
    assert "5 edits, each durable before it was told; the store is at seq 5" in done.stdout


@pytest.mark.parametrize("word", ["--help", "help", "port=8426"])
def test_a_word_that_it_does_not_know_is_answered_by_how_to_use_it(word: str) -> None:
    done = run(word)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "python examples/two_editors.py [username" in done.stderr
