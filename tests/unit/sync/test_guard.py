"""How much one socket may ask for."""

from __future__ import annotations

from sync.guard import CALM, EARLY_BYTES, EARLY_MESSAGES, FLOOD_SECONDS, MOST_BAD, Guard


class Clock:
    """Seconds that pass when the test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def guard(rate: int = 10) -> tuple[Guard, Clock]:
    clock = Clock()
    return Guard(rate, 2 * rate, clock), clock


def test_before_connect_there_are_so_many_messages() -> None:
    """WS-EARLY-2"""
    made, _ = guard()
    assert [made.early_enough(0) for _ in range(EARLY_MESSAGES + 1)] == [
        *[True] * EARLY_MESSAGES,
        False,
    ]


def test_before_connect_there_are_so_many_bytes() -> None:
    """WS-EARLY-2"""
    made, _ = guard()
    assert made.early_enough(EARLY_BYTES - 1) and made.early_enough(1)
    assert not made.early_enough(1)


def test_after_connect_only_the_rate_counts() -> None:
    made, _ = guard()
    made.connected()
    assert all(made.early_enough(EARLY_BYTES) for _ in range(EARLY_MESSAGES + 10))


def test_bad_messages_are_counted_in_a_row() -> None:
    made, _ = guard()
    for _ in range(3):
        assert all(made.bad() for _ in range(MOST_BAD - 1))
        made.good()
    assert [made.bad() for _ in range(MOST_BAD)][-1] is False


def test_twice_the_rate_goes_at_once_and_then_so_much_a_second() -> None:
    """WS-RATE-1"""
    made, clock = guard(rate=10)
    assert made.spend(20) and not made.spend(1)
    clock.now += 0.5
    assert made.spend(5) and not made.spend(1)
    clock.now += 100
    assert made.spend(20) and not made.spend(1)


def test_what_is_refused_costs_nothing() -> None:
    """WS-RATE-1"""
    made, _ = guard(rate=10)
    assert made.spend(15) and not made.spend(6) and made.spend(5)


def test_refusals_for_long_enough_are_a_flood_whatever_passes_between_them() -> None:
    """WS-RATE-2"""
    made, clock = guard(rate=10)
    made.spend(20)
    for _ in range(int(FLOOD_SECONDS / CALM) + 1):
        assert not made.spend(20) and not made.flooded
        clock.now += CALM - 0.1
        assert made.spend(9)
    clock.now += 0.05
    assert not made.spend(20) and made.flooded


def test_a_calm_second_ends_the_count() -> None:
    """WS-RATE-2"""
    made, clock = guard(rate=10)
    made.spend(20)
    for _ in range(20):
        assert not made.spend(30) and not made.flooded
        clock.now += CALM + 0.1


def test_a_message_that_never_fits_the_burst_is_refused_for_good() -> None:
    made, clock = guard(rate=10)
    clock.now += 1000
    assert not made.spend(21)
