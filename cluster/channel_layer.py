"""Channels' layer over the cluster: `CHANNEL_LAYERS` names `ZmqChannelLayer`.

A channel belongs to the process that made it, and its name says which. Groups are known to each
process for its own channels: to send to a group is to publish, and each process hands on to those
it has. Nothing is kept elsewhere: without a broker it is a layer of this process alone.
"""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from cluster import messages
from cluster.errors import Unreachable
from cluster.inbox import Subscription
from cluster.mailboxes import Mailboxes
from cluster.manager import ClusterManager

#: Seconds for which joining a group may wait until a broker hands on what is sent to it.
_JOINING = 1.0


class ZmqChannelLayer(BaseChannelLayer):
    """Any thread and event loop may use it. What it takes beside Channels' own settings is for its
    `ClusterManager`, which is there as `manager`.

    A channel without `!` is received in processes that have called `receive` for it, and a message
    goes to one of them. Membership in a group is to be given up in the process that asked for it;
    `flush` empties what this process has.
    """

    extensions = ("groups", "flush")

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: Mapping[re.Pattern[str] | str, int] | None = None,
        **manager: Any,
    ) -> None:
        super().__init__(capacity=capacity)
        # Their types have it as whole seconds, and what was not compiled yet.
        self.expiry = expiry  # type: ignore[assignment]
        self.channel_capacity = self.compile_capacities(  # type: ignore[assignment]
            dict(channel_capacity or {})
        )
        self._group_expiry = group_expiry
        self._mailboxes = Mailboxes(expiry)
        self._lock = Lock()
        #: Of each group the channels, and when each joined; and what hears for the group.
        self._groups: dict[str, dict[str, float]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._swept = time.monotonic()
        self.manager = ClusterManager(**manager)
        self.manager.on_message(self._take)

    @property
    def waiting(self) -> int:
        """How many channels of this process have messages that wait."""
        return len(self._mailboxes)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Raises ChannelFull if the channel is of this process and has no room, errors.Unfit."""
        self.require_valid_channel_name(channel)
        self._sweep()
        self._post(channel, _encoded(message))

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message. Raises TypeError for a channel of another process."""
        self.require_valid_channel_name(channel)
        if "!" not in channel:
            self.manager.take_on(_role(channel))
        elif _owner(channel) != self.manager.name:
            raise TypeError(f"{channel} is a channel of another process: receive it there")
        self._sweep()
        message: dict[str, Any] = messages.body(await self._mailboxes.take(channel))
        return message

    async def new_channel(self, prefix: str = "specific") -> str:
        """The name of a channel of this process that nobody else has."""
        return f"{prefix}.{self.manager.name}!{secrets.token_hex(8)}"

    async def group_add(self, group: str, channel: str) -> None:
        """From when this returns, the channel gets what others send to the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._lock:
            self._groups.setdefault(group, {})[channel] = time.monotonic()
            if group not in self._subscriptions:
                given = partial(self._give, group)
                self._subscriptions[group] = self.manager.subscribe(_topic(group), given)
            ready = self._subscriptions[group].ready
        # Without a broker, and if it is slow, what is sent meanwhile is missing.
        if self.manager.is_connected:
            with suppress(TimeoutError, Unreachable):
                await asyncio.wait_for(asyncio.wrap_future(ready), _JOINING)

    async def group_discard(self, group: str, channel: str) -> None:
        """The channel gets no more of the group; it need not be in it."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self._leave(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """A channel of the group without room misses the message. Raises errors.Unfit."""
        self.require_valid_group_name(group)
        self._sweep()
        self.manager.publish(_topic(group), _encoded(message))

    async def flush(self) -> None:
        """Empty all channels and groups of this process."""
        self._mailboxes.clear()
        with self._lock:
            self._groups.clear()
            those = list(self._subscriptions.values())
            self._subscriptions.clear()
        for each in those:
            each.cancel()

    async def close(self) -> None:
        """Leave the cluster."""
        await asyncio.to_thread(self.manager.close)

    def _post(self, channel: str, message: bytes) -> None:
        peer = _owner(channel) if "!" in channel else self._worker(channel)
        if peer == self.manager.name:
            self._mailboxes.put(channel, message, self.get_capacity(channel))
        else:
            self.manager.send(peer, [channel, message])

    def _worker(self, channel: str) -> str:
        """A process that receives this channel; this one keeps what no other takes."""
        workers = [
            each.name
            for each in self.manager.peers()
            if each.state == "alive" and _role(channel) in each.roles
        ]
        if not workers or self.manager.name in workers:
            return self.manager.name
        return random.choice(workers)  # noqa: S311 - to share the work, no secret

    def _take(self, sender: str, message: object) -> None:
        """Another process sent this to a channel of this one."""
        match message:
            case [str(channel), bytes(body)]:
                self._put(channel, body)
            case _:
                self.manager.count("malformed")

    def _give(self, group: str, message: bytes) -> None:
        """Somebody sent this to a group."""
        with self._lock:
            channels = tuple(self._groups.get(group, ()))
        for channel in channels:
            self._put(channel, message)

    def _put(self, channel: str, message: bytes) -> None:
        try:
            self._post(channel, message)
        except ChannelFull:
            self.manager.count("channel_full")

    def _leave(self, group: str, channel: str) -> None:
        with self._lock:
            channels = self._groups.get(group, {})
            channels.pop(channel, None)
            if channels or group not in self._groups:
                return
            del self._groups[group]
            subscription = self._subscriptions.pop(group)
        subscription.cancel()

    def _sweep(self) -> None:
        """Now and then, remove what has expired; who lets messages expire is in no group."""
        now = time.monotonic()
        if now - self._swept < min(1.0, self.expiry):
            return
        self._swept = now
        expired = self._mailboxes.expire()
        with self._lock:
            over = [
                (group, channel)
                for group, channels in self._groups.items()
                for channel, joined in channels.items()
                if channel in expired or now - joined > self._group_expiry
            ]
        for group, channel in over:
            self._leave(group, channel)


def _encoded(message: dict[str, Any]) -> bytes:
    if not isinstance(message, dict):
        raise TypeError("a message of a channel is a dict")
    return messages.encode(message)


def _owner(channel: str) -> str:
    """The process whose channel this is: its name stands between the last dot and the !."""
    return channel.partition("!")[0].rpartition(".")[2]


def _topic(group: str) -> str:
    return f"channels.group.{group}"


def _role(channel: str) -> str:
    return f"channels.receive.{channel}"
