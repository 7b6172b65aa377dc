"""Loads that Nodius and its peers are put under in turn: the hot room, and many rooms."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dialects import Dialect
from benchmarks.load import Load, Measured, Shape
from benchmarks.nodius import Nodius, NodiusDialect
from benchmarks.peers import PEERS
from benchmarks.scenarios import Settings
from benchmarks.servers import Measurable
from benchmarks.table import comparison, middle
from benchmarks.wire import Lost


@dataclass(frozen=True, slots=True)
class Contender:
    """A server and how its clients talk to it."""

    name: str
    server: Measurable
    dialect: Dialect


async def hot(settings: Settings) -> None:
    """One workflow of 200 nodes, 50 clients, 5 of whom write as fast as they are answered; then one
    who writes as people do.
    """
    async with _contenders(settings, "plain", "daphne") as contenders:
        for window in (8, 64):
            title = f"Hot room: 50 clients, 5 writers with {window} batches under way each"
            await compare(settings, title, Shape(window=window), contenders)
        await compare(
            settings, "One writer at 20/s, 50 clients", Shape(writers=1, rate=20), contenders
        )
    limited = Nodius(_folder(settings, "limited"), settings.database, lifted=False)
    limited.create_user()
    with limited.server() as server:
        contender = Contender("Nodius", server, NodiusDialect(limited.login(server), True))
        title = "The default instruction_rate: 5 writers at 900/s each, 50 clients"
        await compare(settings, title, Shape(rate=900), [contender])


async def rooms(settings: Settings) -> None:
    """200 workflows with 4 clients each, one of whom writes 5 times a second."""
    async with _contenders(settings, "plain") as contenders:
        shape = Shape(rooms=200, clients=4, writers=1, rate=5)
        await compare(settings, "Many rooms: 200 × 4 clients, one writes 5/s", shape, contenders)


async def compare(
    settings: Settings, title: str, shape: Shape, contenders: Sequence[Contender]
) -> None:
    """Put each of them under the same load, in turn, and print what came of it."""
    found: dict[str, list[Measured]] = {each.name: [] for each in contenders}
    failed: dict[str, str] = {}
    # In turn, so that what else this machine does meets all of them.
    for number in range(settings.rounds):
        for each in contenders:
            if each.name in failed:
                continue
            load = Load(each.server, each.dialect, shape)
            try:
                measured = await load.measure(f"{secrets.token_hex(4)}-{number}", settings.seconds)
                found[each.name].append(measured)
            except (Lost, OSError, TimeoutError) as error:
                failed[each.name] = f"failed: {type(error).__name__} {error}"
    results = [(name, failed.get(name) or middle(rounds)) for name, rounds in found.items()]
    settings.say(f"\n{title}\n\n{comparison(results)}")


@asynccontextmanager
async def _contenders(settings: Settings, *variants: str) -> AsyncIterator[list[Contender]]:
    nodius = Nodius(_folder(settings, "nodius"), settings.database)
    nodius.create_user()
    with ExitStack() as running:
        server = running.enter_context(nodius.server())
        api = nodius.login(server)
        found = [Contender("Nodius", server, NodiusDialect(api, batch=True))]
        if "plain" in variants:
            dialect = NodiusDialect(api, batch=False)
            found.append(Contender("Nodius, clients without batch mode", server, dialect))
        if "daphne" in variants:
            # On a store of its own, in SQLite: two processes do not share one.
            other = Nodius(_folder(settings, "daphne"))
            other.create_user()
            daphne = running.enter_context(other.daphne())
            dialect = NodiusDialect(other.login(daphne), batch=True)
            found.append(Contender("Nodius on daphne (SQLite)", daphne, dialect))
        for name in settings.peers:
            peer, speak = PEERS[name](settings.folder)
            found.append(Contender(peer.name, running.enter_context(peer), speak()))
        yield found


def _folder(settings: Settings, name: str) -> Path:
    made = settings.folder / name
    made.mkdir()
    return made
