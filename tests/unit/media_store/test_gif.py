"""The outline of a GIF is read from its blocks, as far as they go."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from media_store.gif import Outline, outline
from tests.unit.media_store.pictures import animation, encoded, gif, picture

FRAME = st.tuples(*[st.integers(0, 70)] * 2, *[st.integers(1, 70)] * 2)


@given(st.lists(FRAME, min_size=1, max_size=8), st.integers(1, 80), st.integers(1, 80))
def test_it_counts_frames_and_finds_the_canvas_that_holds_them(
    frames: list[tuple[int, int, int, int]], width: int, height: int
) -> None:
    found = outline(gif((width, height), *frames), 100)
    assert found == Outline(
        len(frames),
        max(width, *[left + across for left, _, across, _ in frames]),
        max(height, *[top + down for _, top, _, down in frames]),
    )


@pytest.mark.parametrize("count", [1, 2, 17])
def test_it_counts_as_pillow_does(count: int) -> None:
    made = animation("GIF", (50,) * count)
    with Image.open(BytesIO(made)) as image:
        assert outline(made, 100) == Outline(getattr(image, "n_frames", 0), *image.size)


def test_comments_and_palettes_are_passed_over() -> None:
    with_comment = encoded(Image.new("P", (9, 7)), "GIF", comment=b",!;" * 300)
    assert outline(with_comment, 100) == Outline(1, 9, 7)


def test_it_stops_at_the_most_that_it_is_to_count() -> None:
    assert outline(gif((1, 1), *[(0, 0, 1, 1)] * 50), 10).frames == 10


@given(st.integers(0, 200), st.binary(max_size=60))
def test_it_ends_whatever_a_file_holds(cut: int, rest: bytes) -> None:
    assert outline(picture("GIF")[:cut] + rest, 1000).frames <= 1000
