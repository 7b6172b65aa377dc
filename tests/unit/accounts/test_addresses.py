"""Which address counts behind proxies, and which addresses count as one."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import client_address, group, is_trusted

PROXIES = tuple(
    ipaddress.ip_network(each) for each in ("10.0.0.0/8", "192.0.2.1/32", "2001:db8:ffff::/48")
)
STRANGER = "203.0.113.9"
#: What anybody may write into a header.
ANYTHING = st.text(st.characters(codec="latin-1"), max_size=100)
ADDRESSES = st.ip_addresses().map(str)
OUTSIDE = st.ip_addresses().filter(lambda ip: not is_trusted(str(ip), PROXIES)).map(str)


@given(OUTSIDE, ANYTHING)
def test_what_a_stranger_writes_into_the_header_counts_for_nothing(peer: str, said: str) -> None:
    assert group(client_address(peer, said, PROXIES)) == group(peer)


@given(ADDRESSES, ANYTHING)
def test_without_trusted_proxies_nobodys_header_counts(peer: str, said: str) -> None:
    assert group(client_address(peer, said, ())) == group(peer)


@given(ANYTHING, OUTSIDE)
def test_behind_a_proxy_the_address_it_has_added_counts_whatever_stood_before(
    said: str, client: str
) -> None:
    assert group(client_address("10.1.2.3", f"{said}, {client}", PROXIES)) == group(client)


@given(ANYTHING)
def test_what_comes_out_is_an_address_whatever_the_header_says(said: str) -> None:
    ipaddress.ip_address(client_address("10.1.2.3", said, PROXIES))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("10.0.0.1", STRANGER, STRANGER),
        ("10.0.0.1", f"6.6.6.6, {STRANGER}", STRANGER),
        ("10.0.0.1", f"6.6.6.6, {STRANGER}, 192.0.2.1, 10.9.9.9", STRANGER),
        ("10.0.0.1", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", f"{STRANGER}, unknown", "10.0.0.1"),
        ("10.0.0.1", f"{STRANGER}, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", f"{STRANGER}:4711", STRANGER),
        ("::ffff:10.0.0.1", STRANGER, STRANGER),
        ("2001:db8:ffff::1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("2001:db8:ffff::1", "2001:db8::5", "2001:db8::5"),
        ("192.0.2.2", "6.6.6.6", "192.0.2.2"),
        ("", "6.6.6.6", ""),
        ("unix", "6.6.6.6", "unix"),
    ],
)
def test_it_is_the_nearest_that_is_no_trusted_proxy(peer: str, forwarded: str, found: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == found


@given(st.ip_addresses(v=6, network="2000::/3"), st.integers(0, 2**64 - 1))
def test_the_network_of_an_ipv6_customer_counts_as_one(
    ip: ipaddress.IPv6Address, other: int
) -> None:
    neighbour = ipaddress.IPv6Address(int(ip) >> 64 << 64 | other)
    assert group(str(ip)) == group(str(neighbour))
    farther = ipaddress.IPv6Address(int(ip) ^ 1 << 64)
    assert group(str(ip)) != group(str(farther))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_counts_for_itself_in_either_notation(ip: ipaddress.IPv4Address) -> None:
    assert group(f"::ffff:{ip}") == group(str(ip)) == str(ip)
