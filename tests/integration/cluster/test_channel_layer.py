"""The layer is one as Channels means it: what Channels and its Redis layer test of theirs."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.test import override_settings

from cluster.channel_layer import ZmqChannelLayer
from cluster.endpoints import Ports
from cluster.errors import Unfit
from cluster.messages import MAX_BYTES
from tests.integration.cluster.scene import CLUSTER, PACE, Running, broker_ports
from tests.waiting import until


def layer_at(ports: Ports, **more: Any) -> ZmqChannelLayer:
    """The layer of a process that looks for its broker there."""
    given = {"cluster": CLUSTER, "pace": PACE, **settings_of(ports), **more}
    return ZmqChannelLayer(**given)


def settings_of(ports: Ports) -> dict[str, int]:
    return {
        "pub_port": ports.pub,
        "sub_port": ports.sub,
        "router_port": ports.router,
        "dealer_port": ports.dealer,
    }


def connected(running: Running, **more: Any) -> ZmqChannelLayer:
    made = layer_at(running.ports, **more)
    until(lambda: made.manager.is_connected)
    return made


@pytest.fixture(params=["connected", "alone"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    """Where a broker is, and where none is: one process does not depend on it."""
    if request.param == "alone":
        yield broker_ports()
    else:
        with Running() as running:
            yield running.ports


@pytest.fixture
async def layer(ports: Ports) -> AsyncIterator[ZmqChannelLayer]:
    made = layer_at(ports, capacity=3)
    yield made
    await made.flush()
    await made.close()


@pytest.fixture
async def two(running: Running) -> AsyncIterator[tuple[ZmqChannelLayer, ZmqChannelLayer]]:
    """The layers of two processes."""
    a, b = connected(running, name="a"), connected(running, name="b", capacity=3)
    yield a, b
    await a.close()
    await b.close()


Two = tuple[ZmqChannelLayer, ZmqChannelLayer]


async def received(layer: ZmqChannelLayer, channel: str) -> dict[str, Any]:
    return await asyncio.wait_for(layer.receive(channel), 10)


async def is_empty(layer: ZmqChannelLayer, channel: str) -> None:
    """See that nothing has arrived: what was sent after it has, and nothing waits."""
    await layer.send(channel, {"type": "end"})
    assert (await received(layer, channel))["type"] == "end"


async def test_what_is_sent_is_received(layer: ZmqChannelLayer) -> None:
    await layer.send("test-channel-1", {"type": "test.message", "text": "Ahoy-hoy!"})
    message = await received(layer, "test-channel-1")
    assert message == {"type": "test.message", "text": "Ahoy-hoy!"}


async def test_a_channel_has_a_capacity(layer: ZmqChannelLayer) -> None:
    for _ in range(3):
        await layer.send("test-channel-1", {"type": "test.message"})
    with pytest.raises(ChannelFull):
        await layer.send("test-channel-1", {"type": "test.message"})
    await received(layer, "test-channel-1")
    await layer.send("test-channel-1", {"type": "test.message"})


async def test_a_channel_may_have_a_capacity_of_its_own(ports: Ports) -> None:
    layer = layer_at(ports, capacity=3, channel_capacity={"one*": 1})
    await layer.send("one", {"type": "test.message"})
    with pytest.raises(ChannelFull):
        await layer.send("one", {"type": "test.message"})
    await layer.send("two", {"type": "test.message"})
    await layer.close()


async def test_a_channel_of_this_process_receives(layer: ZmqChannelLayer) -> None:
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "test.message", "text": "Local only please"})
    assert (await received(layer, channel))["text"] == "Local only please"


async def test_messages_come_in_order(layer: ZmqChannelLayer) -> None:
    for number in range(3):
        await layer.send("test-channel-3", {"type": f"message.{number}"})
    for number in range(3):
        assert (await received(layer, "test-channel-3"))["type"] == f"message.{number}"


async def test_names_that_are_none_are_refused(layer: ZmqChannelLayer) -> None:
    for name in ("=+135!", "x" * 100, "", 5):
        with pytest.raises(TypeError):
            await layer.send(name, {"type": "foom"})  # type: ignore[arg-type]  # as a user might
        with pytest.raises(TypeError):
            await layer.receive(name)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            await layer.group_add(name, "channel")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            await layer.group_discard("group", name)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            await layer.group_send(name, {"type": "foom"})  # type: ignore[arg-type]


async def test_a_channel_of_another_process_cannot_be_received(layer: ZmqChannelLayer) -> None:
    with pytest.raises(TypeError, match="another process"):
        await layer.receive("not-client-prefix!local_part")


async def test_a_message_is_a_dict_that_has_a_form(layer: ZmqChannelLayer) -> None:
    with pytest.raises(TypeError):
        await layer.send("channel", "text")  # type: ignore[arg-type]
    for message in ({"type": object()}, {"type": "x" * MAX_BYTES}):
        with pytest.raises(Unfit):
            await layer.send("channel", message)
        with pytest.raises(Unfit):
            await layer.group_send("group", message)


async def test_a_group_reaches_its_channels_and_not_one_that_was_discarded(
    layer: ZmqChannelLayer,
) -> None:
    first, second, third = [await layer.new_channel(f"test-gr-chan-{n}") for n in (1, 2, 3)]
    for each in (first, second, third, "plain-channel"):
        await layer.group_add("test-group", each)
    await layer.group_discard("test-group", second)
    await layer.group_send("test-group", {"type": "message.1"})
    for each in (first, third, "plain-channel"):
        assert (await received(layer, each))["type"] == "message.1"
    await is_empty(layer, second)


async def test_channels_of_one_prefix_are_different_ones(layer: ZmqChannelLayer) -> None:
    random.seed(1)
    channels = [await layer.new_channel("test-gr-chan")]
    random.seed(1)
    channels += [await layer.new_channel("test-gr-chan") for _ in range(2)]
    assert len(set(channels)) == 3
    for each in channels:
        await layer.group_add("test-group", each)
    await layer.group_send("test-group", {"type": "message.1"})
    for each in channels:
        assert (await received(layer, each))["type"] == "message.1"


async def test_who_changes_a_message_changes_it_for_himself(layer: ZmqChannelLayer) -> None:
    sent = {"type": "message", "list": [1]}
    for each in ("one", "two"):
        await layer.group_add("group", each)
    await layer.group_send("group", sent)
    sent["list"] = []
    got = await received(layer, "one")
    got["list"].append(2)
    assert (await received(layer, "two"))["list"] == [1]


async def test_a_group_overlooks_that_a_channel_is_full(layer: ZmqChannelLayer) -> None:
    await layer.group_add("test-group", "test-gr-chan-1")
    for _ in range(5):
        await layer.group_send("test-group", {"type": "message.1"})
    until(lambda: layer.manager.counts().get("channel_full") == 2)


async def test_flushing_empties_channels_and_groups(layer: ZmqChannelLayer) -> None:
    await layer.send("channel", {"type": "before"})
    await layer.group_add("group", "channel")
    await layer.flush()
    await layer.group_send("group", {"type": "to nobody"})
    await is_empty(layer, "channel")
    # And it works as before.
    await layer.group_add("group", "channel")
    await layer.group_send("group", {"type": "again"})
    assert (await received(layer, "channel"))["type"] == "again"


async def test_a_message_expires_and_its_channel_leaves_its_groups(ports: Ports) -> None:
    layer = layer_at(ports, expiry=0.1)
    await layer.group_add("group", "test-channel-1")
    await layer.send("test-channel-1", {"type": "message.1"})
    await layer.send("test-channel-1", {"type": "message.2"})
    assert (await received(layer, "test-channel-1"))["type"] == "message.1"
    await asyncio.sleep(0.11)  # here it is time itself that is waited for
    await layer.send("test-channel-1", {"type": "message.4"})
    assert (await received(layer, "test-channel-1"))["type"] == "message.4"
    await layer.group_send("group", {"type": "to nobody"})
    await is_empty(layer, "test-channel-1")
    await layer.close()


async def test_what_expired_is_removed_though_nobody_asks_for_it(ports: Ports) -> None:
    layer = layer_at(ports, expiry=0.1)
    await layer.send("test-channel-1", {"type": "message.1"})
    await asyncio.sleep(0.11)
    await layer.send("test-channel-2", {"type": "message.2"})
    assert (await received(layer, "test-channel-2"))["type"] == "message.2"
    assert layer.waiting == 0
    await layer.close()


async def test_membership_in_a_group_expires(ports: Ports) -> None:
    layer = layer_at(ports, expiry=0.05, group_expiry=0.1)
    await layer.group_add("group", "channel")
    await asyncio.sleep(0.11)
    await layer.group_send("group", {"type": "to nobody"})
    await is_empty(layer, "channel")
    await layer.close()


async def test_who_gives_up_waiting_leaves_the_message_to_the_next(layer: ZmqChannelLayer) -> None:
    waiting = [asyncio.create_task(layer.receive("channel")) for _ in range(3)]
    await asyncio.sleep(0)
    await layer.send("channel", {"type": "one"})
    waiting[0].cancel()
    done, _ = await asyncio.wait(waiting[1:], timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert [each.result()["type"] for each in done] == ["one"]
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def test_several_event_loops_use_one_layer(ports: Ports) -> None:
    layer = layer_at(ports)
    channels = [async_to_sync(layer.new_channel)() for _ in range(2)]
    for number, each in enumerate(channels):
        async_to_sync(layer.send)(each, {"type": f"test.{number}"})
    for number in (1, 0):
        assert async_to_sync(layer.receive)(channels[number])["type"] == f"test.{number}"
    # One waits on the loop of another thread.
    got: list[dict[str, Any]] = []
    thread = threading.Thread(
        target=lambda: got.append(asyncio.run(layer.receive("channel"))), name="ThreadPool"
    )
    thread.start()
    asyncio.run(layer.group_add("group", "channel"))
    asyncio.run(layer.group_send("group", {"type": "over"}))
    thread.join(10)
    assert got == [{"type": "over"}]
    async_to_sync(layer.close)()


async def test_a_channel_of_another_process_is_sent_to(two: Two) -> None:
    a, b = two
    channel = await b.new_channel()
    await a.send(channel, {"type": "hello", "bytes": b"\0"})
    assert await received(b, channel) == {"type": "hello", "bytes": b"\0"}
    with pytest.raises(TypeError, match="another process"):
        await a.receive(channel)


async def test_a_group_reaches_channels_of_other_processes(two: Two) -> None:
    a, b = two
    own, other = await a.new_channel(), await b.new_channel()
    await a.group_add("group", own)
    await b.group_add("group", other)
    await b.group_add("group.of.others", other)
    await a.group_send("group", {"type": "hello"})
    assert (await received(a, own))["type"] == "hello"
    assert (await received(b, other))["type"] == "hello"
    await b.group_discard("group", other)
    await a.group_send("group", {"type": "again"})
    assert (await received(a, own))["type"] == "again"
    await a.group_send("group.of.others", {"type": "end"})
    assert (await received(b, other))["type"] == "end"


async def test_a_foreign_channel_that_joined_a_group_gets_it_too(two: Two) -> None:
    a, b = two
    channel = await b.new_channel()
    await a.group_add("group", channel)
    await a.group_send("group", {"type": "hello"})
    assert (await received(b, channel))["type"] == "hello"


async def test_a_general_channel_is_received_by_a_process_that_works_on_it(two: Two) -> None:
    a, b = two
    worker = asyncio.create_task(b.receive("thumbnails"))
    await asyncio.sleep(0)
    until(lambda: any(each.roles for each in a.manager.peers()))
    await a.send("thumbnails", {"type": "make"})
    assert (await asyncio.wait_for(worker, 10))["type"] == "make"


async def test_a_full_channel_of_another_process_drops_and_counts(two: Two) -> None:
    a, b = two
    channel = await b.new_channel()
    for _ in range(5):
        await a.send(channel, {"type": "message"})
    until(lambda: b.manager.counts().get("channel_full") == 2)


async def test_what_a_process_sends_that_is_no_message_of_a_channel_is_counted(two: Two) -> None:
    a, b = two
    for each in ("text", [1, b""], ["channel"], ["channel", "text"]):
        a.manager.send("b", each)
    until(lambda: b.manager.counts().get("malformed") == 4)


async def test_a_broker_that_comes_back_is_used_again() -> None:
    ports = broker_ports()
    a, b = layer_at(ports), layer_at(ports)
    channel = await b.new_channel()
    await b.group_add("group", channel)
    with Running(ports):
        until(lambda: a.manager.is_connected and b.manager.is_connected)
        await b.group_add("group", channel)
        await a.group_send("group", {"type": "hello"})
        assert (await received(b, channel))["type"] == "hello"
    await a.close()
    await b.close()


async def test_a_hundred_channels_get_a_group_at_once(two: Two) -> None:
    a, b = two
    channels = [await b.new_channel() for _ in range(100)]
    for each in channels:
        await b.group_add("group", each)
    await a.group_send("group", {"type": "message.1"})
    for each in channels:
        assert (await received(b, each))["type"] == "message.1"


def test_channels_makes_the_layer_of_its_settings(running: Running) -> None:
    backend = "cluster.channel_layer.ZmqChannelLayer"
    given = {"BACKEND": backend, "CONFIG": settings_of(running.ports)}
    with override_settings(CHANNEL_LAYERS={"default": given}):
        layer = get_channel_layer()
        assert isinstance(layer, ZmqChannelLayer)
        assert set(layer.extensions) == {"groups", "flush"}
        async_to_sync(layer.close)()
