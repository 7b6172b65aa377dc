"""Kills a server again and again while clients write to it, and looks for what that has lost.

The server is a process of its own, `manage.py serve`, on a workflow made for this. Its clients keep
what they were told; after every kill they come back, and then history, document and all that they
were told must be one.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from nodius_site.options import ROOT, environment_with

#: Batches that a client sends without waiting for their answers.
WINDOW = 8
#: Seconds that a server has for starting, and clients have for coming back.
PATIENCE = 60.0
#: Seconds of writing before a kill, at least and at most.
SHORTEST, LONGEST = 0.05, 0.5


class Lost(Exception):
    """A promise was broken; the text says which."""


class Server:
    """One `manage.py serve` after the other, on the same data."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._environment = environment_with(environment)
        self._log = data_dir / "server.log"
        options = {"port": 0, "host": "127.0.0.1", "data_dir": data_dir, "instruction_rate": 10**9}
        words = [f"{name}={value}" for name, value in options.items()]
        self._command = [sys.executable, str(ROOT / "manage.py"), "serve", *words]
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> str:
        """Start it; returns the address of its socket. Raises Lost if it does not come up."""
        self.process = self._spawn()
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"Nodius is at http(\S+)", self._log.read_text())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Lost(f"the server does not start:\n{self._log.read_text()[-4000:]}")
            await asyncio.sleep(0.01)
        return f"ws{found[1]}/ws"

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own program, with our own words
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it with SIGKILL, wherever it is."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Writer:
    """A client that appends its own batches to `data/log`, and keeps what it was told.

    `resumes`: it comes back by what it knows; else it asks for the whole workflow. `grouped`: it is
    told many batches in one frame. `options`: more for the call that opens a socket.
    """

    name: str
    workflow: str
    token: str
    resumes: bool
    grouped: bool
    options: Mapping[str, Any] = field(default_factory=dict)
    seq: int = -1
    epoch: str = ""
    log: list[str] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)
    #: Batches without an answer, in the order in which they were sent.
    unanswered: dict[str, None] = field(default_factory=dict)
    _writing: bool = False
    _sent: int = 0
    _socket: ClientConnection | None = None

    @property
    def settled(self) -> bool:
        """Whether it is connected, and has an answer to everything."""
        return self._socket is not None and not self.unanswered

    async def run(self, url: str) -> None:
        """Come back, send again what was not answered, and listen until the connection ends."""
        with suppress(OSError, WebSocketException):
            async with connect(
                url, max_size=None, compression=None, proxy=None, **self.options
            ) as socket:
                await self._send(socket, "connect", **self._introduction())
                async for frame in socket:
                    await self._take(socket, json.loads(frame))
                    await self._write_more()
        self._socket, self._writing = None, False

    async def write(self) -> None:
        """Write, as fast as the answers come, until the connection ends."""
        self._writing = True
        with suppress(OSError, WebSocketException):
            await self._write_more()

    async def _write_more(self) -> None:
        while self._writing and self._socket is not None and len(self.unanswered) < WINDOW:
            self._sent += 1
            self.unanswered[id := f"{self.name}-{self._sent}"] = None
            await self._append(self._socket, id)

    async def _take(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "connected":
            if not message["resumed"]:
                self.log, self.seq = list(message["workflow"]["data"]["log"]), message["seq"]
            self.epoch = message["epoch"]
            for id in self.unanswered:
                await self._append(socket, id)
            self._socket = socket
        elif kind == "ack":
            self._told(message["seq"], message["id"])
            self._answered(message["id"], message["seq"])
        elif kind in ("update", "updates"):
            for entry in message.get("updates", [message]):
                self._told(entry["seq"], entry["instructions"][0]["v"])
                # Only in a group has a batch of one's own its id: what an earlier socket has sent
                # comes as somebody else's, and is answered when it is sent again.
                if entry["sourceClientId"] == self.name and "id" in entry:
                    self._answered(entry["id"], entry["seq"])
        elif kind == "error":
            raise Lost(f"{self.name} was refused: {message}")

    def _told(self, seq: int, id: str) -> None:
        if seq > self.seq + 1:
            raise Lost(f"{self.name} was told batch {seq} after batch {self.seq}")
        if seq > self.seq:
            self.log.append(id)
            self.seq = seq

    def _answered(self, id: str, seq: int) -> None:
        if self.acked.setdefault(id, seq) != seq:
            raise Lost(f"{id} was acknowledged as batch {self.acked[id]}, and then as {seq}")
        self.unanswered.pop(id, None)

    def _introduction(self) -> dict[str, Any]:
        known = {"lastSeq": self.seq, "epoch": self.epoch} if self.resumes and self.seq >= 0 else {}
        return {"token": self.token, "clientId": self.name, "batch": self.grouped, **known}

    async def _append(self, socket: ClientConnection, id: str) -> None:
        instructions = [{"o": 3, "p": ["data", "log"], "v": id}]
        await self._send(socket, "instructions", id=id, instructions=instructions)

    async def _send(self, socket: ClientConnection, type: str, **fields: object) -> None:
        await socket.send(json.dumps({"type": type, "workflowKey": self.workflow, **fields}))


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds of the workflow: the head's seq, the history as (seq, value appended),
    and the document's log.
    """

    seq: int
    history: Sequence[tuple[int, str]]
    log: Sequence[str]


def broken(stored: Stored, writers: Iterable[Writer]) -> list[str]:
    """The promises that were broken, one line each."""
    found = []
    values = [value for _, value in stored.history]
    if [seq for seq, _ in stored.history] != list(range(1, stored.seq + 1)):
        found.append(f"the history is not 1 to {stored.seq}")
    if doubled := [value for value, times in Counter(values).items() if times > 1]:
        found.append(f"applied more than once: {doubled[:5]}")
    if list(stored.log) != values:
        found.append("the document is not what its history leads to")
    places = {value: seq for seq, value in stored.history}
    for writer in writers:
        lost = [id for id, seq in writer.acked.items() if places.get(id) != seq]
        if lost:
            found.append(f"acknowledged to {writer.name} and not there: {lost[:5]}")
        if writer.log != values[: writer.seq]:
            found.append(f"{writer.name} has another document, at batch {writer.seq}")
        if writer.seq != stored.seq:
            found.append(f"{writer.name} knows {writer.seq} of {stored.seq} batches")
    return found


async def until(
    running: Sequence[asyncio.Task[None]],
    writers: Sequence[Writer],
    condition: Callable[[Writer], bool],
) -> None:
    """Return when it holds of every writer.

    Raises Lost, and what a task of those that run them raises, if one ends before, and Lost with
    the names of those who are late after PATIENCE.
    """
    deadline = time.monotonic() + PATIENCE
    while late := [writer.name for writer in writers if not condition(writer)]:
        for task in running:
            if task.done():
                task.result()
                raise Lost("the server closed a connection that nobody has given up")
        if time.monotonic() > deadline:
            raise Lost(f"not everybody is back after {PATIENCE:.0f} s: {', '.join(late)}")
        await asyncio.sleep(0.01)


class CrashTest:
    """Kills `server` while `writers` write.

    `stored` reads the store and blocks; `say` is given one line a kill.
    """

    def __init__(
        self,
        server: Server,
        writers: Sequence[Writer],
        stored: Callable[[], Stored],
        say: Callable[[str], None],
    ) -> None:
        self.server, self.writers, self.stored, self.say = server, writers, stored, say

    async def run(self, kills: int) -> int:
        """Returns how many batches were acknowledged; raises Lost."""
        try:
            running, _ = await self._come_back()
            for number in range(1, kills + 1):
                before = self._acked
                lasted = await self._kill(running)
                open_ = sum(len(writer.unanswered) for writer in self.writers)
                gained = self._acked - before
                running, away = await self._come_back()
                self.say(
                    f"kill {number}: after {lasted:.2f} s, {gained} batches acknowledged and "
                    f"{open_} without an answer; all are back after {away:.1f} s, nothing is lost"
                )
        finally:
            self.server.kill()
        await asyncio.gather(*running)
        return self._acked

    @property
    def _acked(self) -> int:
        return sum(len(writer.acked) for writer in self.writers)

    async def _kill(self, running: Sequence[asyncio.Task[None]]) -> float:
        """Have everybody write, and kill the server some time later."""
        lasted = random.uniform(SHORTEST, LONGEST)  # noqa: S311 - any moment will do
        for writer in self.writers:
            await writer.write()
        await asyncio.sleep(lasted)
        self.server.kill()
        await asyncio.gather(*running)
        return lasted

    async def _come_back(self) -> tuple[list[asyncio.Task[None]], float]:
        """Start the server, have everybody come back, and look for what is lost."""
        began = time.monotonic()
        url = await self.server.start()
        running = [asyncio.create_task(writer.run(url)) for writer in self.writers]
        await until(running, self.writers, lambda writer: writer.settled)
        stored = await asyncio.to_thread(self.stored)
        await until(running, self.writers, lambda writer: writer.seq >= stored.seq)
        if found := broken(stored, self.writers):
            raise Lost("; ".join(found))
        return running, time.monotonic() - began
