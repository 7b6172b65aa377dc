"""Databases and collections: every version of a document that somebody may still read."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.arango_double.documents import Doc, at, next_number
from tests.arango_double.errors import ArangoError, no_collection, not_unique

Path: TypeAlias = tuple[str, ...]
#: A value as a key of a dict: true is not 1.
Plain: TypeAlias = tuple[str, Any]

DOCUMENTS, EDGES = 2, 3


@dataclass(frozen=True)
class Index:
    """A persistent index."""

    id: str
    name: str
    fields: tuple[str, ...]
    unique: bool
    sparse: bool

    @property
    def paths(self) -> tuple[Path, ...]:
        """Its fields as paths."""
        return tuple(tuple(each.split(".")) for each in self.fields)

    def values(self, document: Doc | None) -> tuple[Plain, ...] | None:
        """What a document holds in it; None if the document is not in it."""
        if document is None:
            return None
        found = [at(document, path) for path in self.paths]
        if self.sparse and any(each is None for each in found):
            return None
        return tuple(plain(each) for each in found)


@dataclass
class Collection:
    """One collection. `versions`: for each key the commits that wrote it, oldest first."""

    name: str
    type: int
    id: str = field(default_factory=lambda: str(next_number()))
    wait_for_sync: bool = False
    indexes: list[Index] = field(default_factory=list)
    versions: dict[str, list[tuple[int, Doc | None]]] = field(default_factory=dict)
    #: By the first path of an index, the keys of documents that have, or had, a value there.
    keys: dict[Path, dict[Plain, set[str]]] = field(default_factory=dict)
    #: By a unique index and values, the key of the newest document that has them.
    holders: dict[tuple[str, tuple[Plain, ...]], str] = field(default_factory=dict)

    def newest(self, key: str) -> Doc | None:
        """A document as it was committed last."""
        found = self.versions.get(key)
        return found[-1][1] if found else None

    def seen(self, key: str, snapshot: int) -> Doc | None:
        """A document as it was at a commit."""
        for commit, document in reversed(self.versions.get(key, ())):
            if commit <= snapshot:
                return document
        return None

    def commit(self, key: str, document: Doc | None, commit: int, oldest: int) -> None:
        """Write a document; what nobody can see any more is forgotten."""
        old = self.newest(key)
        found = self.versions.setdefault(key, [])
        found.append((commit, document))
        while len(found) > 1 and found[1][0] <= oldest:
            found.pop(0)
        if len(found) == 1 and document is None:
            del self.versions[key]
        self._note(key, old, document)

    def add_index(self, index: Index) -> None:
        """Raises ArangoError if documents are not unique by it."""
        self.indexes.append(index)
        for key in list(self.versions):
            document = self.newest(key)
            values = index.values(document)
            if index.unique and values is not None and (index.id, values) in self.holders:
                self.indexes.remove(index)
                error = not_unique(index.name, list(index.fields), key)
                raise ArangoError(400, 1210, str(error))
            self._enter(index, key, document)

    def drop_index(self, index: Index) -> None:
        """Forget an index; what finds documents by its first path goes on doing so."""
        self.indexes.remove(index)
        for held in [each for each in self.holders if each[0] == index.id]:
            del self.holders[held]

    def _note(self, key: str, old: Doc | None, new: Doc | None) -> None:
        for index in self.indexes:
            values = index.values(old)
            if index.unique and values is not None and self.holders.get((index.id, values)) == key:
                del self.holders[index.id, values]
            self._enter(index, key, new)

    def _enter(self, index: Index, key: str, document: Doc | None) -> None:
        if document is None:
            return
        first = index.paths[0]
        by_value = self.keys.setdefault(first, defaultdict(set))
        by_value[plain(at(document, first))].add(key)
        values = index.values(document)
        if index.unique and values is not None:
            self.holders[index.id, values] = key

    def properties(self) -> Doc:
        """What the server tells of it."""
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "status": 3,
            "statusString": "loaded",
            "isSystem": self.name.startswith("_"),
            "globallyUniqueId": f"h{self.id}",
            "waitForSync": self.wait_for_sync,
            "keyOptions": {"type": "traditional", "allowUserKeys": True, "lastValue": 0},
            "schema": None,
            "computedValues": None,
            "cacheEnabled": False,
            "syncByRevision": True,
            "writeConcern": 1,
        }


@dataclass
class Database:
    """One database."""

    name: str
    id: str = field(default_factory=lambda: str(next_number()))
    collections: dict[str, Collection] = field(default_factory=dict)

    def collection(self, name: str) -> Collection:
        """Raises ArangoError if there is none."""
        if name not in self.collections:
            raise no_collection(name)
        return self.collections[name]


@dataclass
class Server:
    """All there is; whoever reads or writes it holds `guard`."""

    databases: dict[str, Database] = field(default_factory=lambda: {"_system": Database("_system")})
    guard: threading.RLock = field(default_factory=threading.RLock)
    commit: int = 0

    def database(self, name: str) -> Database:
        """Raises ArangoError if there is none."""
        if name not in self.databases:
            raise ArangoError(404, 1228, "database not found")
        return self.databases[name]


def plain(value: object) -> Plain:
    """A value as it is looked up by: 1 is 1.0."""
    if isinstance(value, list):
        return ("array", tuple(plain(each) for each in value))
    if isinstance(value, dict):
        return ("object", frozenset((name, plain(each)) for name, each in value.items()))
    return (type(value).__name__ if isinstance(value, bool | str) else "", value)
