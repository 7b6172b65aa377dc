"""Huge, deep and odd JSON on a socket: refused, and nobody else is held up by it."""

from __future__ import annotations

import json
import time

import pytest

from tests.integration.sync.stretches import Stretches
from tests.integration.sync.talk import APPEND, Talk, kinds
from workflows.values import check_value

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

MIB = 1024 * 1024
LISTS = "[" + "[]," * (MIB // 3 - 100) + "[]]"
KEYS = "{" + ",".join(f'"k{n}":1' for n in range(90_000)) + "}"

#: JSON where any value may stand, and what a batch with it is answered by.
VALUES = {
    "17 MiB of lists": ("[" + "[]," * (17 * MIB // 3) + "[]]", "too_large"),
    "a message full of lists": (LISTS, None),
    "a message full of keys": (KEYS, None),
    "a million digits": ("1" * 1_000_000, "invalid_message"),
    "a hundred thousand levels": ("[" * 100_000 + "]" * 100_000, "too_large"),
    "a hundred thousand levels that stay open": ("[" * 100_000, "too_large"),
    "levels of objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "too_large"),
    "half a character": ('"\\ud800"', "invalid_json"),
    "no number": ("NaN", "invalid_json"),
    "more than all numbers": ("1e400", "invalid_message"),
}


def a_message_full_of_values() -> float:
    """Seconds of work that it takes here to look at each value of the fullest message."""
    began = time.thread_time()
    check_value(json.loads(KEYS), 32, MIB)
    return time.thread_time() - began


@pytest.mark.parametrize(("value", "code"), VALUES.values(), ids=VALUES)
async def test_it_is_refused_at_once_and_the_socket_goes_on(
    ann: Talk, value: str, code: str | None, uncollected: None
) -> None:
    await ann.join()
    frame = (
        f'{{"type":"instructions","workflowKey":"{ann.key}","id":"x",'
        f'"instructions":[{{"o":1,"p":["data","x"],"v":{value}}}]}}'
    )
    stretches = Stretches()
    async with stretches.watched():
        ann.socket.outgoing.append(frame)
        (answer,) = await ann.hear()
    assert stretches.longest < 4 * a_message_full_of_values()
    assert answer.get("code") == code
    assert kinds(await ann.act(APPEND, id="1"))[0][0] == "ack"
