"""A socket of one person in a room: says something, and has all that is said back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sockets import MemorySocket, Person, Room

APPEND = {"o": 3, "p": ["data", "log"], "v": "x"}


class Talk:
    """A socket of one person: says something, and has all that is said back."""

    def __init__(self, room: Room, person: Person, key: str, **headers: str) -> None:
        self.room, self.person, self.key = room, person, key
        self.socket: MemorySocket = room.open(**headers)

    async def say(self, type: str, **fields: object) -> list[dict[str, Any]]:
        """Send one message; returns what came until nothing more came."""
        self.socket.send(type, **fields)
        return await self.hear()

    async def hear(self) -> list[dict[str, Any]]:
        """What has come, and what still comes without another message."""
        self.socket.flush()
        await self.room.settled()
        return self.socket.take()

    async def join(self, **fields: object) -> dict[str, Any]:
        """Connect; returns `connected`."""
        first, *self.after = await self.connect(**fields)
        assert first["type"] == "connected", first
        return first

    async def connect(self, **fields: object) -> list[dict[str, Any]]:
        """Connect; returns what came."""
        asked = {"workflowKey": self.key, "token": self.person.token, **fields}
        return await self.say("connect", **asked)

    async def act(self, *batch: object, **fields: object) -> list[dict[str, Any]]:
        """Send a batch; returns what came."""
        return await self.say(
            "instructions", workflowKey=self.key, instructions=list(batch), **fields
        )

    def code(self) -> int | None:
        """The code with which the server has closed the socket."""
        return self.socket.closed

    async def looked_after(self) -> None:
        """Have the server do what it does every second."""
        await self.room.registry._look()
        await self.room.settled()


def kinds(messages: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    """The types, with the seq or the code where there is one."""
    return [
        (each["type"], each.get("seq", each.get("code")))
        if "seq" in each or "code" in each
        else (each["type"],)
        for each in messages
    ]
