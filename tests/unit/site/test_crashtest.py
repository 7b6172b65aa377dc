"""The crash test finds what is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from nodius_site import crashtest
from nodius_site.crashtest import Lost, Stored, Writer, broken, until


def writer(**told: object) -> Writer:
    made = Writer("w", "key", "token", resumes=True, grouped=False)
    for field, value in told.items():
        setattr(made, field, value)
    return made


def after(*values: str) -> Stored:
    return Stored(len(values), [*enumerate(values, 1)], values)


def test_what_is_as_it_was_told_is_not_broken() -> None:
    fine = writer(seq=3, log=["a", "b", "c"], acked={"a": 1, "c": 3})
    assert broken(after("a", "b", "c"), [fine]) == []


@pytest.mark.parametrize(
    ("stored", "told", "says"),
    [
        (after("a"), {"seq": 1, "log": ["a"], "acked": {"b": 2}}, "not there: ['b']"),
        (after("b", "a"), {"seq": 2, "log": ["b", "a"], "acked": {"a": 1}}, "not there: ['a']"),
        (after("a", "a"), {"seq": 2, "log": ["a", "a"]}, "more than once: ['a']"),
        (after("a", "b"), {"seq": 2, "log": ["a", "x"]}, "another document"),
        (after("a", "b"), {"seq": 1, "log": ["a"]}, "knows 1 of 2 batches"),
        (Stored(2, [(1, "a"), (3, "b")], ["a", "b"]), {"seq": 2, "log": ["a", "b"]}, "1 to 2"),
        (Stored(3, [(1, "a"), (2, "b")], ["a", "b"]), {"seq": 2, "log": ["a", "b"]}, "1 to 3"),
        (Stored(2, [(1, "a"), (2, "b")], ["a"]), {"seq": 2, "log": ["a", "b"]}, "leads to"),
    ],
    ids=["lost", "moved", "doubled", "other", "behind", "gap", "cut", "document"],
)
def test_whatever_is_not_is_said(stored: Stored, told: dict[str, object], says: str) -> None:
    assert any(says in line for line in broken(stored, [writer(**told)]))


@pytest.mark.parametrize(
    "hear",
    [
        lambda made: made._told(3, "c"),
        lambda made: made._answered("a", 2),
    ],
    ids=["a gap", "another answer than the first"],
)
def test_a_writer_does_not_take_what_breaks_a_promise(hear: Callable[[Writer], None]) -> None:
    with pytest.raises(Lost):
        hear(writer(seq=1, log=["a"], acked={"a": 1}))


async def test_what_an_earlier_socket_sent_is_told_now_and_answered_when_it_is_sent_again() -> None:
    made = writer(seq=1, log=["a"], acked={"a": 1}, unanswered={"b": None})
    update = {"sourceClientId": "w", "seq": 2, "instructions": [{"v": "b"}]}
    socket: Any = None
    await made._take(socket, {"type": "update", **update})
    assert (made.log, list(made.unanswered)) == (["a", "b"], ["b"])
    await made._take(socket, {"type": "ack", "id": "b", "seq": 2})
    assert (made.log, made.acked) == (["a", "b"], {"a": 1, "b": 2})
    assert not made.unanswered


async def test_who_is_late_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crashtest, "PATIENCE", 0)
    first, second = writer(name="first", seq=2), writer(name="second", seq=1)
    await until([], [first, second], lambda each: each.seq > 0)
    with pytest.raises(Lost, match=r"not everybody is back after 0 s: second$"):
        await until([], [first, second], lambda each: each.seq > 1)


async def test_what_a_writer_complains_of_is_said_rather_than_who_waits_for_it() -> None:
    async def complain() -> None:
        raise Lost("a batch came twice")

    with pytest.raises(Lost, match="a batch came twice"):
        await until([asyncio.create_task(complain())], [writer()], lambda each: each.settled)
