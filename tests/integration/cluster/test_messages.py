"""What processes publish, send and ask arrives where it should, and nowhere else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from cluster.errors import Unanswered, Unfit, UnknownPeer, Unreachable
from cluster.manager import ClusterManager
from cluster.messages import MAX_BYTES
from tests.integration.cluster.scene import Running, broker_ports, manager
from tests.waiting import until


@pytest.fixture
def three(running: Running) -> Iterator[tuple[ClusterManager, ClusterManager, ClusterManager]]:
    with ExitStack() as stack:
        one, two, six = (stack.enter_context(running.manager(name)) for name in ("a", "b", "c"))
        yield one, two, six


Three = tuple[ClusterManager, ClusterManager, ClusterManager]


def heard(process: ClusterManager, topic: str) -> list[Any]:
    """What a process gets of a topic, from now on."""
    got: list[Any] = []
    process.subscribe(topic, got.append).ready.result(10)
    return got


def test_what_is_published_reaches_who_subscribed_to_exactly_that_topic(three: Three) -> None:
    a, b, c = three
    news, longer, shorter = heard(b, "news"), heard(b, "news.more"), heard(c, "new")
    also = heard(c, "news")
    for number in range(50):
        a.publish("news", {"number": number})
    a.publish("new", "the last")
    a.publish("news.more", "the last")
    until(lambda: longer and shorter and len(news) == len(also) == 50)
    assert news == also == [{"number": number} for number in range(50)]
    assert (longer, shorter) == (["the last"], ["the last"])


def test_a_message_keeps_its_types_and_is_another_object(three: Three) -> None:
    a, b, _ = three
    got, own = heard(b, "t"), heard(a, "t")
    sent = {"a": [1, 2.5, None, True, b"\0\xff", "ü"], "at": datetime(2026, 1, 2, tzinfo=UTC)}
    a.publish("t", sent)
    until(lambda: got and own)
    assert got == own == [sent]
    assert own[0] is not sent


def test_who_publishes_hears_it_too_once(three: Three) -> None:
    a, b, _ = three
    own, others = heard(a, "t"), heard(b, "t")
    for number in range(10):
        a.publish("t", number)
    b.publish("t", "end")
    until(lambda: "end" in own and "end" in others)
    assert [each for each in own if each != "end"] == list(range(10))


def test_a_subscription_that_was_cancelled_gets_nothing_and_others_of_the_topic_do(
    three: Three,
) -> None:
    a, b, _ = three
    cancelled: list[Any] = []
    subscription = b.subscribe("t", cancelled.append)
    others = heard(b, "t")
    subscription.cancel()
    a.publish("t", 1)
    until(lambda: others)
    assert cancelled == []
    with pytest.raises(ValueError, match="is no topic"):
        b.subscribe("", cancelled.append)
    with pytest.raises(ValueError, match="is no topic"):
        a.publish("a\0b", 1)


def test_a_topic_that_all_gave_up_can_be_subscribed_to_anew(three: Three) -> None:
    a, b, _ = three
    for number in range(20):
        subscription = b.subscribe("t", lambda message: None)
        if number % 2:
            subscription.ready.result(10)
        subscription.cancel()
    got = heard(b, "t")
    a.publish("t", 1)
    until(lambda: got == [1])


def test_a_subscription_given_up_before_it_was_ready_is_told_so() -> None:
    with manager(broker_ports()) as alone:
        one, two = (alone.subscribe("t", print) for _ in range(2))
        one.cancel()
        with pytest.raises(Unreachable):
            one.ready.result(0)
    with pytest.raises(Unreachable):
        two.ready.result(0)


def test_what_is_sent_reaches_exactly_that_peer(three: Three) -> None:
    a, b, c = three
    at_b: list[Any] = []
    at_c: list[Any] = []
    b.on_message(lambda sender, message: at_b.append((sender, message)))
    c.on_message(lambda sender, message: at_c.append((sender, message)))
    for number in range(20):
        assert a.send("b" if number % 2 else "c", number).result(10) is None
    until(lambda: len(at_b) == len(at_c) == 10)
    assert at_b == [("a", number) for number in range(1, 20, 2)]
    assert at_c == [("a", number) for number in range(0, 20, 2)]


@pytest.mark.parametrize("name", ["nobody", "", "no name!", "x" * 49, "a\n"])
def test_an_unknown_peer_is_an_error_told_to_the_sender(three: Three, name: str) -> None:
    with pytest.raises(UnknownPeer):
        three[0].send(name, 1).result(10)
    with pytest.raises(UnknownPeer):
        three[0].request(name, 1).result(10)


def test_a_peer_that_has_left_is_an_error_told_to_the_sender(three: Three) -> None:
    a, b, _ = three
    b.close()
    until(lambda: [each.state for each in a.peers()] == ["alive", "gone", "alive"])
    with pytest.raises(UnknownPeer, match="gone"):
        a.send("b", 1).result(10)


def test_a_request_gets_its_answer_and_not_that_of_another(three: Three) -> None:
    a, b, c = three
    b.on_message(lambda sender, message: [sender, message])
    c.on_message(lambda sender, message: None)
    asked = [a.request("b", number) for number in range(100)]
    assert [each.result(10) for each in asked] == [["a", number] for number in range(100)]
    assert a.request("c", 1).result(10) is None


def test_a_request_can_be_made_while_one_is_answered(three: Three) -> None:
    a, b, c = three
    c.on_message(lambda sender, message: message + 1)
    b.on_message(lambda sender, message: b.request("c", message).result(10))
    assert a.request("b", 1).result(10) == 2


def test_a_request_times_out(three: Three) -> None:
    a, b, _ = three
    release = threading.Event()
    b.on_message(lambda sender, message: release.wait(30))
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="b has not answered in time"):
        a.request("b", 1, timeout=0.2).result(10)
    assert time.monotonic() - began < 5
    release.set()
    # The late answer is nobody's.
    assert a.request("b", 2).result(10) is True


def test_an_answer_that_fails_or_cannot_be_sent_or_is_nobodys_is_told(
    three: Three, caplog: pytest.LogCaptureFixture
) -> None:
    a, b, _ = three
    with pytest.raises(Unanswered):
        a.request("b", 1).result(10)
    b.on_message(lambda sender, message: 1 // 0)
    with pytest.raises(Unanswered):
        a.request("b", 1).result(10)
    b.on_message(lambda sender, message: object())
    with pytest.raises(Unanswered):
        a.request("b", 1).result(10)
    until(lambda: b.counts()["failed"] == 2)
    assert b.counts()["unheard"] == 1
    assert "a callback of the cluster failed" in caplog.text


def test_a_callback_that_fails_takes_nothing_from_the_others(three: Three) -> None:
    a, b, _ = three
    b.subscribe("t", lambda message: 1 // 0)
    got = heard(b, "t")
    a.publish("t", 1)
    until(lambda: got == [1])
    assert b.counts()["failed"] == 1


def test_what_has_no_form_or_is_too_large_is_refused_at_once(three: Three) -> None:
    a, b, _ = three
    recursive: list[Any] = []
    recursive.append(recursive)
    for each in (object(), 2**70, recursive, "\ud800", "x" * MAX_BYTES):
        with pytest.raises(Unfit):
            a.publish("t", each)
        with pytest.raises(Unfit):
            a.send("b", each)
    b.on_message(lambda sender, message: len(message))
    assert a.request("b", "x" * (MAX_BYTES - 5)).result(10) == MAX_BYTES - 5


async def test_on_an_event_loop_an_answer_is_awaited_and_news_comes_to_it(three: Three) -> None:
    a, b, _ = three
    b.on_message(lambda sender, message: message * 2)
    assert await asyncio.wrap_future(a.request("b", 21)) == 42
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue[Any]()
    subscription = a.subscribe(
        "t", lambda message: loop.call_soon_threadsafe(arrived.put_nowait, message)
    )
    await asyncio.wrap_future(subscription.ready)
    b.publish("t", "news")
    assert await asyncio.wait_for(arrived.get(), 10) == "news"
    # Who gives up waiting does not harm what comes later.
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.wrap_future(a.request("b", "x" * 9)), 0)
    assert await asyncio.wrap_future(a.request("b", 1)) == 2


def test_any_thread_may_use_one_manager(three: Three) -> None:
    a, b, _ = three
    got = heard(b, "t")
    b.on_message(lambda sender, message: message)

    def work(start: int) -> None:
        for number in range(start, start + 50):
            a.publish("t", number)
            assert a.request("b", number).result(10) == number

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 400, 50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    until(lambda: len(got) == 400)
    assert sorted(got) == list(range(400))


def test_closing_fails_what_waits_and_takes_nothing_more(three: Three) -> None:
    a, b, _ = three
    release = threading.Event()
    b.on_message(lambda sender, message: release.wait(30))
    waiting = a.request("b", 1)
    until(lambda: a.counts().get("sent"))
    a.close()
    release.set()
    for each in (waiting, a.request("b", 1), a.send("b", 1)):
        with pytest.raises(Unreachable):
            each.result(10)
    a.publish("t", 1)
    with pytest.raises(Unreachable):
        a.subscribe("t", print).ready.result(10)
    a.close()
    assert a.counts()["unpublished"] == 1


@pytest.mark.parametrize("turn", range(10))
def test_whatever_is_asked_while_it_closes_is_settled(running: Running, turn: int) -> None:
    a, began = running.manager(), threading.Event()
    asked: list[Any] = []

    def ask() -> None:
        for number in range(300):
            asked.append(a.send(a.name, number))
            if number == turn * 20:
                began.set()

    thread = threading.Thread(target=ask)
    thread.start()
    began.wait(10)
    a.close()
    thread.join(10)
    for each in asked:
        assert isinstance(each.exception(10), Unreachable | UnknownPeer | None)


def test_what_was_published_before_closing_still_arrives(three: Three) -> None:
    a, b, _ = three
    got = heard(b, "t")
    for number in range(100):
        a.publish("t", number)
    a.close()
    until(lambda: len(got) == 100)


def test_a_manager_can_be_closed_by_a_callback(running: Running) -> None:
    with running.manager() as a, running.manager() as b:
        heard(a, "t")
        a.subscribe("t", lambda message: a.close())
        b.publish("t", 1)
        until(lambda: not a.is_connected)


def test_a_slow_callback_is_not_waited_for_and_what_it_misses_is_counted(three: Three) -> None:
    a, b, _ = three
    release = threading.Event()
    b.subscribe("t", lambda message: release.wait(30)).ready.result(10)
    for number in range(1500):
        a.publish("t", number)
        # No faster than it goes out, so that nothing is dropped before.
        until(lambda: a.counts().get("published", 0) > number)  # noqa: B023 - called at once
    until(lambda: b.counts().get("overrun"))
    until(lambda: next(each for each in a.peers() if each.name == "b").state == "alive")
    release.set()
    until(
        lambda: b.counts()["received"] + b.counts()["overrun"] + b.counts().get("missed", 0) == 1500
    )


@pytest.mark.parametrize(
    "given", [{"name": "a.b"}, {"name": "x" * 49}, {"address": "x" * 129}, {"brokers": ["a:b"]}]
)
def test_a_manager_with_an_impossible_name_or_broker_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        manager(broker_ports(), **given)
