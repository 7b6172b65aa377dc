"""Where the other processes reach one: by the option `advertise`."""

from __future__ import annotations

import pytest

from nodius_site.inner import open_inner
from nodius_site.kinds import ADVERTISED
from nodius_site.options import Wrong
from tests.ports import free_ports


@pytest.mark.parametrize(
    "text",
    ["10.0.0.5", "a.example", "a.example:8426", "[::1]:9000", "http://10.0.0.5:8426", "https://x"],
)
def test_it_may_be_a_host_a_host_with_its_port_or_an_address(text: str) -> None:
    assert ADVERTISED.parse(text) == text


@pytest.mark.parametrize(
    "text", ["", "a/b", "u@a", "a:0", "a:x", "a:99999", "ftp://a", "http://a/b"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ADVERTISED.parse(text)


def test_without_it_only_this_machine_gets_there_by_any_free_port() -> None:
    (one,), first = open_inner(None)
    (two,), second = open_inner(None)
    with one, two:
        assert first == f"http://127.0.0.1:{one.getsockname()[1]}"
        assert first != second


def test_of_several_processes_each_has_the_next_port() -> None:
    first, port = free_ports(2)
    (opened,), address = open_inner(f"127.0.0.1:{first}", 1)
    with opened:
        assert address == f"http://127.0.0.1:{port}"
        with pytest.raises(Wrong, match="cannot listen"):
            open_inner(f"127.0.0.1:{port}")


def test_an_address_is_taken_as_it_is_and_opens_nothing() -> None:
    assert open_inner("https://nodius.example") == ([], "https://nodius.example")
