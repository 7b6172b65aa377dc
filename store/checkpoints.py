"""Moves what was committed from SQLite's write-ahead log into its file, beside the writers.

SQLite by itself does that within a commit, which then takes ten times as long. It still does where
the log grows faster than it is moved, as only a log without a remainder is begun anew.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Lock, Thread

logger = logging.getLogger(__name__)

#: Rows after which it is time.
EVERY = 500


class Checkpoints:
    """Those of one file; at most one is under way, in a thread and a connection of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rows = 0
        self._under_way = Lock()

    def wrote(self, rows: int) -> None:
        """So many rows were committed."""
        self._rows += rows
        if self._rows >= EVERY and self._under_way.acquire(blocking=False):
            self._rows = 0
            Thread(target=self._move, name="checkpoint", daemon=True).start()

    def _move(self) -> None:
        try:
            # As it would make a file that is missing.
            existing = f"{self._file.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(existing, uri=True)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            # Nothing is lost: it is in the log, and a later one, or SQLite itself, moves it.
            logger.warning("the write-ahead log of %s stays as it is: %s", self._file.name, error)
        finally:
            self._under_way.release()
