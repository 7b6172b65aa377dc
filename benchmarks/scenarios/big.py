"""What the size of a workflow costs: a change, opening it, saving it, keeping it open."""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.load import Load, Measured, Shape, clock
from benchmarks.nodius import Api, Nodius, NodiusDialect
from benchmarks.scenarios import Settings
from benchmarks.servers import Server
from benchmarks.table import mebibytes, middle, milliseconds, table
from benchmarks.wire import Connection, frame

SMALL, BIG = 10, 10_000
EDGES = 15_000
#: Big workflows that are opened: the first ones by every thread that reads, then those that count.
FIRST, COPIES = 4, 12
#: Seconds between a change and its save, for the measured server.
AUTOSAVE = 1
#: Seconds after which the server no longer keeps what it sent for the next one who asks.
FORGOTTEN = 1.5
#: Seconds to wait for a save.
PATIENCE = 30


async def run(settings: Settings) -> None:
    """A workflow of 10,000 nodes and 15,000 edges, and one of 10 nodes."""
    nodius = Nodius(settings.folder, settings.database)
    nodius.create_user()
    with nodius.server() as server:
        api = nodius.login(server)
        keys = [api.create(f"big-{number}", BIG, EDGES) for number in range(COPIES)]
    # Another process opens them: what making them took is not there to be used again.
    with nodius.server(f"autosave={AUTOSAVE}") as server:
        api = nodius.login(server)
        await _open(settings, server, api, keys)
        await _save(settings, api)
        await _change(settings, server, api)


async def _change(settings: Settings, server: Server, api: Api) -> None:
    shape = Shape(clients=2, writers=1, window=64)
    found: dict[int, list[Measured]] = {SMALL: [], BIG: []}
    for number in range(settings.rounds):
        for size, rounds in found.items():
            # The same few nodes in both, so that what is saved meanwhile is the same.
            load = Load(server, NodiusDialect(api, True, size, SMALL), shape)
            rounds.append(await load.measure(f"change-{number}", settings.seconds))
    rows = [
        (f"{size:,} nodes", f"{each.cpu / each.rate * 1e6:.0f} µs", f"{each.rate:,.0f}",
         *map(milliseconds, each.acked))
        for size, each in ((size, middle(rounds)) for size, rounds in found.items())
    ]  # fmt: skip
    head = ("one SET in a workflow of", "CPU", "batches/s", "acked p50", "p99")
    settings.say(f"\n{table(head, rows)}")


async def _open(settings: Settings, server: Server, api: Api, keys: Sequence[str]) -> None:
    dialect = NodiusDialect(api, True, BIG)
    times, sizes, connections = list[float](), list[int](), list[Connection]()
    memory = server.memory()
    for number, key in enumerate(keys):
        connection = await Connection.open(api.port, "/ws")
        begun = clock()
        answer = await dialect.connect(connection, key, f"client-{number}")
        times.append(clock() - begun)
        sizes.append(len(answer))
        connections.append(connection)
        await asyncio.sleep(FORGOTTEN)
        if number == FIRST - 1:
            # What opening takes for a moment is there now, and is used again.
            memory = server.memory()
    grown = (server.memory() - memory) / (COPIES - FIRST)
    for each in connections:
        each.close()
    size = sizes[0]
    settings.say(
        f"\nOpening {BIG:,} nodes and {EDGES:,} edges ({mebibytes(size)} of JSON), from `connect` "
        f"to the whole `connected`: median {milliseconds(median(times))}, "
        f"most {milliseconds(max(times))}; memory of an open one {mebibytes(grown)}, "
        f"{grown / size:.1f} × its JSON"
    )


async def _save(settings: Settings, api: Api) -> None:
    if settings.database:
        settings.say("\nWhat a save writes is counted in SQLite only")
        return
    dialect = NodiusDialect(api, True, BIG)
    key = api.create("saved", BIG, EDGES)
    connection = await Connection.open(api.port, "/ws")
    await dialect.connect(connection, key, "saver")
    with Counted(settings.folder / "data" / "documents.sqlite3") as counted:
        path = ["nodes", "n17", "label"]
        await _change_and_save(connection, key, [{"o": 1, "p": path, "v": "changed"}])
        one = counted.take()
        many = [
            {"o": 1, "p": ["nodes", f"n{number}", "label"], "v": "all"} for number in range(2000)
        ]
        began = clock()
        await _change_and_save(connection, key, many)
        lasted = clock() - began
        all_of_them = counted.take()
    connection.close()
    settings.say(
        f"\nA save after one change wrote: {one}\nA save after 2,000 nodes changed wrote: "
        f"{all_of_them}; from the first change to `saved` {milliseconds(lasted)}, "
        f"of which {AUTOSAVE} s is waiting"
    )


async def _change_and_save(connection: Connection, key: str, changes: Sequence[object]) -> None:
    for start in range(0, len(changes), 250):
        message = {
            "type": "instructions",
            "workflowKey": key,
            "id": secrets.token_hex(4),
            "instructions": changes[start : start + 250],
        }
        connection.send(frame(json.dumps(message).encode()))
    async with asyncio.timeout(PATIENCE):
        await connection.receive_with(b'"type":"saved"')


class Counted:
    """Has the database itself count what is written, by collection."""

    _TABLE = "benchmark_written"

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, timeout=10, isolation_level=None)

    def __enter__(self) -> Counted:
        self._database.execute(f"CREATE TABLE {self._TABLE} (collection TEXT)")
        for change, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
            self._database.execute(
                f"CREATE TRIGGER {self._TABLE}_{change} "  # noqa: S608 - of constants
                f"AFTER {change} ON store_document BEGIN "
                f"INSERT INTO {self._TABLE} VALUES ({row}.collection); END"
            )
        return self

    def __exit__(self, *_: object) -> None:
        for change in ("INSERT", "UPDATE", "DELETE"):
            self._database.execute(f"DROP TRIGGER {self._TABLE}_{change}")
        self._database.execute(f"DROP TABLE {self._TABLE}")
        self._database.close()

    def take(self) -> str:
        """What was written since the last time, the journal left out."""
        rows = self._database.execute(
            f"SELECT collection, count(*) FROM {self._TABLE} "  # noqa: S608 - a constant
            "WHERE collection NOT IN ('history', 'workflows') GROUP BY 1 ORDER BY 1"
        ).fetchall()
        self._database.execute(f"DELETE FROM {self._TABLE}")  # noqa: S608 - a constant
        return ", ".join(f"{count} × {collection}" for collection, count in rows) or "nothing"
