"""`./nodius exportdb`: write everything to a backup file."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

import store.current
from backup import older, verifying
from backup.exporting import Export
from backup.file import created, write
from backup.report import Report
from media_store.current import images
from workflows.reach import limits
from workflows.repository import Repository

#: Of the file's format.
VERSION = "1.0.0"


class Command(BaseCommand):
    """Writes the file whole or not at all.

    Exit status 1 if something is damaged and was left out, or a restored copy is not equal; 2 if
    the file cannot be written.
    """

    help = "Write everything to a backup file; a server may run meanwhile."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and what else."""
        parser.add_argument("--output", type=Path, required=True)
        parser.add_argument("--verify", default="false")
        parser.add_argument("--keep_files", type=int)

    def handle(self, *, output: Path, verify: str, keep_files: int | None, **_: object) -> None:
        """Export, and tell what there is now."""
        report = Report(lambda line: tqdm.write(f"nodius: {line}", file=sys.stderr))
        output = output.expanduser().absolute()
        try:
            self._export(output, report)
            good = not report.errors
            if verify.lower() == "true":
                good = self._verify(output) and good
            # An export that lacks something takes no other one's place.
            if good and keep_files is not None:
                for each in older.prune(output, keep_files):
                    self.stdout.write(f"Deleted {each}")
        except (OSError, sqlite3.Error) as error:
            self._end(2, f"{output}: {error}")
        if not good:
            sys.exit(1)

    def _export(self, output: Path, report: Report) -> None:
        repository = Repository(store.current.current())
        export = Export(repository, images(), limits(), report)
        try:
            with tqdm(desc="workflows", unit="", disable=None) as bar:
                export.gather(lambda: bar.update())
            with created(output) as stream:
                write(stream, _metadata(), export.sections())
        finally:
            export.close()
        for name, count in sorted(report.inserted.items()):
            self.stdout.write(f"{name}: {count}")
        self.stdout.write(f"Written to {output}, {output.stat().st_size} bytes.")

    def _verify(self, output: Path) -> bool:
        lines = verifying.differences(
            output, verifying.program(), settings.SCRATCH_ENVIRONMENT, settings.DATA_DIR
        )
        for line in lines:
            self.stderr.write(f"nodius: verify: {line}")
        if not lines:
            self.stdout.write("Restored elsewhere, it is equal.")
        return not lines

    def _end(self, status: int, message: str) -> NoReturn:
        self.stderr.write(f"nodius: {message}")
        sys.exit(status)


def _metadata() -> dict[str, str]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"exportDate": at, "databaseName": "nodius", "version": VERSION}
