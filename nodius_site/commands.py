"""The commands of Nodius, and the options that each has of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nodius_site.kinds import FLAG, NAMES, PATH, TEXT, one_of, seconds, whole
from nodius_site.option import Option


@dataclass(frozen=True, slots=True)
class Command:
    """A command of Nodius: its own options, words that may follow it first to have it do something
    else, whether it needs the tables of the database, and whether it works in a data folder of its
    own, made within the one that is given.
    """

    help: str
    options: tuple[Option, ...] = ()
    actions: tuple[str, ...] = ()
    needs_tables: bool = False
    apart: bool = False


COMMANDS: Mapping[str, Command] = {
    "serve": Command("Run the server."),
    "options": Command("Print the options in force, secrets masked, and where each came from."),
    "createadmin": Command(
        "Make an administrator; asks for what is missing when run in a terminal.",
        (
            Option("username", None, None, TEXT, "name to log in with"),
            Option("password", None, None, TEXT, "password", secret=True),
            Option("email", None, None, TEXT, "e-mail address"),
        ),
        needs_tables=True,
    ),
    "exportdb": Command(
        "Write everything to a backup file; a server may run meanwhile.",
        (
            Option(
                "output",
                None,
                "./backup/nodius-export.json",
                PATH,
                "file to write; packed if its name ends in .gz",
            ),
            Option("verify", None, "false", FLAG, "restore it elsewhere, and compare"),
            Option(
                "keep_files",
                None,
                None,
                whole(1, 1_000_000),
                "delete older exports beside it whose names differ in digits only, but for so many",
                unset="all stay",
            ),
        ),
        needs_tables=True,
    ),
    "importdb": Command(
        "Take in a backup file, also one of the original system; a server may run meanwhile.",
        (
            Option("input", None, "./backup/nodius-export.json", PATH, "file to read"),
            Option("dryrun", None, "false", FLAG, "judge everything, and change nothing"),
        ),
        needs_tables=True,
    ),
    "benchmark": Command(
        "Measure Nodius beside other servers on this machine; docs/performance.md explains it.",
        (
            Option(
                "scenario",
                None,
                "hot",
                one_of(
                    "hot", "rooms", "big", "memory", "layers", "soak", "backup", "processes", "all"
                ),
                "what to measure",
            ),
            Option(
                "peers",
                None,
                "channels,sharedb,hocuspocus",
                NAMES,
                "servers to measure beside it in hot and rooms; none for itself alone",
            ),
            Option("seconds", None, "5", seconds(0.5), "seconds of each measurement"),
            Option("rounds", None, "3", whole(1, 99), "times each is repeated; the median counts"),
        ),
    ),
    "prunehistory": Command(
        "Take the oldest batches out of the history; a server may run meanwhile.",
        (
            Option(
                "keep", None, "10000", whole(0, 10**9), "newest batches of a workflow that stay"
            ),
            Option(
                "days",
                None,
                None,
                whole(0, 100_000),
                "batches that are no older stay too, however many",
                unset="age is not asked for",
            ),
            Option("workflow", None, None, TEXT, "key of the only workflow to prune", unset="all"),
        ),
        needs_tables=True,
    ),
    "crashtest": Command(
        "Kill a server again and again while clients write to it, and see that nothing is lost.",
        (Option("kills", None, "20", whole(1, 1_000_000), "how often"),),
        needs_tables=True,
        apart=True,
    ),
    "newepoch": Command(
        "After restoring a database: no client resumes on a history that is gone.",
        needs_tables=True,
    ),
    "runcluster": Command(
        "Run the broker of a cluster; `runcluster keys` makes keys for several machines.",
        actions=("keys",),
    ),
    "docs": Command(
        "Build the documentation as a site; a link that leads nowhere is an error.",
        (Option("output", None, None, PATH, "folder to build it in", unset="site/"),),
    ),
}
