"""`./nodius importdb`: take in a backup file, also one of the original system."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

import store.current
from backup.errors import Broken
from backup.importing import Import, Target
from backup.report import Report
from media_store.current import decoders, images
from workflows.reach import limits
from workflows.repository import Repository


class Command(BaseCommand):
    """Reads the file to its end, then takes in what can be.

    Exit status 1 if something was left out, 2 if the file is no backup and nothing was changed.
    """

    help = "Take in a backup file, also one of the original system; a server may run meanwhile."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from, and whether in earnest."""
        parser.add_argument("--input", type=Path, required=True)
        parser.add_argument("--dryrun", default="false")

    def handle(self, *, input: Path, dryrun: str, **_: object) -> None:
        """Import, and tell what was replaced, inserted and left out."""
        report = Report(lambda line: tqdm.write(f"nodius: {line}", file=sys.stderr))
        dry = dryrun.lower() == "true"
        repository = Repository(store.current.current())
        target = Target(repository, images(), decoders, limits(), dry)
        try:
            lines = _run(target, report, input.expanduser())
        except (Broken, sqlite3.Error) as error:
            self.stderr.write(f"nodius: {error}")
            sys.exit(2)
        for line in lines:
            self.stdout.write(line)
        if dry:
            self.stdout.write("Nothing was changed: this was a dry run.")
        if report.errors:
            sys.exit(1)


def _run(target: Target, report: Report, path: Path) -> list[str]:
    with tqdm(desc="reading", unit="", disable=None) as bar:
        reading = Import(target, report, bar.update)
        try:
            reading.read(path)
            bar.set_description("taking in")
            bar.reset(reading.size)
            reading.run()
            return report.lines(reading.collections)
        finally:
            reading.close()
