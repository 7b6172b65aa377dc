"""What a connection takes in memory."""

from __future__ import annotations

from benchmarks.nodius import Nodius, NodiusDialect
from benchmarks.scenarios import Settings
from benchmarks.servers import Server

#: Connections before the count starts, as the first ones take what is then used again; and counted.
FIRST, COUNTED = 50, 500


async def run(settings: Settings) -> None:
    """Idle clients of one small workflow."""
    nodius = Nodius(settings.folder, settings.database)
    nodius.create_user()
    with nodius.server() as server:
        dialect = NodiusDialect(nodius.login(server), batch=True)
        grown = await _grown(server, dialect)
    settings.say(f"\nMemory of a connection: {grown / COUNTED / 1000:.1f} kB ({COUNTED} idle ones)")


async def _grown(server: Server, dialect: NodiusDialect) -> int:
    room = await dialect.make_room("memory")
    opened = [await dialect.join(room, number, 0) for number in range(FIRST)]
    before = server.memory()
    opened += [await dialect.join(room, number, 0) for number in range(FIRST, FIRST + COUNTED)]
    grown = server.memory() - before
    for connection, _ in opened:
        connection.close()
    return grown
