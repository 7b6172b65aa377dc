"""What origins and networks may look like."""

from __future__ import annotations

import pytest

from nodius_site.kinds import NETWORKS, ORIGINS


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://a.example", "https://a.example"),
        ("HTTPS://A.Example/", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:443", "http://a.example:443"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(given: str, kept: str) -> None:
    assert ORIGINS.parse(f" {given} , https://b.example") == (kept, "https://b.example")


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "a.example",
        "//a.example",
        "ftp://a.example",
        "https://",
        "https://*.a.example",
        "https://a.example/path",
        "https://a.example?x",
        "https://a.example#x",
        "https://user@a.example",
        "https://a.example:port",
        "https://a.example:99999",
        "https://a b",
        "https://[::1",
    ],
)
def test_what_no_browser_would_send_as_its_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError):
        ORIGINS.parse(origin)


def test_networks_may_be_addresses_or_networks_of_both_kinds() -> None:
    parsed = NETWORKS.parse("10.0.0.1, 192.168.0.7/16,::1")
    assert parsed == ("10.0.0.1/32", "192.168.0.0/16", "::1/128")


@pytest.mark.parametrize("network", ["*", "localhost", "10.0.0", "10.0.0.0/33", "10.0.0.1:80"])
def test_what_is_no_network_is_refused(network: str) -> None:
    with pytest.raises(ValueError):
        NETWORKS.parse(network)
