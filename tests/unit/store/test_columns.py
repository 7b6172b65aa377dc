"""The texts that stand in indexes: equal for equal values, in order, and never too long."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.collections import CATEGORIES, HISTORY, NODES, SNAPSHOTS
from store.columns import NO_KEY, indexed_fields, joined, original_key, row, stored_key
from store.values import index_text

KEYS = st.text(
    st.sampled_from("\x00\x01\x02ab\x7fé\ud7ff😀") | st.characters(exclude_categories=["Cs"])
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = SCALARS | KEYS | st.sampled_from(["a", "ab", ",", '"', "a,", "null", "#"])


@given(KEYS, KEYS)
def test_stored_keys_sort_as_the_keys_do(one: str, other: str) -> None:
    assert (stored_key(one) < stored_key(other)) == (one < other)
    assert (stored_key(one) == stored_key(other)) == (one == other)


@given(KEYS)
def test_a_key_comes_back_and_holds_no_nul(key: str) -> None:
    stored = stored_key(key)
    assert original_key(stored) == key
    assert "\x00" not in stored
    assert stored != NO_KEY


@pytest.mark.parametrize("key", ["k" * 1001, "é" * 501, "\x00" * 501, "\ud800", "a\udfff"])
def test_what_is_too_long_or_no_text_is_no_key(key: str) -> None:
    assert stored_key(key) == NO_KEY


@given(VALUES, VALUES)
def test_index_texts_are_equal_where_json_values_are(one: object, other: object) -> None:
    equal = one == other and isinstance(one, bool) == isinstance(other, bool)
    assert (index_text(one) == index_text(other)) == equal


@given(VALUES)
def test_json_that_is_encoded_already_has_the_index_text_of_its_value(value: object) -> None:
    assert index_text(msgspec.Raw(msgspec.json.encode(value))) == index_text(value)


@given(st.text(min_size=200, max_size=400))
def test_index_texts_are_short_and_hold_no_nul(text: str) -> None:
    assert len(index_text(text).encode()) <= 250
    assert "\x00" not in index_text(text)


@given(st.lists(VALUES, min_size=1, max_size=3), st.lists(VALUES, min_size=3, max_size=3))
def test_a_join_begins_with_that_of_the_first_values_and_of_no_others(
    first: list[object], values: list[object]
) -> None:
    texts = [index_text(value) for value in values]
    prefix = [index_text(value) for value in first]
    whole = joined(texts)
    assert whole.startswith(joined(prefix)) == (texts[: len(prefix)] == prefix)
    assert (joined(prefix) <= whole < joined(prefix) + "~") == whole.startswith(joined(prefix))


@given(VALUES, VALUES, VALUES, st.integers(-(2**63), 2**63 - 1))
def test_fields_are_read_back_from_the_columns(
    workflow: object, user: object, client: object, seq: int
) -> None:
    body = {"workflowKey": workflow, "userId": user, "clientId": client, "seq": seq}
    made = row(HISTORY, "k", body)
    fields = indexed_fields(HISTORY, made.partition, made.facet, made.sort)
    if any(text.startswith("#") for text in map(index_text, body.values())):
        assert fields is None
    else:
        assert fields == body | {"id": None}


def test_a_collection_without_indexes_has_none_to_read_from() -> None:
    made = row(SNAPSHOTS, "k", {"seq": 1})
    assert made[2:6] == ("", None, 0, None)
    assert indexed_fields(SNAPSHOTS, made.partition, made.facet, made.sort) == {}
    assert indexed_fields(NODES, '"w"', None, 0) == {"workflowKey": "w"}


@pytest.mark.parametrize("body", [{}, {"name": None, "workspace": "w"}, {"name": "n"}])
def test_a_null_among_the_unique_fields_frees_from_uniqueness(body: dict[str, object]) -> None:
    assert row(CATEGORIES, "k", body).unique is None
    assert row(CATEGORIES, "k", {"name": "null", "workspace": "w"}).unique == '"w","null",'
