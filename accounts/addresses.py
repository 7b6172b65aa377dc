"""Who is at the other end of a connection, also behind proxies. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: No address with a port is longer; so much of a header is not even looked at.
_LONGEST = 60


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address that a request comes from: the nearest one that is no trusted proxy.

    `peer` is the other end of the connection and `forwarded` its X-Forwarded-For, nearest last. Of
    that header only what trusted proxies have added counts, so whoever comes from elsewhere can
    write into it what they like. A peer that is no IP address is returned as it is.
    """
    nearest = _parsed(peer)
    if nearest is None:
        return peer
    hops = forwarded.split(",")
    while hops and _is_one_of(trusted, nearest):
        farther = _parsed(hops.pop().strip())
        if farther is None:
            break
        nearest = farther
    return str(nearest)


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether the other end of a connection is one of the trusted proxies."""
    ip = _parsed(peer)
    return ip is not None and _is_one_of(trusted, ip)


def group(address: str) -> str:
    """What limits by address count as one: of IPv6 the /64, which is one customer's."""
    ip = _parsed(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return address if ip is None else str(ip)


def _is_one_of(networks: Sequence[Network], ip: Address) -> bool:
    return any(ip in network for network in networks)


def _parsed(text: str) -> Address | None:
    """The address in a hop, which may have a port: 192.0.2.1:80, [2001:db8::1]:80."""
    if len(text) > _LONGEST:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
