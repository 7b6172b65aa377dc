"""How to talk to each server: what a client sends to join, what a batch is, what acknowledges one.

Every batch sets one field of one node to a mark, `~~writer-number;`, which is found in whatever the
server makes of it, JSON or binary. The writers have nodes of their own, so that no server spends
time on settling conflicts which another one does not have.
"""

from __future__ import annotations

import json
import re
from typing import Protocol

from benchmarks.wire import BINARY, Connection, frame

#: Once in a message for each batch in it; twice the same, as in binary one alone may be a number.
MARK = b"~~"
#: The writer and number of a mark.
MARKS = re.compile(rb"~~(\d+)-(\d+);")

NODES = 200


def node_of(writer: int, writers: int, number: int, nodes: int = NODES) -> int:
    """The node that a writer's batch changes."""
    return (number * writers + writer) % nodes


class Speaker(Protocol):
    """A client that has joined; `ack` is in what it hears once for each batch of its own."""

    ack: bytes

    def batch(self, number: int) -> bytes:
        """The frame of its batch with this number."""

    def heard(self, payload: bytes) -> None:
        """Take notice of what the server told."""


class Dialect(Protocol):
    """The language of a server."""

    async def make_room(self, name: str) -> str:
        """A room with NODES nodes; returns what `join` calls it."""

    async def join(self, room: str, number: int, writers: int) -> tuple[Connection, Speaker]:
        """A client of a room, which numbers itself; those below `writers` write."""


class Plain:
    """A speaker that needs not listen."""

    ack = b""

    def heard(self, payload: bytes) -> None:
        """Nothing to be noticed."""

    def batch(self, number: int) -> bytes:
        """Never sent: a listener."""
        raise NotImplementedError


class ChannelsSpeaker(Plain):
    """The tutorial's chat: JSON with a message, echoed to all, the sender too."""

    def __init__(self, writer: int, writers: int) -> None:
        self.writer, self.writers = writer, writers
        self.ack = b"~~%d-" % writer

    def batch(self, number: int) -> bytes:
        """The same instruction that Nodius gets, as a message."""
        node = node_of(self.writer, self.writers, number)
        path = f'["nodes","n{node}","label"]'
        mark = f"~~{self.writer}-{number};"
        return frame(f'{{"message":[{{"o":1,"p":{path},"v":"{mark}"}}]}}'.encode())


class Channels:
    """The chat of the Channels tutorial."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def make_room(self, name: str) -> str:
        """A room is there as soon as somebody is in it."""
        return name

    async def join(self, room: str, number: int, writers: int) -> tuple[Connection, Speaker]:
        """Being connected is being in."""
        connection = await Connection.open(self.port, f"/ws/chat/{room}/")
        return connection, ChannelsSpeaker(number, writers)


class ShareDBSpeaker(Plain):
    """Ops of json0, each on top of the newest version that was heard of."""

    _VERSION = re.compile(rb'"v":(\d+)')

    def __init__(self, writer: int, writers: int, room: str, client: str, version: int) -> None:
        self.writer, self.writers, self.room, self.version = writer, writers, room, version
        # What it is sent again of its own, as it had not heard of it yet, begins with another key.
        self.ack = f'{{"src":"{client}"'.encode()

    def heard(self, payload: bytes) -> None:
        """The version after the op that is told, or that is acknowledged."""
        if found := self._VERSION.search(payload):
            self.version = max(self.version, int(found[1]) + 1)

    def batch(self, number: int) -> bytes:
        """An op that sets the label."""
        path = f'["nodes","n{node_of(self.writer, self.writers, number)}","label"]'
        op = f'[{{"p":{path},"oi":"~~{self.writer}-{number};"}}]'
        # ShareDB's own clients count from one as well.
        seq = f'"v":{self.version},"seq":{number + 1}'
        return frame(
            f'{{"a":"op","c":"rooms","d":"{self.room}",{seq},"x":{{}},"op":{op}}}'.encode()
        )


class ShareDB:
    """ShareDB's JSON protocol."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def make_room(self, name: str) -> str:
        """Create the document."""
        connection, _ = await self._shake_hands()
        created = {"type": "http://sharejs.org/types/JSONv0", "data": {"nodes": nodes()}}
        where = {"c": "rooms", "d": name}
        op = {"a": "op", **where, "v": 0, "seq": 1, "x": {}, "create": created}
        connection.send(frame(json.dumps(op).encode()))
        await connection.receive_with(b'"a":"op"')
        connection.close()
        return name

    async def join(self, room: str, number: int, writers: int) -> tuple[Connection, Speaker]:
        """Subscribe to the document."""
        connection, client = await self._shake_hands()
        connection.send(frame(json.dumps({"a": "s", "c": "rooms", "d": room}).encode()))
        answer = json.loads(await connection.receive_with(b'"a":"s"'))
        version = int(answer["data"]["v"])
        return connection, ShareDBSpeaker(number, writers, room, client, version)

    async def _shake_hands(self) -> tuple[Connection, str]:
        connection = await Connection.open(self.port, "/")
        connection.send(frame(b'{"a":"hs","id":null,"protocol":1,"protocolMinor":2}'))
        answer = json.loads(await connection.receive_with(b'"a":"hs"'))
        return connection, str(answer["id"])


class HocuspocusSpeaker(Plain):
    """Updates that Yjs made beforehand; the server answers each with a SyncStatus."""

    def __init__(self, room: str, updates: list[bytes]) -> None:
        self._head = text(room) + b"\x00\x02"
        self._updates = updates
        self.ack = text(room) + b"\x08\x01"

    def batch(self, number: int) -> bytes:
        """The next update of this writer's document."""
        update = self._updates[number]
        return frame(self._head + whole(len(update)) + update, BINARY)


class Hocuspocus:
    """Hocuspocus' protocol: that of y-protocols, with the document's name in front.

    `updates`: what each writer sends, in order; a document starts as their base.
    """

    def __init__(self, port: int, updates: list[list[bytes]]) -> None:
        self.port, self._updates = port, updates

    async def make_room(self, name: str) -> str:
        """The server makes it from the base when the first one comes."""
        return name

    async def join(self, room: str, number: int, writers: int) -> tuple[Connection, Speaker]:
        """Show a token, ask for the state, get it."""
        connection = await Connection.open(self.port, "/")
        connection.send(frame(text(room) + b"\x02\x00" + text("token"), BINARY))
        await connection.receive_with(text(room) + b"\x02\x02")
        connection.send(frame(text(room) + b"\x00\x00\x01\x00", BINARY))
        await connection.receive_with(text(room) + b"\x00\x01")
        updates = self._updates[number % len(self._updates)] if number < writers else []
        return connection, HocuspocusSpeaker(room, updates)


class NodiusSpeaker(Plain):
    """A SET with an id."""

    def __init__(self, writer: int, writers: int, key: str, nodes: int) -> None:
        self.writer, self.writers, self.key, self.nodes = writer, writers, key, nodes
        self.ack = b'"id":"%d-' % writer

    def batch(self, number: int) -> bytes:
        """Set a label."""
        path = f'["nodes","n{node_of(self.writer, self.writers, number, self.nodes)}","label"]'
        mark = f"{self.writer}-{number}"
        instruction = f'{{"o":1,"p":{path},"v":"~~{mark};"}}'
        return frame(
            f'{{"type":"instructions","workflowKey":"{self.key}","id":"{mark}",'
            f'"instructions":[{instruction}]}}'.encode()
        )


def nodes(count: int = NODES) -> dict[str, dict[str, object]]:
    """Nodes as an editor keeps them."""
    return {
        f"n{number}": {
            "type": "task",
            "label": f"Step {number}",
            "posX": number % 20 * 200,
            "posY": number // 20 * 100,
            "size": {"width": 160, "height": 60},
            "data": {"owner": "somebody", "retries": 3},
        }
        for number in range(count)
    }


def edges(count: int, among: int) -> dict[str, dict[str, object]]:
    """Edges between nodes n0 … n<among - 1>."""
    return {
        f"e{number}": {
            "source": f"n{number % among}",
            "target": f"n{(number * 7 + 1) % among}",
            "sourceHandle": "out",
            "targetHandle": "in",
        }
        for number in range(count)
    }


def whole(number: int) -> bytes:
    """A number as lib0 writes it: seven bits a byte, the least first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def text(value: str) -> bytes:
    """A text as lib0 writes it."""
    raw = value.encode()
    return whole(len(raw)) + raw
