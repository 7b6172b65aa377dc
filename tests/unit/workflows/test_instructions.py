"""What is an instruction, what it does to a plain document, and what undoes it."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflows.made import (
    DOCUMENTS,
    apart,
    exactly,
    instruction,
    instructions_on,
    places_in,
)
from workflows.errors import Refused
from workflows.instructions import DEFAULT_LIMITS, Instruction, Limits, apply, prepare

INVALID, MISSING, TYPE = "invalid_instruction", "path_not_found", "type_mismatch"
INDEX, LARGE = "index_out_of_range", "too_large"


def refusal(root: dict[str, Any], fields: Any, limits: Limits = DEFAULT_LIMITS) -> Refused:
    """How the instruction is refused; the document stays as it is."""
    before = exactly(root)
    refused_one = fields if isinstance(fields, Instruction) else instruction(fields)
    with pytest.raises(Refused) as refused:
        apply(root, refused_one, limits)
    assert exactly(root) == before
    return refused.value


def size(value: Any) -> int:
    return len(msgspec.json.encode(value))


@settings(deadline=None)
@given(st.data(), DOCUMENTS)
def test_what_undoes_an_instruction_leads_back_and_its_size_is_exact(
    data: st.DataObject, root: dict[str, Any]
) -> None:
    """INS-INVERSE-1"""
    before, weight = copy.deepcopy(root), size(root)
    change = instruction(data.draw(instructions_on(root)))
    try:
        effect = apply(root, change, DEFAULT_LIMITS)
    except Refused:
        assert exactly(root) == exactly(before)
        return
    inverse = apart(effect)
    assert inverse
    assert size(root) == weight + effect.size
    for each in inverse:
        apply(root, each, DEFAULT_LIMITS)
    assert exactly(root) == exactly(before)


def test_every_move_within_a_document_is_undone_or_refused_without_a_trace() -> None:
    root = {"l": [{"a": [1, 2], "b": {}}, [3, [4]], 5], "o": {"l": [{"x": [1]}], "y": {"z": 0}}}
    paths, done = [path for path, _ in places_in(root)], 0
    for p, d in product(paths, paths):
        for fields in ({"o": 18}, {"o": 19}, {"o": 19, "i": 0}, {"o": 19, "i": 1}):
            moved = copy.deepcopy(root)
            try:
                effect = apply(moved, instruction({**fields, "p": p, "d": d}), DEFAULT_LIMITS)
            except Refused:
                assert exactly(moved) == exactly(root)
                continue
            assert size(moved) == size(root) + effect.size
            for each in apart(effect):
                apply(moved, each, DEFAULT_LIMITS)
            assert exactly(moved) == exactly(root), (p, d)
            done += 1
    assert done > 300


@pytest.mark.parametrize(
    ("before", "fields", "after"),
    [
        ([1], {"o": 1, "p": ["x", 0], "v": 2}, [2]),
        ([1], {"o": 1, "p": ["x", 1.0], "v": 2}, [1, 2]),
        ([1], {"o": 15, "p": ["x", "1"], "v": {"a": 1}}, [1, {"a": 1}]),
        ([1], {"o": 15, "p": ["x", "0"], "v": {"a": 1}}, [{"a": 1}]),
        ({"a": {"b": 1}}, {"o": 15, "p": ["x", "a"], "v": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": 1}, {"o": 15, "p": ["x"], "v": {}}, {"a": 1}),
        ({}, {"o": 15, "p": ["x"], "v": {"a": 1}}, {"a": 1}),
        ([1, 2, 3], {"o": 17, "p": ["x"], "f": 0, "t": 3}, [2, 3, 1]),
        ([1, 2, 3], {"o": 17.0, "p": ["x"], "f": 2, "t": 0}, [3, 1, 2]),
        ([1, 2, 3], {"o": 18, "p": ["x", "0"], "d": ["x", "2"]}, [2, 3, 1]),
        ([1, 2, 3], {"o": 18, "p": ["x", "0"], "d": ["x", "1"]}, [2, 1]),
        ([1, 2, 3], {"o": 19, "p": ["x", "0"], "d": ["x"], "i": 3}, [2, 3, 1]),
        ([1, 2, 3], {"o": 19, "p": ["x", "2"], "d": ["x"], "i": 0}, [3, 1, 2]),
        ([{"a": 1}], {"o": 19, "p": ["x", "0", "a"], "d": ["x"], "i": 0}, [1, {}]),
        ({"a": {"b": 1}}, {"o": 18, "p": ["x", "a", "b"], "d": ["x", "a"]}, {"a": 1}),
        ({"a": 1, "b": 2}, {"o": 18, "p": ["x", "a"], "d": ["x", "b"]}, {"b": 1}),
    ],
    ids=str,
)
def test_an_instruction_has_its_effect_and_is_undone(
    before: Any, fields: dict[str, Any], after: Any
) -> None:
    """INS-SET-1, INS-INVERSE-1"""
    root = {"x": copy.deepcopy(before)}
    effect = apply(root, instruction(fields), DEFAULT_LIMITS)
    assert exactly(root) == exactly({"x": after})
    for each in apart(effect):
        apply(root, each, DEFAULT_LIMITS)
    assert exactly(root) == exactly({"x": before})


@pytest.mark.parametrize(
    ("before", "fields", "code"),
    [
        (0, {}, INVALID),
        (0, {"o": 0, "p": ["x"]}, INVALID),
        (0, {"o": 20, "p": ["x"]}, INVALID),
        (0, {"o": "1", "p": ["x"], "v": 1}, INVALID),
        (0, {"o": True, "p": ["x"], "v": 1}, INVALID),
        (0, {"o": [1], "p": ["x"], "v": 1}, INVALID),
        (0, {"o": 1, "v": 1}, INVALID),
        (0, {"o": 1, "p": [], "v": 1}, INVALID),
        (0, {"o": 1, "p": "x", "v": 1}, INVALID),
        (0, {"o": 1, "p": ["x", None], "v": 1}, INVALID),
        (0, {"o": 1, "p": ["x", True], "v": 1}, INVALID),
        ([1], {"o": 1, "p": ["x", -1], "v": 1}, INVALID),
        ([1], {"o": 1, "p": ["x", 0.5], "v": 1}, INVALID),
        ([1], {"o": 1, "p": ["x", 2**53 + 1], "v": 1}, INVALID),
        (0, {"o": 1, "p": ["x"]}, INVALID),
        (0, {"o": 18, "p": ["x"]}, INVALID),
        (0, {"o": 18, "p": ["x"], "d": []}, INVALID),
        (0, {"o": 18, "p": ["x"], "d": ["x"]}, INVALID),
        ({"a": {}}, {"o": 18, "p": ["x", "a"], "d": ["x", "a", "b"]}, INVALID),
        ([[]], {"o": 19, "p": ["x", 0], "d": ["x", "0", "0"]}, INVALID),
        *[
            ([1], {"o": 1, "p": ["x", key], "v": 1}, INVALID)
            for key in ("y", "-1", "+1", "01", "0x0", " 1", "1 ", "1.0", "١", "²", "00")
        ],
        ([1], {"o": 1, "p": ["x", "2"], "v": 1}, INDEX),
        ([1], {"o": 1, "p": ["x", "9" * 5000], "v": 1}, INDEX),
        ([1], {"o": 2, "p": ["x", "1"]}, INDEX),
        ([1], {"o": 1, "p": ["x", "1", "y"], "v": 1}, INDEX),
        ([1], {"o": 15, "p": ["x", "2"], "v": {}}, INDEX),
        ({}, {"o": 1, "p": ["x", "no", "where"], "v": 1}, MISSING),
        ({}, {"o": 2, "p": ["x", "no"]}, MISSING),
        ({}, {"o": 13, "p": ["x", "no"]}, MISSING),
        ({}, {"o": 18, "p": ["x", "no"], "d": ["y"]}, MISSING),
        ({"a": 1}, {"o": 18, "p": ["x", "a"], "d": ["no", "where"]}, MISSING),
        ([1, 2], {"o": 18, "p": ["x", "0"], "d": ["no", "where"]}, MISSING),
        ({"a": 1}, {"o": 19, "p": ["x", "a"], "d": ["x"]}, TYPE),
        ({"a": 1, "l": []}, {"o": 19, "p": ["x", "a"], "d": ["x", "l"], "i": 1}, INDEX),
        ([1], {"o": 19, "p": ["x", "0"], "d": ["x"], "i": 2}, INDEX),
        (0, {"o": 1, "p": ["x", "y"], "v": 1}, TYPE),
        ("text", {"o": 2, "p": ["x", "0"]}, TYPE),
        (1, {"o": 13, "p": ["x"]}, TYPE),
        ({}, {"o": 3, "p": ["x"], "v": 1}, TYPE),
        (1, {"o": 10, "p": ["x"], "v": "a"}, TYPE),
        ([], {"o": 7, "p": ["x"]}, INDEX),
        ([], {"o": 8, "p": ["x"]}, INDEX),
        ([1], {"o": 4, "p": ["x"], "i": 2, "v": 1}, INDEX),
        ([1], {"o": 4, "p": ["x"], "i": -1, "v": 1}, INDEX),
        ([1], {"o": 4, "p": ["x"], "i": True, "v": 1}, INVALID),
        ([1], {"o": 4, "p": ["x"], "i": "0", "v": 1}, INVALID),
        ([1], {"o": 4, "p": ["x"], "i": 0.5, "v": 1}, INVALID),
        ([1], {"o": 14, "p": ["x"], "i": 1}, INDEX),
        ([1], {"o": 17, "p": ["x"], "f": 1, "t": 0}, INDEX),
        ([1], {"o": 17, "p": ["x"], "f": 0, "t": 2}, INDEX),
        ("abc", {"o": 11, "p": ["x"], "i": 0, "l": -1}, INDEX),
        ("abc", {"o": 11, "p": ["x"], "i": 0, "l": 2**53 + 1}, INVALID),
        ("abc", {"o": 16, "p": ["x"], "i": 2, "t": 1, "v": ""}, INDEX),
        ("abc", {"o": 16, "p": ["x"], "i": 2, "t": None, "v": ""}, INVALID),
        ("abc", {"o": 10, "p": ["x"], "v": 5}, INVALID),
        ("abc", {"o": 5, "p": ["x"], "s": "", "r": ""}, INVALID),
        ("abc", {"o": 6, "p": ["x"], "s": "a", "r": None}, INVALID),
        ({}, {"o": 15, "p": ["x"], "v": []}, INVALID),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_instruction_that_cannot_be_is_refused_with_its_code(
    before: Any, fields: dict[str, Any], code: str
) -> None:
    """INS-PATH-1, INS-PATH-2, INS-SET-1, INS-REM-1, INS-ARR-1, INS-MOVE-1, INS-VALUE-1"""
    assert refusal({"x": before}, fields).code == code


BAD_KEYS = ["", "__proto__", "constructor", "prototype", "a\0", "\ud800", "é\udfff"]
BAD_VALUES = [
    *({key: 1} for key in BAD_KEYS),
    "a\0b",
    "\ud83d",
    2**53 + 1,
    -(2**53) - 1,
    float("nan"),
    float("inf"),
    float("-inf"),
    (1, 2),
    b"bytes",
]


@pytest.mark.parametrize("key", BAD_KEYS, ids=ascii)
def test_a_key_that_may_not_be_is_refused_in_every_path(key: str) -> None:
    """INS-KEY-1"""
    for path in ([key], ["x", key], ["x", key, "y"]):
        for fields in (
            Instruction(o=1, p=path, v=1),
            Instruction(o=18, p=["y"], d=path),
            Instruction(o=2, p=[0, *path]),
        ):
            refused = refusal({"x": {}, "y": 1}, fields)
            assert refused.code == INVALID
            refused.message.encode()  # it can be told, whatever the key was


@pytest.mark.parametrize("value", BAD_VALUES, ids=ascii)
def test_a_value_that_may_not_be_is_refused_at_every_depth(value: Any) -> None:
    """INS-KEY-1, INS-VALUE-1"""
    for v in (value, [value], {"a": [{"b": value}]}):
        for o in (1, 3, 9):
            assert refusal({"x": []}, Instruction(o=o, p=["x"], v=v)).code == INVALID
        assert refusal({"x": []}, Instruction(o=15, p=["x"], v={"a": v})).code == INVALID


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "\udc4d"], ids=ascii)
@pytest.mark.parametrize(
    "fields", [{"o": 10}, {"o": 12, "i": 0, "l": 1}, {"o": 16, "i": 0}, {"o": 5, "s": "a"}], ids=str
)
def test_half_a_character_never_enters_a_text(text: str, fields: dict[str, Any]) -> None:
    assert refusal({"x": "abc"}, Instruction(p=["x"], v=text, r=text, **fields)).code == INVALID


@pytest.mark.parametrize("value", [2**53, -(2**53), 1e300, 5e-324, True, None, "é👍"], ids=ascii)
def test_a_value_that_may_be_is_taken(value: Any) -> None:
    root = {"x": 0}
    apply(root, instruction({"o": 1, "p": ["x"], "v": value}), DEFAULT_LIMITS)
    assert exactly(root) == exactly({"x": value})


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("deepest", "fields"),
    [
        (3, {"o": 1, "p": ["x", "a"]}),
        (2, {"o": 3, "p": ["x", "l"]}),
        (2, {"o": 4, "p": ["x", "l"], "i": 0}),
        (2, {"o": 9, "p": ["x", "l"]}),
    ],
    ids=str,
)
def test_a_document_is_so_many_levels_deep_at_most(deepest: int, fields: dict[str, Any]) -> None:
    """LIMIT-1"""
    limits = Limits(depth=5)
    within, beyond = ({**fields, "v": nested(levels)} for levels in (deepest, deepest + 1))
    apply({"x": {"l": []}}, instruction(within), limits)
    assert refusal({"x": {"l": []}}, beyond, limits).code == LARGE


@pytest.mark.parametrize(
    "fields", [{"o": 18, "d": ["x", "b", "c"]}, {"o": 19, "d": ["x", "l"], "i": 0}], ids=str
)
def test_a_value_cannot_be_moved_too_deep(fields: dict[str, Any]) -> None:
    def move(levels: int) -> dict[str, Any]:
        return {"x": {"b": {}, "l": []}, "y": {"a": nested(levels)}}

    fields = {**fields, "p": ["y", "a"]}
    apply(move(2), instruction(fields), Limits(depth=5))
    assert refusal(move(3), fields, Limits(depth=5)).code == LARGE


def test_a_deep_merge_is_as_deep_as_what_it_merges() -> None:
    limits = Limits(depth=3)
    merge = {"o": 15, "p": ["x"], "v": {"a": [1]}}
    apply({"x": {}}, instruction(merge), limits)
    assert refusal({"x": {}}, {**merge, "v": {"a": [[1]]}}, limits).code == LARGE


def test_an_instruction_is_brought_to_its_normal_form() -> None:
    """INS-VALUE-1"""
    fields = {"o": 1.0, "p": ["x", 0], "v": None, "i": 9, "d": ["__proto__"], "more": 1}
    odd = instruction(fields)
    apply({"x": [1]}, odd)
    assert msgspec.to_builtins(odd) == {"o": 1, "p": ["x", "0"], "v": None}


def test_preparing_says_whether_it_is_an_instruction_without_a_document() -> None:
    prepare(instruction({"o": 2, "p": ["anything"]}))
    with pytest.raises(Refused, match="field v"):
        prepare(instruction({"o": 1, "p": ["anything"]}))


def test_elements_that_move_are_the_cost_of_a_change_in_an_array() -> None:
    def cost(fields: dict[str, Any]) -> int:
        return apply({"x": [*range(100)], "y": [[1]]}, instruction(fields)).cost

    assert cost({"o": 8, "p": ["x"]}) >= 99
    assert cost({"o": 9, "p": ["x"], "v": 1}) >= 99
    assert cost({"o": 17, "p": ["x"], "f": 1, "t": 0}) >= 99
    assert cost({"o": 2, "p": ["x", "0"]}) >= 99
    assert cost({"o": 18, "p": ["x"], "d": ["y", "0", "0"]}) >= 100
    assert cost({"o": 3, "p": ["x"], "v": 1}) == 0
    assert cost({"o": 18, "p": ["x"], "d": ["z"]}) == 0
