"""`./nodius benchmark`: how fast it is, beside others."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.core.management.base import BaseCommand, CommandParser

from nodius_site.commands import COMMANDS
from nodius_site.kinds import NAMES, Database
from nodius_site.options import Wrong, in_force


class Command(BaseCommand):
    """Measures servers of its own on this machine, and prints tables."""

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of its own, which were checked before."""
        for option in COMMANDS["benchmark"].options:
            parser.add_argument(f"--{option.name}", default=option.default)

    def handle(self, *, scenario: str, peers: str, seconds: str, rounds: str, **_: Any) -> None:
        """Raises Wrong if something that is needed is missing."""
        from benchmarks.servers import CannotMeasure
        from benchmarks.suite import SCENARIOS, run

        options = in_force()
        # On the disk on which a server would keep what it keeps.
        options.data_dir.mkdir(parents=True, exist_ok=True)
        database = options.database
        try:
            run(
                list(SCENARIOS) if scenario == "all" else [scenario],
                peers=_peers(peers),
                seconds=float(seconds),
                rounds=int(rounds),
                folder=options.data_dir,
                database=None if database is None else _url(database),
                say=lambda text: print(text, flush=True),
            )
        except CannotMeasure as missing:
            raise Wrong(str(missing)) from None


def _peers(text: str) -> list[str]:
    """The names in a list of them."""
    from benchmarks.peers import PEERS

    names = NAMES.parse(text)
    wanted = [str(each) for each in names] if isinstance(names, tuple) else []
    if wanted == ["none"]:
        return []
    if unknown := set(wanted) - PEERS.keys():
        known = ", ".join(PEERS)
        raise Wrong(f"peers: there is no {min(unknown)!r}; give some of {known}, or none")
    return wanted


def _url(database: Database) -> str:
    """The URL of the database, for the servers that are measured."""
    who = quote(database.user, safe="")
    if database.password:
        who += f":{quote(database.password, safe='')}"
    query = f"?{urlencode(database.parameters)}" if database.parameters else ""
    return f"postgres://{who}@{database.host}:{database.port}/{database.name}{query}"
