"""Messages as bytes: what is known is read, all else is refused, and nothing crashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from cluster import messages
from cluster.errors import Malformed, Unfit
from cluster.messages import (
    MAX_BYTES,
    MAX_FRAME,
    Beat,
    Bye,
    Delivery,
    Direct,
    Peer,
    Present,
    Published,
    Refused,
    Routed,
    Unroutable,
)

PEER = Peer("web-1", "http://10.0.0.1:8426", 7, "host", {"python": "3.13"}, ("thumbnails",))
BODY = Raw(b"\x01")
SAID = [Beat(PEER, 5), Bye(), Direct("request", 1, "web-2", BODY)]
TOLD = [
    Present(1, (PEER,), {"published": 1}),
    Present(1, None, {}),
    Delivery("answer", 1, "web-2", BODY),
    Routed(1),
    Unroutable(1, "gone"),
    Refused("another has this name"),
]
READERS: list[Callable[[bytes], Any]] = [
    messages.said,
    messages.told,
    messages.published,
    messages.body,
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@pytest.mark.parametrize("message", SAID)
def test_what_a_process_says_is_read_as_it_was_said(message: messages.Said) -> None:
    data = messages.framed(message)
    assert messages.framed(messages.said(data)) == data
    with pytest.raises(Malformed):
        messages.published(data)


@pytest.mark.parametrize("message", TOLD)
def test_what_a_broker_tells_is_read_as_it_was_told(message: messages.Told) -> None:
    data = messages.framed(message)
    assert messages.framed(messages.told(data)) == data
    with pytest.raises(Malformed):
        messages.said(data)


@given(JSON)
def test_what_users_send_arrives_as_it_was(message: Any) -> None:
    published = messages.published(messages.framed(Published(b"n", Raw(messages.encode(message)))))
    assert messages.body(published.body) == message


@given(st.binary(max_size=400))
def test_bytes_of_chance_are_refused_or_read_and_nothing_else(data: bytes) -> None:
    for reader in READERS:
        try:
            reader(data)
        except Malformed:
            continue


@given(st.sampled_from([*SAID, *TOLD]), st.data())
def test_a_message_with_a_byte_changed_is_refused_or_read_and_nothing_else(
    message: Any, data: st.DataObject
) -> None:
    changed = bytearray(messages.framed(message))
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    for reader in READERS:
        try:
            reader(bytes(changed))
        except Malformed:
            continue


@pytest.mark.parametrize(
    "data", [b"\x91" * 100_000, b"\x81" * 100_000, b"\xa1\xff", b"\x81\x80\x01"]
)
def test_nesting_without_end_broken_text_and_lists_as_keys_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        messages.body(data)


def test_a_message_has_a_size_that_it_may_not_pass_either_way() -> None:
    fits = "x" * (MAX_BYTES - 5)
    assert messages.body(messages.encode(fits)) == fits
    with pytest.raises(Unfit, match="too many"):
        messages.encode(fits + "x")
    with pytest.raises(Malformed, match="too large"):
        messages.body(msgspec.msgpack.encode(fits + "x"))
    # What fits does so with what is written around it.
    around = messages.framed(Direct("request", 2**62, "x" * 48, Raw(messages.encode(fits))))
    assert len(around) < MAX_FRAME
    messages.said(around)
    with pytest.raises(Malformed, match="too large"):
        messages.said(bytes(MAX_FRAME + 1))


@pytest.mark.parametrize("unfit", [object(), 2**64, -(2**63) - 1, "\ud800", {1: object()}])
def test_what_has_no_form_on_the_wire_is_refused(unfit: object) -> None:
    with pytest.raises(Unfit, match="cannot be sent"):
        messages.encode(unfit)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a.b"},
        {"name": ""},
        {"name": "a\n"},
        {"name": "x" * 49},
        {"address": "x" * 129},
        {"pid": -1},
        {"roles": ("x",) * 33},
        {"versions": {str(n): "1" for n in range(9)}},
    ],
)
def test_a_process_with_impossible_properties_is_none(wrong: dict[str, Any]) -> None:
    messages.check(PEER)
    with pytest.raises(ValueError, match="no process"):
        messages.check(msgspec.structs.replace(PEER, **wrong))


def test_a_list_of_all_the_processes_there_can_be_fits() -> None:
    word = "x" * 255
    largest = Peer(
        "x" * 48, word, 2**31, word, {f"{n:0255}": word for n in range(16)}, (word,) * 64
    )
    data = messages.framed(Present(2**62, (largest,) * messages.MAX_PEERS, {"published": 2**62}))
    assert len(data) < messages.MAX_RECEIVED
