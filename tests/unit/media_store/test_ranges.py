"""Which bytes a Range header asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_store.ranges import Span, Unsatisfiable, span


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", Span(0, 100)),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=10-19", Span(10, 20)),
        ("bytes=90-500", Span(90, 100)),
        ("bytes=-10", Span(90, 100)),
        ("bytes=-500", Span(0, 100)),
        ("bytes= 5 - 6 ", Span(5, 7)),
    ],
)
def test_one_range_is_taken(header: str, expected: Span) -> None:
    assert span(header, 100) == expected


@pytest.mark.parametrize(
    "header", ["", "bytes=", "bytes=-", "bytes=9-1", "bytes=0-1,5-6", "lines=0-1", "bytes=٣-", "x"]
)
def test_anything_else_gets_the_whole(header: str) -> None:
    assert span(header, 100) is None


@pytest.mark.parametrize(
    "header", ["bytes=100-", "bytes=500-600", "bytes=-0", f"bytes={'9' * 20}-"]
)
def test_bytes_that_are_not_there_cannot_be_had(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        span(header, 100)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_what_slicing_gives(size: int, first: int, last: int) -> None:
    content = bytes(range(size))
    try:
        part = span(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert content[first : last + 1] == b""
    else:
        assert part is None if last < first else part is not None
        if part:
            assert content[part.start : part.end] == content[first : last + 1]
