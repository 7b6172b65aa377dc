"""The load: rooms of clients, some of which write, and what they see of it.

A writer either keeps at most `window` batches under way that are not acknowledged, or sends at an
even `rate` whatever happens. Latencies are from the write of a batch to the socket until a client
has it: the writer itself (`acked`), or an observer (`seen`). In each room the client that joined
last observes, as it is the last one that a server sends to; in small rooms all who do not write do.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.dialects import MARK, MARKS, Dialect, Speaker
from benchmarks.servers import Measurable
from benchmarks.wire import Connection, Lost

#: Seconds of load before what is measured.
WARM_UP = 1.0
#: Seconds in which all clients must have received everything once the writers have stopped.
DRAIN = 20.0
#: How busy the generator may be before its figures say more about it than about the server.
BUSY = 0.9

clock = time.perf_counter


@dataclass(frozen=True, slots=True)
class Shape:
    """What a load looks like. Either `window` or `rate` (batches a second and writer) is given."""

    rooms: int = 1
    clients: int = 50
    writers: int = 5
    window: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it; latencies in seconds, `cpu` as a part of one core, `memory` in bytes."""

    rate: float
    acked: tuple[float, float]
    seen: tuple[float, float]
    cpu: float
    memory: int
    generator: float
    missing: int

    @property
    def is_generator_bound(self) -> bool:
        """Whether a faster generator might have seen a faster server."""
        return self.generator > BUSY


@dataclass(slots=True)
class Record:
    """What happened between `begin` and `end`."""

    measuring: bool = False
    acked: int = 0
    ack_times: list[float] = field(default_factory=list)
    seen_times: list[float] = field(default_factory=list)


class Listener:
    """A client that counts what it gets."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.count = 0
        connection.listen(self._heard)

    def _heard(self, data: bytes, start: int, stop: int) -> None:
        self.count += data.count(MARK, start, stop)


class Observer:
    """A client that looks when each batch comes."""

    def __init__(self, connection: Connection, record: Record, sent: list[list[float]]) -> None:
        self.connection = connection
        self.count = 0
        self._record, self._sent = record, sent
        connection.listen(self._heard)

    def _heard(self, data: bytes, start: int, stop: int) -> None:
        now, record, sent = clock(), self._record, self._sent
        found = MARKS.findall(data, start, stop)
        self.count += len(found)
        if record.measuring:
            record.seen_times += [now - sent[int(writer)][int(n)] for writer, n in found]


class Writer:
    """A client that writes; its batches are numbered, and `sent` has the time of each."""

    def __init__(
        self, connection: Connection, speaker: Speaker, record: Record, shape: Shape
    ) -> None:
        self.connection, self.sent = connection, list[float]()
        self._speaker, self._record, self._shape = speaker, record, shape
        self._open: deque[float] = deque()
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = None
        connection.listen(self._heard)

    def start(self, after: float) -> None:
        """Begin to write, `after` so many seconds if it writes at a rate."""
        if self._shape.window:
            self._write(self._shape.window)
        else:
            self._tick(asyncio.get_running_loop().time() + after)

    def stop(self) -> None:
        """Write no more."""
        self._stopped = True
        if self._timer:
            self._timer.cancel()

    def _tick(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        count = 0
        while due <= loop.time():
            due += 1 / self._shape.rate
            count += 1
        if count:
            self._write(count)
        # Timers have milliseconds: for less the loop would come back again and again.
        self._timer = loop.call_later(max(due - loop.time(), 0.001), self._tick, due)

    def _write(self, count: int) -> None:
        first, now = len(self.sent), clock()
        self.sent += [now] * count
        self._open.extend([now] * count)
        self.connection.send(*map(self._speaker.batch, range(first, first + count)))

    def _heard(self, data: bytes, start: int, stop: int) -> None:
        self._speaker.heard(data[start:stop])
        count = min(data.count(self._speaker.ack, start, stop), len(self._open))
        if not count:
            return
        now, record = clock(), self._record
        times = [now - self._open.popleft() for _ in range(count)]
        if record.measuring:
            record.acked += count
            record.ack_times += times
        if self._shape.window and not self._stopped:
            self._write(count)


class Load:
    """A load on a server; `measure` applies it once, in rooms of its own."""

    def __init__(self, server: Measurable, dialect: Dialect, shape: Shape) -> None:
        self._server, self._dialect, self._shape = server, dialect, shape
        self._record = Record()
        self._writers: list[Writer] = []
        #: With the writers of its room, whose batches are what it must receive.
        self._readers: list[tuple[Listener | Observer, list[Writer]]] = []

    async def measure(self, name: str, seconds: float) -> Measured:
        """Raises Lost if a client is cut off or the server stops answering."""
        try:
            for number in range(self._shape.rooms):
                await self._fill(f"{name}-{number}")
            return await self._run(seconds)
        finally:
            for each in (*self._writers, *(reader for reader, _ in self._readers)):
                each.connection.close()

    async def _fill(self, name: str) -> None:
        room = await self._dialect.make_room(name)
        shape, writers = self._shape, list[Writer]()
        for number in range(shape.clients):
            connection, speaker = await self._dialect.join(room, number, shape.writers)
            if number < shape.writers:
                writers.append(Writer(connection, speaker, self._record, shape))
                continue
            # Few clients all observe; of many the last one does.
            watches = shape.clients <= 4 or number == shape.clients - 1
            sent = [each.sent for each in writers]
            reader = Observer(connection, self._record, sent) if watches else Listener(connection)
            self._readers.append((reader, writers))
        self._writers += writers

    async def _run(self, seconds: float) -> Measured:
        record = self._record
        for number, each in enumerate(self._writers):
            each.start(number / len(self._writers) / (self._shape.rate or 1))
        await self._pass(WARM_UP)
        begun, cpu, own = clock(), self._server.cpu(), time.process_time()
        record.measuring = True
        await self._pass(seconds)
        record.measuring = False
        lasted = clock() - begun
        used, generator = self._server.cpu() - cpu, time.process_time() - own
        memory = self._server.memory()
        for each in self._writers:
            each.stop()
        return Measured(
            rate=record.acked / lasted,
            acked=quantiles(record.ack_times),
            seen=quantiles(record.seen_times),
            cpu=used / lasted,
            memory=memory,
            generator=generator / lasted,
            missing=await self._missing(),
        )

    async def _pass(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        for each in (*self._writers, *(reader for reader, _ in self._readers)):
            if each.connection.lost:
                raise each.connection.lost
        if not any(each.sent for each in self._writers):
            raise Lost("nothing was sent")

    async def _missing(self) -> int:
        """How many batches have not reached a client that should have them, after all."""
        deadline = clock() + DRAIN
        while (missing := self._count_missing()) and clock() < deadline:  # noqa: ASYNC110 - counts
            await asyncio.sleep(0.05)
        return missing

    def _count_missing(self) -> int:
        return sum(
            abs(sum(len(writer.sent) for writer in writers) - reader.count)
            for reader, writers in self._readers
        )


def quantiles(values: Iterable[float]) -> tuple[float, float]:
    """The median, and what 99 of 100 do not exceed; not a number if there are none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan"), float("nan")
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
