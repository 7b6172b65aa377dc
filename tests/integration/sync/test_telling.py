"""What a socket is told of its own batches and of others', and in which order."""

from __future__ import annotations

import pytest

from tests.faulty import FaultyStore
from tests.integration.sync.talk import APPEND, Talk, kinds

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

WRONG = {"o": 2, "p": ["data", "no"]}


async def test_what_one_has_sent_is_answered_in_its_order(ann: Talk, store: FaultyStore) -> None:
    """WS-ORDER-2: while what came first is still being committed."""
    await ann.join()
    store.gate.clear()
    for n, batch in enumerate([APPEND, WRONG, APPEND, WRONG, APPEND]):
        ann.socket.send("instructions", workflowKey=ann.key, instructions=[batch], id=str(n))
    assert await ann.hear() == []
    store.gate.set()
    answers = await ann.hear()
    assert [(each["type"], each["id"], each.get("seq")) for each in answers] == [
        ("ack", "0", 1),
        ("error", "1", None),
        ("ack", "2", 2),
        ("error", "3", None),
        ("ack", "4", 3),
    ]


async def test_ones_own_batch_without_an_id_is_told_by_nothing(ann: Talk, bob: Talk) -> None:
    """WS-ORDER-3"""
    await ann.join()
    await bob.join()
    assert await ann.act(APPEND) == []
    assert kinds(await ann.act(APPEND, id="1")) == [("ack", 2)]
    assert kinds(await bob.hear()) == [("update", 1), ("update", 2)]


async def test_another_client_id_for_a_batch_is_shown_and_its_sender_is_left_out_all_the_same(
    ann: Talk, bob: Talk
) -> None:
    """WS-CLIENT-1: and ids belong to it."""
    await ann.join(clientId="a")
    await bob.join(clientId="b")
    assert kinds(await ann.act(APPEND, id="1", clientId="other")) == [("ack", 1)]
    (told,) = await bob.hear()
    assert (told["sourceClientId"], told["userId"]) == ("other", ann.person.user_id)
    assert kinds(await ann.act(APPEND, id="1", clientId="other")) == [("ack", 1)]
    assert kinds(await ann.act(APPEND, id="1")) == [("ack", 2)]


async def test_in_batch_mode_ones_own_come_in_updates_and_errors_and_repeated_acks_alone_after_them(
    ann: Talk, bob: Talk, store: FaultyStore
) -> None:
    """WS-BATCH-1, WS-BATCH-2, WS-BATCH-3"""
    await ann.join(clientId="a", batch=True)
    await bob.join(clientId="b")
    store.gate.clear()
    for id, batch in (("1", APPEND), ("bad", WRONG), ("1", APPEND), (None, APPEND)):
        ann.socket.send("instructions", workflowKey=ann.key, instructions=[batch], id=id)
    await ann.hear()
    await bob.act(APPEND, id="theirs")
    store.gate.set()
    messages = await ann.hear()
    told = [
        [(each["seq"], each.get("id"), each["sourceClientId"]) for each in message["updates"]]
        if message["type"] == "updates"
        else (message["type"], message["id"])
        for message in messages
    ]
    assert [each for each in told if isinstance(each, tuple)] == [("error", "bad"), ("ack", "1")]
    assert told[0] == [(1, "1", "a")], "before what must come after it"
    batches = [each for some in told if isinstance(some, list) for each in some]
    assert batches == [(1, "1", "a"), (2, None, "a"), (3, "theirs", "b")]


async def test_a_save_is_told_to_everybody_and_where_there_is_none_to_its_sender(
    ann: Talk, bob: Talk
) -> None:
    """WS-SAVE-2, WS-SAVE-1"""
    await ann.join()
    await bob.join()
    await ann.act(APPEND, id="1")
    assert kinds(await ann.say("save", workflowKey=ann.key)) == [("saved", 1)]
    assert kinds(await bob.hear()) == [("update", 1), ("saved", 1)]
    assert kinds(await ann.say("save", workflowKey=ann.key)) == [("saved", 1)]
    assert await bob.hear() == []
