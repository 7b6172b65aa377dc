"""Several processes on one store: what a second one gains, and what a pipe costs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.dialects import Speaker
from benchmarks.load import Shape
from benchmarks.nodius import ROOT, Api, Nodius, NodiusDialect
from benchmarks.scenarios import Settings
from benchmarks.scenarios.compared import Contender, compare
from benchmarks.servers import Measurable, Server, free_port
from benchmarks.slices import limited
from benchmarks.wire import Connection

#: Of a core, what a process has where cores are compared: two of it and the broker fit on one.
PART = 0.4

#: Of a room and a client, by number: at which of the processes the client is.
Place = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Together:
    """Servers that are measured as one."""

    servers: Sequence[Measurable]

    def cpu(self) -> float:
        """Seconds of processor time used by all."""
        return sum(each.cpu() for each in self.servers)

    def memory(self) -> int:
        """Bytes of memory that are resident in all."""
        return sum(each.memory() for each in self.servers)


class Spread:
    """Clients of `/ws` in batch mode, at the process where `place` puts each.

    With `held` somebody at the first process opens each room before them, so that it is there.
    """

    def __init__(self, apis: Sequence[Api], place: Place, held: bool = False) -> None:
        self._dialects = [NodiusDialect(each, batch=True) for each in apis]
        self._place, self._held = place, held
        self._rooms: dict[str, int] = {}
        self._holders: list[Connection] = []

    async def make_room(self, name: str) -> str:
        """A workflow."""
        first = self._dialects[0]
        room = await first.make_room(name)
        self._rooms[room] = len(self._rooms)
        if self._held:
            holder = await Connection.open(first.api.port, "/ws")
            await first.connect(holder, room, "holder")
            holder.listen(lambda data, start, stop: None)
            self._holders.append(holder)
        return room

    async def join(self, room: str, number: int, writers: int) -> tuple[Connection, Speaker]:
        """Connect to the workflow."""
        dialect = self._dialects[self._place(self._rooms[room], number)]
        return await dialect.join(room, number, writers)


async def run(settings: Settings) -> None:
    """Many rooms, and one hot one, with one process and with two, by what each client is at; then
    what a second process gains if it has a core of its own.
    """
    with _running(settings) as (servers, apis):
        contenders = _contenders(servers, apis)
        shape = Shape(rooms=60, clients=4, writers=1, rate=5)
        await compare(settings, "60 rooms × 4 clients, one writes 5/s", shape, contenders)
        shape = Shape(clients=20, writers=5, window=8)
        await compare(settings, "Hot room: 20 clients, 5 writers, 8 under way", shape, contenders)
        with ExitStack() as slices:
            for each in servers:
                slices.enter_context(limited(each.pid, PART))
            title = f"60 rooms × 4 clients, one writes; a process has {PART:.0%} of a core"
            shape = Shape(rooms=60, clients=4, writers=1, window=1)
            await compare(settings, title, shape, contenders)


@contextmanager
def _running(settings: Settings) -> Iterator[tuple[Sequence[Server], Sequence[Api]]]:
    """Two servers with a broker, and their user at each."""
    nodius = Nodius(settings.folder, settings.database)
    nodius.create_user()
    ports = {name: free_port() for name in ("pubPort", "subPort", "routerPort", "dealerPort")}
    words = [f"{name}={port}" for name, port in ports.items()]
    layer = f"channel_layer=zmq://127.0.0.1:{ports['pubPort']}"
    with ExitStack() as running:
        running.enter_context(_broker(settings, nodius, ports["pubPort"], words))
        servers = [running.enter_context(nodius.server(layer, *words)) for _ in range(2)]
        yield servers, [nodius.login(each) for each in servers]


def _contenders(servers: Sequence[Server], apis: Sequence[Api]) -> list[Contender]:
    both = Together(servers)
    return [
        Contender("one process", servers[0], Spread(apis, lambda room, number: 0)),
        Contender("two, each room at one", both, Spread(apis, lambda room, number: room % 2)),
        Contender(
            "two, clients anywhere",
            both,
            Spread(apis, lambda room, number: (room + number) % 2),
        ),
        Contender("two, all piped", both, Spread(apis, lambda room, number: 1, held=True)),
    ]


def _broker(settings: Settings, nodius: Nodius, port: int, words: Sequence[str]) -> Server:
    command = [sys.executable, str(ROOT / "manage.py"), "runcluster", "host=127.0.0.1", *words]
    return Server("the broker", command, port, settings.folder / "broker.log", nodius.env)
