"""Beside whom a process may serve, and what to set where it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nodius_site.neighbours import conflict
from sync.membership import Process

ME = Process("me", "", "here", "boot pid:[1]", 1, 1, "zmq", "postgresql", "s")
OTHER = replace(ME, id="other", pid=2, place="boot pid:[2]")
FAR = replace(OTHER, host="there", place="another pid:[1]")


@pytest.mark.parametrize(
    ("mine", "other", "advertised", "option"),
    [
        ({}, OTHER, False, None),
        ({"layer": "memory"}, OTHER, True, "channel_layer"),
        ({}, replace(OTHER, layer="memory"), True, "channel_layer"),
        ({"secret": "t"}, OTHER, True, "jwt_secret"),
        ({"accounts": "sqlite3"}, replace(OTHER, accounts="sqlite3"), False, None),
        ({"accounts": "sqlite3"}, FAR, True, "database"),
        ({}, replace(FAR, accounts="sqlite3"), True, "database"),
        ({}, FAR, False, "advertise"),
        ({}, FAR, True, None),
    ],
)
def test_the_option_to_set_is_named(
    mine: dict[str, str], other: Process, advertised: bool, option: str | None
) -> None:
    """OPT-CLUSTER-1"""
    reason = conflict(replace(ME, **mine), other, advertised)
    assert (reason and reason.partition(":")[0]) == option
    if reason:
        assert f"process 2 on {other.host}" in reason and "\n" not in reason


processes = st.builds(
    replace,
    st.sampled_from([ME, OTHER, FAR]),
    layer=st.sampled_from(["memory", "zmq", "redis"]),
    accounts=st.sampled_from(["sqlite3", "postgresql"]),
    secret=st.sampled_from("st"),
)


@given(processes, processes)
def test_whoever_comes_second_is_refused_as_the_first_would_be(one: Process, two: Process) -> None:
    """OPT-CLUSTER-1"""
    first, second = conflict(one, two, True), conflict(two, one, True)
    assert (first and first.partition(":")[0]) == (second and second.partition(":")[0])
