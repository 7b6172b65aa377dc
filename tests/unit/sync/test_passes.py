"""The pass by which a process knows what another one has passed on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.passes import is_good, pass_for

ids = st.text("0123456789abcdef", min_size=1, max_size=16)
keys = st.binary(min_size=32, max_size=32)


@given(ids, keys)
def test_a_pass_is_good_for_the_process_it_was_made_for(process: str, key: bytes) -> None:
    """WS-PIPE-2"""
    assert is_good(pass_for(process, key), process, key)


@given(ids, ids, keys, keys)
def test_it_is_good_for_no_other_and_by_no_other_key(
    process: str, other: str, key: bytes, wrong: bytes
) -> None:
    """WS-PIPE-2"""
    shown = pass_for(process, key)
    assert is_good(shown, other, key) == (process == other)
    assert is_good(shown, process, wrong) == (key == wrong)


@given(st.text(), ids, keys)
def test_anything_else_is_none_and_fails_nothing(shown: str, process: str, key: bytes) -> None:
    """WS-PIPE-2"""
    assert not is_good(shown, process, key)
