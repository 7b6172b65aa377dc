"""From which pages a browser may open a socket."""

from __future__ import annotations

import logging

import pytest

from sync.origins import Origins

HERE = {b"host": b"nodius.example:8426"}


def allowed(origin: str, *, cors: tuple[str, ...] = (), scheme: str = "ws") -> bool:
    return Origins(cors).allow({**HERE, b"origin": origin.encode()}, scheme)


def test_what_is_no_browser_sends_no_origin_and_may_come() -> None:
    """WS-ORIGIN-1"""
    assert Origins(()).allow(HERE, "ws")


@pytest.mark.parametrize(
    ("origin", "scheme"),
    [
        ("http://nodius.example:8426", "ws"),
        ("https://nodius.example:8426", "wss"),
        ("http://NODIUS.example:8426", "ws"),
    ],
)
def test_the_servers_own_pages_may_come(origin: str, scheme: str) -> None:
    """WS-ORIGIN-2"""
    assert allowed(origin, scheme=scheme)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://nodius.example.evil.example:8426",
        "http://nodius.example:8427",
        "http://nodius.example",
        "https://nodius.example:8426",
        "http://evil.example#nodius.example:8426",
        "http://nodius.example:8426@evil.example",
        "http://[::1",
        "http://nodius.example:port",
        "file://",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    """WS-ORIGIN-1"""
    assert not allowed(origin)


@pytest.mark.parametrize(
    ("origin", "fits"),
    [
        ("https://app.example", True),
        ("https://app.example:443", True),
        ("http://app.example", False),
        ("https://app.example:8443", False),
        ("https://sub.app.example", False),
        ("https://app.example.evil.example", False),
    ],
)
def test_configured_ones_are_compared_by_scheme_host_and_port(origin: str, fits: bool) -> None:
    """WS-ORIGIN-1"""
    assert allowed(origin, cors=("https://app.example",)) is fits


def test_the_default_port_may_be_left_out_on_either_side() -> None:
    headers = {b"host": b"nodius.example", b"origin": b"https://nodius.example:443"}
    assert Origins(()).allow(headers, "wss")


def test_a_refused_page_is_named_once_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    """WS-ORIGIN-1"""
    origins = Origins(())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            origins.allow({**HERE, b"origin": b"https://app.example"}, "ws")
        for number in range(500):
            origins.allow({**HERE, b"origin": f"https://{number}.example".encode()}, "ws")
    named = [record.getMessage() for record in caplog.records]
    assert sum("https://app.example" in each for each in named) == 1
    assert "cors=" in named[0]
    assert len(named) <= 100, "whoever makes up origins cannot fill the log"
