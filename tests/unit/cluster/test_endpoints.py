"""What a broker's address may look like."""

from __future__ import annotations

import pytest

from cluster.endpoints import Endpoint, Ports, parse
from cluster.errors import Taken


@pytest.mark.parametrize(
    ("text", "host", "pub"),
    [
        ("localhost", "localhost", 9426),
        ("broker.example:9500", "broker.example", 9500),
        ("10.0.0.1", "10.0.0.1", 9426),
        ("[::1]:9500", "::1", 9500),
    ],
)
def test_a_broker_is_a_host_and_perhaps_the_first_port(text: str, host: str, pub: int) -> None:
    assert parse(text, Ports()) == Endpoint(host, Ports(pub, pub + 1, pub + 2, pub + 3))


@pytest.mark.parametrize(
    "text", ["", ":9426", "a:b", "a/b", "a?b", "a#b", "u@a", "u:p@a:1", "a:70000", "a:65533", "a:0"]
)
def test_what_is_no_broker_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text, Ports())


def test_the_other_ports_keep_the_distances_that_were_given() -> None:
    assert Ports(100, 300, 200, 50).starting_at(1000) == Ports(1000, 1200, 1100, 950)
    with pytest.raises(ValueError, match="no ports"):
        Ports(100, 300, 200, 50).starting_at(49)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - looked at, not bound to
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_only_what_never_leaves_the_machine_is_local(host: str, is_local: bool) -> None:
    assert Endpoint(host, Ports()).is_local is is_local


def test_an_address_is_written_as_zeromq_has_it() -> None:
    assert Endpoint("10.0.0.1", Ports()).url(5) == "tcp://10.0.0.1:5"
    assert Endpoint("::1", Ports()).url(5) == "tcp://[::1]:5"


def test_a_name_becomes_an_address_of_this_machine() -> None:
    assert Endpoint("localhost", Ports()).resolved().host == "127.0.0.1"
    for name in ("no.invalid", "x" * 300):
        with pytest.raises(Taken, match="is no address"):
            Endpoint(name, Ports()).resolved()
