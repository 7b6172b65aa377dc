"""The cases and sequences that came from running the original system's instructions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.workflows.made import apart, exactly, instruction, plain
from workflows.errors import Refused
from workflows.instructions import DEFAULT_LIMITS, apply

SUITE = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "instructions.json").read_text("utf-8")
)


def follow(root: dict[str, Any], step: dict[str, Any]) -> None:
    """Apply one step, and see that it can be undone, or is refused without a trace."""
    before = exactly(root)
    if step.get("rejected"):
        with pytest.raises(Refused):
            apply(root, instruction(step["instruction"]), DEFAULT_LIMITS)
        assert exactly(root) == before
        return
    effect = apply(root, instruction(step["instruction"]), DEFAULT_LIMITS)
    undone = copy.deepcopy(root)
    for each in apart(effect):
        apply(undone, each)
    assert exactly(undone) == before


@pytest.mark.parametrize("op", sorted({case["instruction"]["o"] for case in SUITE["cases"]}))
def test_an_instruction_does_what_the_original_did(op: int) -> None:
    for case in SUITE["cases"]:
        if case["instruction"]["o"] == op:
            root = copy.deepcopy(case["before"])
            follow(root, case)
            assert plain(root) == plain(case.get("after", case["before"])), case["instruction"]


@pytest.mark.parametrize("number", range(len(SUITE["sequences"])))
def test_a_sequence_ends_as_it_did_in_the_original(number: int) -> None:
    sequence = SUITE["sequences"][number]
    root = copy.deepcopy(sequence["before"])
    for step in sequence["steps"]:
        follow(root, step)
    assert plain(root) == plain(sequence["after"])
