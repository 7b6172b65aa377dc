"""A client that writes as fast as it is answered, on a thread of its own, until it is cut off."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.serving import Serving
from tests.wire import Wire

WINDOW = 8


class Hammer:
    """Appends its own ids to `data/log` of one workflow.

    After `start` it writes until the connection ends; `come_back` connects again, resumes, and
    sends again what was not answered.
    """

    def __init__(self, serving: Serving, token: str, key: str, name: str) -> None:
        self.serving, self.token, self.key, self.name = serving, token, key, name
        self.acked: dict[str, int] = {}
        self.unanswered: dict[str, None] = {}
        self.log: list[str] = []
        self.seq = -1
        self.epoch = ""
        self.heard: list[str] = []
        self.code: int | None = None
        self.sent = 0
        self.error: Exception | None = None
        self.connects = 0
        self._thread = threading.Thread()

    def start(self) -> None:
        """Connect, and write on a thread of its own."""
        wire = self._connect()
        self.code = None
        self._thread = threading.Thread(target=self._run, args=(wire,))
        self._thread.start()

    def wait_for(self, count: int, timeout: float = 30) -> None:
        """Return when so many more batches were acknowledged."""
        wanted, deadline = len(self.acked) + count, time.monotonic() + timeout
        while len(self.acked) < wanted:
            assert self._thread.is_alive(), f"{self.name} was cut off: {self.error}"
            assert time.monotonic() < deadline, f"{self.name} is not answered any more"
            time.sleep(0.005)

    def join(self, timeout: float = 30) -> int:
        """Wait until it is cut off; returns the close code."""
        self._thread.join(timeout)
        assert not self._thread.is_alive(), f"{self.name} was not cut off"
        if self.error is not None:
            raise self.error
        assert self.code is not None
        return self.code

    def come_back(self, timeout: float = 30) -> None:
        """Connect as soon as that is possible, and return when everything is answered."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                with self._connect() as wire:
                    while self.unanswered:
                        self._take(wire.receive(timeout))
                    return
            except (OSError, WebSocketException):
                assert time.monotonic() < deadline, f"{self.name} cannot come back"
                time.sleep(0.05)

    def try_again(self) -> int:
        """Connect and write on until it is cut off again; returns the close code."""
        try:
            self.start()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006
        return self.join()

    def _connect(self) -> Wire:
        wire = Wire(self.serving, self.token)
        try:
            known = {} if self.seq < 0 else {"lastSeq": self.seq, "epoch": self.epoch}
            wire.send(
                "connect", workflowKey=self.key, token=self.token, clientId=self.name, **known
            )
            while (message := wire.receive())["type"] != "connected":
                assert message["type"] == "closing", message
            if "workflow" in message:
                self.seq, self.log = message["seq"], message["workflow"]["data"]["log"]
            self.epoch = message["epoch"]
            self.connects += 1
            for id in self.unanswered:
                self._append(wire, id)
        except BaseException:
            wire.opened.close()
            raise
        return wire

    def _run(self, wire: Wire) -> None:
        try:
            with wire:
                while True:
                    while len(self.unanswered) < WINDOW:
                        self.sent += 1
                        self.unanswered[id := f"{self.name}-{self.sent}"] = None
                        self._append(wire, id)
                    self._take(wire.receive(30))
        except ConnectionClosed:
            self._read_the_rest(wire)
        except Exception as error:
            self.error = error

    def _read_the_rest(self, wire: Wire) -> None:
        """What had arrived before the end counts, also if the end was noticed while sending."""
        try:
            while True:
                self._take(wire.receive(1))
        except ConnectionClosed as end:
            self.code = end.rcvd.code if end.rcvd else 1006

    def _append(self, wire: Wire, id: str) -> None:
        wire.act(self.key, {"o": 3, "p": ["data", "log"], "v": id}, id=id)

    def _take(self, message: dict[str, Any]) -> None:
        self.heard.append(message["type"])
        if message["type"] in ("ack", "update"):
            value = message.get("id") or message["instructions"][0]["v"]
            assert message["seq"] <= self.seq + 1, f"{self.name} has a gap at {message['seq']}"
            if message["seq"] == self.seq + 1:
                self.log.append(value)
                self.seq += 1
        if message["type"] == "ack":
            assert self.acked.setdefault(message["id"], message["seq"]) == message["seq"]
            self.unanswered.pop(message["id"], None)
        assert message["type"] != "error", message


def nothing_is_lost(http: httpx.Client, key: str, hammers: list[Hammer]) -> None:
    """Everything acknowledged is in history and document once, at its seq, and seq has no gap."""
    flow = http.get(f"/api/workflow/{key}").json()["workflow"]
    history: list[dict[str, Any]] = []
    while page := page_of(http, key, history[-1]["seq"] if history else None):
        history += page
    history.reverse()
    assert [each["seq"] for each in history] == list(range(1, flow["seq"] + 1))
    values = [each["instructions"][0]["v"] for each in history]
    assert flow["data"]["log"] == values and len(values) == len({*values})
    for hammer in hammers:
        assert {id: values[seq - 1] for id, seq in hammer.acked.items()} == {
            id: id for id in hammer.acked
        }
        assert hammer.log == values[: hammer.seq], f"{hammer.name} has another document"
        assert len(hammer.acked) == hammer.sent, "everything was answered in the end"


def page_of(http: httpx.Client, key: str, before: int | None) -> list[dict[str, Any]]:
    asked = {"limit": 1000} if before is None else {"limit": 1000, "before": before}
    history: list[dict[str, Any]] = http.get(f"/api/history/{key}", params=asked).json()["history"]
    return history
