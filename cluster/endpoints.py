"""Where a broker is: a host and four ports."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, fields, replace
from urllib.parse import urlsplit

from cluster.errors import Taken


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one broker, named for what processes connect to them.

    They publish to `pub` and subscribe at `sub`; what they say goes to `router`, and what is for
    them alone comes from `dealer`.
    """

    pub: int = 9426
    sub: int = 9427
    router: int = 9428
    dealer: int = 9429

    def starting_at(self, pub: int) -> Ports:
        """Ports at the same distances, from another `pub` on. Raises ValueError beyond 65535."""
        moved = Ports(*(getattr(self, each.name) - self.pub + pub for each in fields(self)))
        if not all(1 <= getattr(moved, each.name) <= 65535 for each in fields(self)):
            raise ValueError(f"no ports: {moved}")
        return moved


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One broker."""

    host: str
    ports: Ports

    def url(self, port: int) -> str:
        """What ZeroMQ calls the address of one of the ports."""
        return f"tcp://[{self.host}]:{port}" if self.is_ipv6 else f"tcp://{self.host}:{port}"

    @property
    def is_ipv6(self) -> bool:
        """Whether the host is such an address; a name is looked up as IPv4."""
        return ":" in self.host

    @property
    def is_local(self) -> bool:
        """Whether it is reached from this machine alone; of a name only localhost is."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def resolved(self) -> Endpoint:
        """The same with an address of this machine for a name. Raises Taken if it has none."""
        try:
            found = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        # No name of a machine may look like that, or none has this one.
        except (UnicodeError, socket.gaierror):
            raise Taken(f"host: {self.host!r} is no address of this machine") from None
        addresses = [str(name[0]) for *_, name in found]
        return replace(self, host=min(addresses, key=lambda each: ":" in each))


def parse(text: str, ports: Ports) -> Endpoint:
    """The broker that `host` or `host:port` means, where `port` is that for publishing.

    Raises ValueError.
    """
    url = urlsplit(f"//{text}")
    if url.netloc != text or not url.hostname or "@" in text:
        raise ValueError(text)
    return Endpoint(url.hostname, ports if url.port is None else ports.starting_at(url.port))
