"""Which names are the same, and which are none."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.names import MAX_USERNAME, canonical, problem


@pytest.mark.parametrize(
    "variant",
    ["ANDRÉ.SMITH", "andre\u0301.smith", "Andr\u00e9.Smith", "ａｎｄｒé.smith", "andré.\u017fmith"],
)
def test_names_that_differ_in_case_or_unicode_form_are_the_same(variant: str) -> None:
    assert canonical(variant) == canonical("André.Smith")


@pytest.mark.parametrize("other", ["andre.smith", "andré smith", "andré.smith1", "аndré.smith"])
def test_names_that_differ_in_letters_are_not(other: str) -> None:
    assert canonical(other) != canonical("André.Smith")


@given(st.text(max_size=40))
def test_the_canonical_form_is_its_own_and_that_of_every_unicode_form(name: str) -> None:
    once = canonical(name)
    assert canonical(once) == once
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert canonical(unicodedata.normalize(form, name)) == once
    assert canonical(name.casefold()) == once


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " a",
        "a ",
        "a\0b",
        "a\nb",
        "a\u200bb",
        "a\u202eb",
        "a/b",
        "a\\b",
        ".",
        "..",
        "\ud800",
        "a" * (MAX_USERNAME + 1),
        "\ufdfa" * 20,
    ],
)
def test_what_would_mislead_or_cannot_stand_in_a_path_is_no_name(name: str) -> None:
    assert problem(name)


@pytest.mark.parametrize(
    "name", ["a", "Ann Lee", "josé", "ann@example.org", "李", "a" * 150, "50%"]
)
def test_what_people_are_called_is_a_name(name: str) -> None:
    assert problem(name) is None
