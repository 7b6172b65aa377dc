"""A client that does what the protocol says a client does, and asserts what it is promised."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import msgspec

from tests.sockets import MemorySocket, Person, Room
from workflows.instructions import Instruction, apply

#: Errors after which a batch stays in the queue.
TO_BE_SENT_AGAIN = {"not_connected", "unauthorized", "token_expired", "rate_limited"}

_instructions = msgspec.json.Decoder(list[Instruction])


def canonical(document: object) -> bytes:
    """A document as JSON in which equal ones are equal byte for byte."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def replay(document: dict[str, Any], instructions: object) -> None:
    """Apply a batch as it was told, in place."""
    for each in _instructions.decode(json.dumps(instructions)):
        apply(document, each)


class Editor:
    """A client with a base (document and seq) and a queue of batches that are not answered yet.

    `seen` counts what happened to it.
    """

    def __init__(self, room: Room, key: str, person: Person, name: str, grouped: bool) -> None:
        self.room, self.key, self.person = room, key, person
        self.name, self.grouped = name, grouped
        self.socket: MemorySocket | None = None
        self.connected = False
        self.base: dict[str, Any] = {}
        self.seq = -1
        self.epoch = ""
        #: By id: the message to send, until it is answered.
        self.queue: dict[str, dict[str, Any]] = {}
        self.acked: dict[str, int] = {}
        self.seen: Counter[str] = Counter()
        self._sent = 0

    def act(self, kind: str, **fields: object) -> str:
        """Put a batch, an undo or a redo into the queue, and send it if connected."""
        self._sent += 1
        id = f"{self.name}-{self._sent}"
        self.queue[id] = {"type": kind, "workflowKey": self.key, "id": id, **fields}
        if self.connected and self.socket is not None:
            self.socket.send(**self.queue[id])
        return id

    def connect(self, *, afresh: bool = False) -> None:
        """Open a socket, and resume unless `afresh`."""
        self.drop()
        self.socket = self.room.open()
        known = {} if afresh or self.seq < 0 else {"lastSeq": self.seq, "epoch": self.epoch}
        self.socket.send(
            "connect",
            workflowKey=self.key,
            token=self.person.token,
            clientId=self.name,
            batch=self.grouped,
            **known,
        )

    def drop(self) -> None:
        """Lose the connection."""
        if self.socket is not None:
            self.socket.hang_up()
        self.socket, self.connected = None, False

    def say(self, type: str) -> None:
        """Send a message that is no batch, if connected."""
        if self.connected and self.socket is not None:
            self.socket.send(type, workflowKey=self.key)

    def hear(self, count: int | None = None) -> None:
        """Take in what the server has sent; see the close of the socket after the last of it."""
        if self.socket is None:
            return
        for message in self.socket.take(count):
            self.seen[message["type"]] += 1
            getattr(self, f"_on_{message['type']}")(message)
        if self.socket.closed is not None and not self.socket.incoming:
            self.seen[f"closed {self.socket.closed}"] += 1
            self.drop()

    @property
    def resting(self) -> bool:
        """Whether it is connected and waits for nothing."""
        return (
            self.connected
            and not self.queue
            and self.socket is not None
            and not self.socket.outgoing
            and not self.socket.incoming
        )

    def _on_connected(self, message: dict[str, Any]) -> None:
        self.connected = True
        assert message["clientId"] == self.name and message["userId"] == self.person.user_id
        if message["resumed"]:
            assert "workflow" not in message and message["epoch"] == self.epoch
            assert message["seq"] >= self.seq
            self.seen["resumed"] += 1
            self.seen["missed"] += message["seq"] - self.seq
        else:
            if message["epoch"] == self.epoch:
                assert message["seq"] >= self.seq, "the server went back"
            self.base, self.seq = copy.deepcopy(message["workflow"]), message["seq"]
            self.epoch = message["epoch"]
            self.seen["whole"] += 1
        assert self.socket is not None
        self.seen["sent again"] += len(self.queue)
        for each in self.queue.values():
            self.socket.send(**each)

    def _on_update(self, message: dict[str, Any]) -> None:
        assert not self.grouped, "in batch mode there are only updates"
        self._move_on(message["seq"], message["instructions"])

    def _on_updates(self, message: dict[str, Any]) -> None:
        assert self.grouped and message["updates"]
        for entry in message["updates"]:
            own = (entry["userId"], entry["sourceClientId"]) == (self.person.user_id, self.name)
            if own and "id" in entry:
                self._answered(entry["id"], entry["seq"])
            self._move_on(entry["seq"], entry["instructions"])

    def _on_ack(self, message: dict[str, Any]) -> None:
        sent = self.queue.get(message["id"])
        if message["seq"] > self.seq:
            assert not self.grouped, "a repeated ack never comes before what it stands for"
            assert sent is not None, "an answer to nothing"
            self._move_on(message["seq"], message.get("instructions", sent.get("instructions")))
        else:
            self.seen["first answer again"] += 1
        if "skipped" in message:
            self.seen["skipped"] += 1
        self._answered(message["id"], message["seq"])

    def _on_error(self, message: dict[str, Any]) -> None:
        assert message["code"] != "internal_error", message
        self.seen[message["code"]] += 1
        if message["code"] == "workflow_not_found":
            self.queue.clear()
        elif message["code"] not in TO_BE_SENT_AGAIN and "id" in message:
            self.queue.pop(message["id"], None)

    def _on_deleted(self, message: dict[str, Any]) -> None:
        assert message["workflowKey"] == self.key
        self.queue.clear()

    def _on_closing(self, message: dict[str, Any]) -> None:
        assert message["retryAfterMs"] >= 0

    def _on_saved(self, message: dict[str, Any]) -> None:
        assert message["seq"] <= self.seq, "saved is told after what was saved"

    def _on_presence(self, message: dict[str, Any]) -> None:
        assert (message["userId"], message["clientId"]) != (self.person.user_id, self.name)

    def _move_on(self, seq: int, instructions: object) -> None:
        if seq <= self.seq:
            raise AssertionError(f"{self.name} was told {seq} at {self.seq}: a batch told twice")
        assert seq == self.seq + 1, f"{self.name} was told {seq} at {self.seq}: a gap"
        replay(self.base, instructions)
        self.seq = seq

    def _answered(self, id: str, seq: int) -> None:
        assert self.acked.setdefault(id, seq) == seq, "another answer than the first"
        self.queue.pop(id, None)
