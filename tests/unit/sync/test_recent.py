"""The newest batches, kept for those who come back."""

from __future__ import annotations

import tracemalloc

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from sync.recent import MAX_KEPT_BYTES, MAX_MISSED, MAX_MISSED_BYTES, Recent, few_enough
from tests.unit.sync.rows import row


def test_a_fresh_one_has_nothing_after_where_it_began() -> None:
    recent = Recent(7)
    assert (recent.after, recent.since(7), recent.get(7), recent.get(8)) == (7, [], None, None)


def test_it_holds_as_many_as_one_who_comes_back_may_get() -> None:
    recent = Recent(0)
    for seq in range(1, MAX_MISSED + 11):
        recent.add(row(seq))
    assert recent.after == 10
    assert [each.seq for each in recent.since(MAX_MISSED)] == [
        *range(MAX_MISSED + 1, MAX_MISSED + 11)
    ]
    found = recent.get(11)
    assert found is not None and found.seq == 11 and recent.get(10) is None


@given(st.lists(st.integers(0, MAX_MISSED_BYTES // 2), max_size=12))
def test_whoever_can_be_sent_what_was_missed_finds_it_here(sizes: list[int]) -> None:
    recent, rows = Recent(0), [row(n + 1, size=size) for n, size in enumerate(sizes)]
    for each in rows:
        recent.add(each)
    for seen in range(len(rows) + 1):
        if few_enough(rows[seen:]):
            assert seen >= recent.after and recent.since(seen) == rows[seen:]


@given(st.lists(st.integers(0, MAX_MISSED_BYTES), min_size=1, max_size=12))
def test_it_holds_no_more_bytes_than_that_and_one_batch(sizes: list[int]) -> None:
    recent = Recent(0)
    for n, size in enumerate(sizes):
        recent.add(row(n + 1, size=size))
    rest = recent.since(recent.after)[1:]
    assert sum(len(each.instructions) for each in rest) < MAX_MISSED_BYTES


def test_what_undoes_the_batches_takes_a_bounded_amount_of_memory() -> None:
    """Small batches may have large inverses: what removes a text holds all of it."""
    recent, mebibyte = Recent(0), 1024 * 1024
    tracemalloc.start()
    for seq in range(1, 51):
        recent.add(msgspec.structs.replace(row(seq), inverse=Raw(b"x" * (mebibyte + seq))))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < MAX_KEPT_BYTES + 2 * mebibyte
    assert recent.get(50) is not None, "the newest is there, however large"


def test_one_batch_or_byte_too_many_is_too_many() -> None:
    """WS-RESUME-3"""
    assert few_enough([row(1)] * MAX_MISSED) and not few_enough([row(1)] * (MAX_MISSED + 1))
    frame = len(row(1).instructions)
    assert few_enough([row(1, size=MAX_MISSED_BYTES - frame)])
    assert not few_enough([row(1, size=MAX_MISSED_BYTES - frame + 1)])
