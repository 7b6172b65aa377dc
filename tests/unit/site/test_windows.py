"""How many requests a client may make, against the times of all that it has made."""

from __future__ import annotations

import sys
from collections import defaultdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodius_site.windows import TOGETHER, WINDOW, Windows

LIMIT = 3
#: The smallest step: floats hold its multiples exactly.
TICK = 1 / 64
#: Seconds between requests: anything up to a minute, and often those at a border.
STEPS = st.one_of(
    st.integers(0, 70 * 64).map(lambda n: n * TICK),
    st.sampled_from(
        [0.0, 1.0, TOGETHER - TICK, TOGETHER, WINDOW - TOGETHER, WINDOW - TICK, WINDOW]
    ),
)
REQUESTS = st.lists(st.tuples(st.sampled_from("ab"), STEPS), max_size=80)


#: Two at the end of a burst, and two when only its beginning is a minute ago.
BORDER = [("a", 0.0), ("a", TOGETHER - TICK), ("a", 0.0), ("a", WINDOW - TOGETHER + 1), ("a", 0.0)]


@given(REQUESTS)
@example(BORDER)
def test_it_lets_through_no_more_than_the_limit_in_any_minute_and_refuses_nobody_long(
    requests: list[tuple[str, float]],
) -> None:
    windows, now = Windows(LIMIT), 1000.0
    let_through: dict[str, list[float]] = defaultdict(list)
    for client, step in requests:
        now += step
        quota = windows.take(client, now)
        within = [at for at in let_through[client] if at > now - WINDOW]
        nearly = [at for at in let_through[client] if at > now - WINDOW - TOGETHER]
        if quota.allowed:
            assert len(within) < LIMIT
            let_through[client].append(now)
        else:
            assert len(nearly) >= LIMIT
        assert 0 <= quota.remaining < LIMIT
        assert 1 <= quota.reset <= WINDOW


@given(REQUESTS)
def test_whoever_waits_as_long_as_told_is_let_through(requests: list[tuple[str, float]]) -> None:
    windows, now = Windows(LIMIT), 1000.0
    for _, step in requests:
        now += step
        quota = windows.take("a", now)
        if not quota.allowed:
            now += quota.reset
            assert windows.take("a", now).allowed


@given(REQUESTS)
def test_one_client_does_not_use_up_what_another_has(requests: list[tuple[str, float]]) -> None:
    together, alone, now = Windows(LIMIT), Windows(LIMIT), 1000.0
    for client, step in requests:
        now += step
        quota = together.take(client, now)
        if client == "a":
            assert alone.take(client, now) == quota


def test_remaining_counts_down_and_refusals_cost_nothing() -> None:
    windows = Windows(3)
    quotas = [windows.take("a", 0.0) for _ in range(5)]
    assert [quota.remaining for quota in quotas] == [2, 1, 0, 0, 0]
    assert [quota.allowed for quota in quotas] == [True] * 3 + [False] * 2
    assert windows.take("a", 60.0).remaining == 2


def test_a_flood_of_addresses_does_not_grow_it_and_forgets_the_longest_silent_first() -> None:
    windows = Windows(2, most=100)
    for n in range(10_000):
        windows.take("busy", n / 1000)
        windows.take(f"flood-{n}", n / 1000)
    assert len(windows) == 100
    assert not windows.take("busy", 10.0).allowed


@pytest.mark.parametrize("seconds", [60, 600])
def test_what_is_kept_of_one_client_is_bounded_however_busy_it_is(seconds: int) -> None:
    windows = Windows(10**9)
    for n in range(seconds * 50):
        windows.take("busy", n / 50)
    kept = windows._clients["busy"].bursts
    assert len(kept) <= WINDOW / TOGETHER + 2
    assert sum(map(sys.getsizeof, kept)) < 2048
