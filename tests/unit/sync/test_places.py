"""How many sockets an address may have."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sync.places import Places


@given(st.lists(st.tuples(st.sampled_from(["192.0.2.1", "192.0.2.2"]), st.booleans())))
def test_each_address_has_so_many_places_and_gets_back_what_it_gives_back(
    steps: list[tuple[str, bool]],
) -> None:
    places, taken = Places(3), Counter[str]()
    for address, comes in steps:
        if comes:
            assert places.take(address) == (taken[address] < 3)
            taken[address] = min(taken[address] + 1, 3)
        elif taken[address]:
            places.give_back(address)
            taken[address] -= 1
        assert len(places) == taken.total()


def test_whoever_is_gone_leaves_nothing_behind() -> None:
    places = Places(1)
    for n in range(1000):
        assert places.take(f"2001:db8:0:{n:x}::1")
        places.give_back(f"2001:db8:0:{n:x}::1")
    assert not vars(places)["_taken"]


def test_the_network_of_an_ipv6_customer_has_the_places_of_one() -> None:
    places = Places(1)
    assert places.take("2001:db8::1")
    assert not places.take("2001:db8::2")
