"""The smallest instructions from one document to another."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from tests.unit.workflows.made import VALUES, exactly, plain, roots
from tests.unit.workflows.test_document import document, hold_together, rem, to
from workflows.diff import difference, same
from workflows.document import Workflow


@settings(deadline=None)
@given(roots(), roots())
def test_a_difference_is_a_legal_batch_that_leads_from_one_to_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    workflow = Workflow(copy.deepcopy(before))
    applied = workflow.apply(difference(before, copy.deepcopy(after)))
    assert plain(workflow.plain()) == plain(after)
    assert not applied.extended
    hold_together(workflow)
    assert difference(workflow.root, after) == []


@given(VALUES, VALUES)
def test_values_are_the_same_if_they_are_equal_as_json(one: Any, other: Any) -> None:
    assert same(one, other) == (plain(one) == plain(other))
    assert same(one, copy.deepcopy(one))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (0.0, -0.0, True),
        ({"a": 1}, {"a": 1.0}, True),
        (True, 1, False),
        (False, 0, False),
        ([True], [1], False),
        ({"a": 1}, {"a": True}, False),
        ([], {}, False),
        (None, False, False),
        ("1", 1, False),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
    ],
    ids=str,
)
def test_true_is_not_1_and_1_is_1_0(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": "x", "category": "c"}, [to("name", "x"), to("category", "c")]),
        ({"nodes": {"n1": {"posX": 1.0, "posY": 2.5}, "n2": {"list": [1]}}}, []),
        (
            {"nodes": {"n1": {"posX": 2}, "n2": {"list": [1]}}},
            [rem("nodes/n1/posY"), to("nodes/n1/posX", 2)],
        ),
        (
            {"nodes": {"n1": {"posX": 1, "posY": 2.5}, "n2": {"list": [1, 2]}}},
            [to("nodes/n2/list", [1, 2])],
        ),
        ({"nodes": {}, "edges": {}}, [rem("nodes/n1"), rem("nodes/n2"), rem("edges/e1")]),
        (
            {"data": {"new": {"deep": 1}}},
            [rem("data/log"), rem("data/text"), rem("data/kept"), to("data/new", {"deep": 1})],
        ),
    ],
    ids=str,
)
def test_a_difference_says_no_more_than_what_differs(
    changes: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    before, after = document(), document(**changes)
    assert msgspec.to_builtins(difference(before, after)) == expected
    assert exactly(before) == exactly(document())
