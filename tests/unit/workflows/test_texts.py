"""Texts are edited by UTF-16 units, as in JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.workflows.made import apart, instruction
from workflows.errors import Refused
from workflows.instructions import Limits, apply
from workflows.units import units

STR_REM, STR_REP_AT, STR_INS = 11, 12, 16
POSITIONS = st.integers(0, 8)


def model(text: str, o: int, i: int, l: int, v: str, t: int | None) -> str | None:  # noqa: E741
    """The same edit done naively on a list of units; None if it must be refused."""
    held, added = list(wide(text)), list(wide(v))
    if o == STR_INS:
        end = i if t is None else t
        possible = i <= end <= len(held)
    else:
        end = i + l
        possible = i < len(held)
    if not possible:
        return None
    try:
        kept = narrow(held[:i]), narrow(held[end:])
        narrow(held[i:end])
    except UnicodeDecodeError:
        return None
    return (narrow(added) if o != STR_REM else "").join(kept)


def wide(text: str) -> list[bytes]:
    data = text.encode("utf-16-le")
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def narrow(held: list[bytes]) -> str:
    return b"".join(held).decode("utf-16-le")


@given(
    st.text("ab👍é𝄞", max_size=6),
    st.sampled_from([STR_REM, STR_REP_AT, STR_INS]),
    POSITIONS,
    POSITIONS,
    st.text("x👍", max_size=2),
    st.none() | POSITIONS,
)
@example("👍", STR_INS, 1, 0, "", None)
@example("👍👍", STR_REP_AT, 1, 2, "👍", None)
def test_an_edit_does_what_a_naive_one_on_a_list_of_units_does(
    text: str,
    o: int,
    i: int,
    l: int,  # noqa: E741
    v: str,
    t: int | None,
) -> None:
    expected = model(text, o, i, l, v, t)
    root = {"text": text}
    fields = {"o": o, "p": ["text"], "i": i, "l": l, "v": v}
    edit = instruction(fields if t is None else {**fields, "t": t})
    if expected is None:
        with pytest.raises(Refused, match=r"within|whole") as refused:
            apply(root, edit)
        assert refused.value.code == "index_out_of_range"
        assert root == {"text": text}
        return
    effect = apply(root, edit)
    assert root == {"text": expected}
    for each in apart(effect):
        apply(root, each)
    assert root == {"text": text}


@given(st.text("ab👍é𝄞", max_size=20))
def test_units_are_counted_as_javascript_counts_them(text: str) -> None:
    """INS-STR-1"""
    assert units(text) == len(wide(text))


@pytest.mark.parametrize(
    ("text", "fields", "after"),
    [
        ("a.b.c", {"o": 5, "s": ".", "r": "$&\\1"}, "a$&\\1b.c"),
        ("a.b.c", {"o": 6, "s": ".", "r": ""}, "abc"),
        ("a👍b", {"o": 5, "s": "b", "r": "c"}, "a👍c"),
        ("aaa", {"o": 6, "s": "aa", "r": "b"}, "ba"),
        ("abc", {"o": 5, "s": "x", "r": "y"}, "abc"),
        ("abc", {"o": 6, "s": "x", "r": "y"}, "abc"),
        ("a👍", {"o": 10, "v": "é"}, "a👍é"),
        ("", {"o": 16, "i": 0, "v": "a"}, "a"),
        ("abc", {"o": 16, "i": 1.0, "t": 2.0, "v": "x"}, "axc"),
    ],
)
def test_a_text_is_changed_literally_and_undone(
    text: str, fields: dict[str, Any], after: str
) -> None:
    """INS-STR-2"""
    root = {"text": text}
    effect = apply(root, instruction({**fields, "p": ["text"]}))
    assert root == {"text": after}
    inverse = apart(effect)
    assert inverse, "something that was accepted can always be undone"
    for each in inverse:
        apply(root, each)
    assert root == {"text": text}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("12345678", {"o": 10, "v": "é"}),
        ("12345678", {"o": 16, "i": 1, "v": "ab"}),
        ("12345678", {"o": 12, "i": 1, "l": 1, "v": "abc"}),
        ("12345678", {"o": 5, "s": "1", "r": "abc"}),
        ("11111", {"o": 6, "s": "1", "r": "ab"}),
        ("11111", {"o": 6, "s": "1", "r": "é"}),
        ("", {"o": 10, "v": "1234567890"}),
        ("", {"o": 1, "v": "éééééa"}),
    ],
)
def test_a_text_cannot_grow_beyond_its_limit_in_bytes(text: str, fields: dict[str, Any]) -> None:
    """LIMIT-1"""
    root = {"text": text}
    with pytest.raises(Refused) as refused:
        apply(root, instruction({**fields, "p": ["text"]}), Limits(text=9))
    assert refused.value.code == "too_large"
    assert root == {"text": text}


def test_a_short_instruction_is_refused_before_it_makes_a_huge_text() -> None:
    root = {"text": "a" * 2**20}
    bomb = instruction({"o": 6, "p": ["text"], "s": "a", "r": "b" * 2**20})
    with pytest.raises(Refused, match="1048576 bytes"):  # a terabyte, if it were built
        apply(root, bomb, Limits())
    assert root == {"text": "a" * 2**20}


def test_what_an_edit_touches_of_a_text_is_its_cost() -> None:
    edit = {"o": 16, "p": ["text"], "i": 0, "v": "y"}
    assert apply({"text": "x" * 1000}, instruction(edit)).cost >= 1000
