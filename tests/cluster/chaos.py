"""Clients that write to workflows of a team by a proxy, while its servers are not left alone.

What sleeps here is a fault, for as long as it lasts; what is waited for is waited for by itself.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from nodius_site.crashtest import WINDOW, Stored, Writer, broken, until
from tests.cluster.team import TTL, Team
from tests.crash.hammer import page_of

#: Seconds between two batches of a client, at most, and between two attempts to come back.
PACE, BACK = 0.3, 0.3
#: A client takes a server that does not answer its pings for gone.
PINGS: Mapping[str, float] = {"ping_interval": 0.5, "ping_timeout": 1.0, "open_timeout": 2.0}


@dataclass
class Client(Writer):
    """Writes now and then, comes back as often as it is cut off, and knows for how long it waited
    for an answer at most.
    """

    longest: float = 0.0
    _times: dict[str, float] = field(default_factory=dict)

    async def live(self, url: str, dice: random.Random) -> None:
        """Be there until cancelled."""
        while True:
            await self.run(url)
            await asyncio.sleep(dice.uniform(0, BACK))

    async def nudge(self) -> None:
        """Write one batch, unless too many have no answer yet."""
        socket = self._socket
        if socket is None or len(self.unanswered) >= WINDOW:
            return
        self._sent += 1
        id = f"{self.name}-{self._sent}"
        self.unanswered[id] = None
        self._times[id] = time.monotonic()
        try:
            await self._append(socket, id)
        except (OSError, WebSocketException):
            # It is sent again when the client has come back.
            self._socket = None

    def _answered(self, id: str, seq: int) -> None:
        super()._answered(id, seq)
        if id in self._times:
            self.longest = max(self.longest, time.monotonic() - self._times.pop(id))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is done to a team, and undone; it takes some time."""

    name: str
    do: Callable[[Team, random.Random], None]


def victim(team: Team, dice: random.Random) -> int:
    """The number of a server that it hurts to lose: that with most sockets, or most workflows."""
    with team.client(0) as http:
        told = http.get("/api/cluster").json()["processes"]
    most = dice.choice(["sockets", "workflowCount"])
    pid = max(told, key=lambda each: (each["state"] == "alive", each[most], dice.random()))["pid"]
    pids = [each.process.pid for each in team.servers]
    return pids.index(pid) if pid in pids else dice.randrange(len(pids))


def kill_one(team: Team, dice: random.Random) -> None:
    """kill -9, and a start some time later."""
    server = team.servers[victim(team, dice)]
    server.kill()
    time.sleep(dice.uniform(0, 1))
    server.start()


def stop_one(seconds: float) -> Callable[[Team, random.Random], None]:
    """SIGSTOP for so long, then SIGCONT."""

    def do(team: Team, dice: random.Random) -> None:
        with team.stopped(victim(team, dice)):
            time.sleep(seconds)

    return do


def end_one(team: Team, dice: random.Random) -> None:
    """SIGTERM, and a start."""
    server = team.servers[victim(team, dice)]
    assert server.stop() == 0
    server.start()


def lose_the_layer(team: Team, dice: random.Random) -> None:
    """All messages of the channel layer are lost for a while."""
    end, run = (
        (team.redis.stop, team.redis.start) if team.redis else (team.end_broker, team.run_broker)
    )
    end()
    time.sleep(dice.uniform(0, 2))
    run()


def delay_the_layer(team: Team, dice: random.Random) -> None:
    """The messages of the channel layer come late."""
    layer = team.layer()
    layer.signal(signal.SIGSTOP)
    time.sleep(dice.uniform(0, 2 * TTL))
    layer.signal(signal.SIGCONT)


def cut_pipes(team: Team, dice: random.Random) -> None:
    """All pipes to one server end, and come again, and end."""
    link = team.links[victim(team, dice)]
    for _ in range(3):
        link.cut()
        time.sleep(dice.uniform(0, TTL / 2))


def hold_pipes(team: Team, dice: random.Random) -> None:
    """What goes to one server by pipes comes late."""
    with team.links[victim(team, dice)].held():
        time.sleep(dice.uniform(0, 1.5 * TTL))


def stutter(team: Team, dice: random.Random) -> None:
    """One server stands still for moments only."""
    pid = team.servers[victim(team, dice)].process.pid
    for _ in range(5):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(dice.uniform(0, 0.1))
        os.kill(pid, signal.SIGCONT)
        time.sleep(dice.uniform(0, 0.1))


FAULTS: Sequence[Fault] = (
    Fault("kill -9", kill_one),
    Fault("stop beyond the lease", stop_one(1.8 * TTL)),
    Fault("stop within the lease", stop_one(0.4 * TTL)),
    Fault("end in order", end_one),
    Fault("no channel layer", lose_the_layer),
    Fault("layer late", delay_the_layer),
    Fault("pipes cut", cut_pipes),
    Fault("pipes held up", hold_pipes),
    Fault("stutter", stutter),
)


@asynccontextmanager
async def living(
    http: httpx.Client, clients: Sequence[Client], url: str, seed: int
) -> AsyncIterator[None]:
    """Meanwhile all clients are there and write, until each has an answer to everything and knows
    what the others wrote. Raises what one of them has to complain of.
    """
    dice, enough = random.Random(seed), asyncio.Event()
    lives = [asyncio.create_task(each.live(url, dice)) for each in clients]
    writing = asyncio.create_task(_write_until(enough, clients, dice))
    try:
        yield
        enough.set()
        await writing
        await until(lives, clients, lambda each: each.settled)
        for key in {each.workflow for each in clients}:
            await _compare(http, key, [each for each in clients if each.workflow == key], lives)
    finally:
        for task in (writing, *lives):
            task.cancel()
        ended = await asyncio.gather(writing, *lives, return_exceptions=True)
    faults = [each for each in ended if isinstance(each, Exception)]
    assert not faults, faults


async def _write_until(
    enough: asyncio.Event, clients: Sequence[Client], dice: random.Random
) -> None:
    while not enough.is_set():
        await asyncio.gather(*(each.nudge() for each in clients if dice.random() < 0.5))
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), PACE / 2)


async def _compare(
    http: httpx.Client, key: str, clients: Sequence[Client], lives: Sequence[asyncio.Task[None]]
) -> None:
    stored = await to_thread(stored_of, http, key)
    await until(lives, clients, lambda each: each.seq >= stored.seq)
    assert broken(stored, clients) == []


def stored_of(http: httpx.Client, key: str) -> Stored:
    """The workflow and its history, as a server tells them."""
    flow = http.get(f"/api/workflow/{key}").json()["workflow"]
    history: list[dict[str, Any]] = []
    while page := page_of(http, key, history[-1]["seq"] if history else None):
        history += page
    pairs = [(each["seq"], each["instructions"][0]["v"]) for each in reversed(history)]
    return Stored(flow["seq"], pairs, flow["data"]["log"])
