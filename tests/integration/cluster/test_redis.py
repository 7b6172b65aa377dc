"""`channel_layer=redis://…`: Channels' own layer for it, as our settings make it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer  # type: ignore[import-untyped]  # it has no types

from tests.integration.cluster.scene import SECRET, said_by_settings
from tests.redis import RedisServer


def config(redis: RedisServer, folder: Path, secret: str = SECRET) -> dict[str, Any]:
    """What the settings of a process with this option and secret hand to the layer."""
    words = (f"channel_layer={redis.url}", f"jwt_secret={secret}", f"data_dir={folder}")
    made = said_by_settings("CHANNEL_LAYERS", *words)["default"]
    assert made["BACKEND"] == "channels_redis.core.RedisChannelLayer"
    given: dict[str, Any] = made["CONFIG"]
    return given


@pytest.fixture
async def two(
    redis: RedisServer, tmp_path: Path
) -> AsyncIterator[tuple[RedisChannelLayer, RedisChannelLayer]]:
    """The layers of two processes of one cluster."""
    given = config(redis, tmp_path)
    a, b = RedisChannelLayer(**given), RedisChannelLayer(**given, capacity=3)
    yield a, b
    await a.flush()
    for each in (a, b):
        await each.close_pools()


Two = tuple[RedisChannelLayer, RedisChannelLayer]


async def received(layer: RedisChannelLayer, channel: str) -> Any:
    return await asyncio.wait_for(layer.receive(channel), 10)


async def test_a_channel_of_another_process_is_sent_to(two: Two) -> None:
    a, b = two
    channel = await b.new_channel()
    await a.send(channel, {"type": "hello", "bytes": b"\0"})
    assert await received(b, channel) == {"type": "hello", "bytes": b"\0"}


async def test_a_group_reaches_the_channels_of_all_processes(two: Two) -> None:
    a, b = two
    own, other, left = await a.new_channel(), await b.new_channel(), await b.new_channel()
    for layer, channel in ((a, own), (b, other), (b, left)):
        await layer.group_add("group", channel)
    await b.group_discard("group", left)
    await a.group_send("group", {"type": "hello"})
    assert (await received(a, own))["type"] == "hello"
    assert (await received(b, other))["type"] == "hello"
    await a.send(left, {"type": "end"})
    assert (await received(b, left))["type"] == "end"


async def test_who_waits_for_a_message_is_not_taken_for_a_dead_connection(two: Two) -> None:
    a, _ = two
    pool = a.connection(0).connection_pool
    assert pool.connection_kwargs["socket_timeout"] > a.brpop_timeout


async def test_a_channel_has_a_capacity(two: Two) -> None:
    _, b = two
    for _ in range(3):
        await b.send("channel", {"type": "message"})
    with pytest.raises(ChannelFull):
        await b.send("channel", {"type": "message"})


async def test_two_clusters_share_one_redis_and_do_not_mix(
    two: Two, redis: RedisServer, tmp_path: Path
) -> None:
    a, _ = two
    other = RedisChannelLayer(**config(redis, tmp_path, "the secret of another cluster, no less"))
    await a.group_add("group", await a.new_channel())
    await other.send("channel", {"type": "theirs"})
    await a.send("channel", {"type": "ours"})
    assert (await received(a, "channel"))["type"] == "ours"
    assert (await received(other, "channel"))["type"] == "theirs"
    await other.flush()
    await other.close_pools()
