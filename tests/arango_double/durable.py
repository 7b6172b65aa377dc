"""What outlives a kill: every commit is in a file before it is answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from tests.arango_double.documents import Doc

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    database TEXT, collection TEXT, key TEXT, body TEXT, PRIMARY KEY (database, collection, key)
);
CREATE TABLE IF NOT EXISTS definitions (
    database TEXT, collection TEXT, definition TEXT, PRIMARY KEY (database, collection)
);
"""


class Log:
    """A file of SQLite, or nothing where no file is given."""

    def __init__(self, file: str | None) -> None:
        self._database = sqlite3.connect(
            file or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._database.executescript(_TABLES)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._kept = file is not None

    def write(self, database: str, changes: Mapping[tuple[str, str], Doc | None]) -> None:
        """Keep what a transaction has written."""
        if not self._kept:
            return
        self._database.execute("BEGIN")
        for (collection, key), document in changes.items():
            name = (database, collection, key)
            if document is None:
                self._database.execute(
                    "DELETE FROM documents WHERE database=? AND collection=? AND key=?", name
                )
            else:
                row = (*name, json.dumps(document))
                self._database.execute("INSERT OR REPLACE INTO documents VALUES (?,?,?,?)", row)
        self._database.execute("COMMIT")

    def define(self, database: str, collection: str, definition: Any | None) -> None:
        """Keep that there is a collection (or, without a name, a database), and what it is."""
        name = (database, collection)
        if definition is None:
            end = "" if collection == "" else " AND collection=?"
            for table in ("definitions", "documents"):
                self._database.execute(
                    f"DELETE FROM {table} WHERE database=?{end}",  # noqa: S608 - constants
                    name if collection else name[:1],
                )
        else:
            row = (*name, json.dumps(definition))
            self._database.execute("INSERT OR REPLACE INTO definitions VALUES (?,?,?)", row)

    def empty(self, database: str, collection: str) -> None:
        """Keep that all documents of a collection are gone."""
        self._database.execute(
            "DELETE FROM documents WHERE database=? AND collection=?", (database, collection)
        )

    def definitions(self) -> Iterator[tuple[str, str, Any]]:
        """All databases and collections, those first."""
        for database, collection, text in self._database.execute(
            "SELECT * FROM definitions ORDER BY database, collection"
        ):
            yield database, collection, json.loads(text)

    def documents(self) -> Iterator[tuple[str, str, Doc]]:
        """All documents."""
        for database, collection, text in self._database.execute(
            "SELECT database, collection, body FROM documents"
        ):
            yield database, collection, json.loads(text)
