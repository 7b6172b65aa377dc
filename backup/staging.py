"""Documents on their way between a store and a file, in a database of its own that nobody sees.

A file holds its documents by collection, a workflow is written and read as a whole: what comes in
one order and goes in the other waits here, on the disk and not in memory. The database is private
and temporary: SQLite deletes its file as soon as it is open (TMPDIR says where it is).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

_TABLE = """
CREATE TABLE documents (
    collection TEXT NOT NULL, key TEXT NOT NULL, workflow TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (collection, key)
);
CREATE INDEX by_workflow ON documents (workflow, collection, key);
"""
#: What is written to it has no need to outlive anything.
_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192")


class Staging:
    """Documents as JSON, by collection and key. Everything may raise sqlite3.Error: a full disk."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in _PRAGMAS:
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_TABLE)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def add(self, collection: str, key: str, body: bytes, workflow: str = "") -> bool:
        """Keep a document, perhaps as part of a workflow; False if the key was there already."""
        done = self._database.execute(
            "INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?)", (collection, key, workflow, body)
        )
        return done.rowcount == 1

    def get(self, collection: str, key: str) -> bytes | None:
        """A document, or None."""
        row = self._database.execute(
            "SELECT body FROM documents WHERE collection = ? AND key = ?", (collection, key)
        ).fetchone()
        return None if row is None else row[0]

    def drop(self, workflow: str) -> None:
        """Forget the documents of a workflow."""
        self._database.execute("DELETE FROM documents WHERE workflow = ?", (workflow,))

    def collections(self) -> list[str]:
        """The names of the collections that hold something, ascending."""
        rows = self._database.execute("SELECT DISTINCT collection FROM documents ORDER BY 1")
        return [name for (name,) in rows]

    def count(self, collection: str) -> int:
        """How many documents of a collection there are."""
        count: int = self._database.execute(
            "SELECT COUNT(*) FROM documents WHERE collection = ?", (collection,)
        ).fetchone()[0]
        return count

    def each(self, collection: str) -> Iterator[tuple[str, bytes]]:
        """Keys and documents of a collection, ascending by key."""
        yield from self._database.execute(
            "SELECT key, body FROM documents WHERE collection = ? ORDER BY key", (collection,)
        )

    def parts(self, workflow: str, collection: str) -> Iterator[tuple[str, bytes]]:
        """Keys and documents of a workflow in a collection, ascending by key."""
        yield from self._database.execute(
            "SELECT key, body FROM documents WHERE workflow = ? AND collection = ? ORDER BY key",
            (workflow, collection),
        )

    def size(self, workflow: str, collection: str) -> int:
        """Bytes of the documents of a workflow in a collection."""
        size: int = self._database.execute(
            "SELECT COALESCE(SUM(LENGTH(body)), 0) FROM documents"
            " WHERE workflow = ? AND collection = ?",
            (workflow, collection),
        ).fetchone()[0]
        return size

    def strays(self, collection: str) -> Iterator[tuple[str, str]]:
        """Keys of the documents of a collection whose workflow has no document, and that key."""
        yield from self._database.execute(
            "SELECT key, workflow FROM documents AS part WHERE collection = ? AND NOT EXISTS"
            " (SELECT 1 FROM documents WHERE collection = 'workflows' AND key = part.workflow)"
            " ORDER BY key",
            (collection,),
        )
