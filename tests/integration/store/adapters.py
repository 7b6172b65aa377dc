"""The stores that must pass the conformance suite: a new one adds a class and a name here."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from store.arango import ArangoStore, Place
from store.base import DocumentStore
from store.sql import SqlStore
from tests import engine
from tests.arango import ArangoServer
from tests.postgres import PostgresServer


class Adapter(ABC):
    """One kind of store, on a database of its own."""

    @abstractmethod
    def fresh(self) -> DocumentStore:
        """The store, with nothing in it."""

    @abstractmethod
    def spec(self) -> str:
        """What `tests.integration.store.child` opens the same store by."""

    @abstractmethod
    def remove(self) -> None:
        """Give up what was made."""


class SqlAdapter(Adapter):
    """A store on a database that is given as Django's DATABASES has it."""

    def __init__(self, alias: str, database: dict[str, Any]) -> None:
        self.alias = alias
        self._database = database
        connections.settings[alias] = {**connections.settings["default"], **database}
        with override_settings(DOCUMENTS_DATABASE=alias):
            call_command("migrate", "store", database=alias, verbosity=0)

    def fresh(self) -> DocumentStore:
        with connections[self.alias].cursor() as cursor:
            cursor.execute("DELETE FROM store_document")
        return SqlStore(self.alias)

    def spec(self) -> str:
        return json.dumps(self._database)

    def remove(self) -> None:
        connections[self.alias].close()
        del connections[self.alias]
        del connections.settings[self.alias]


class ArangoAdapter(Adapter):
    """A store in a database of an ArangoDB server."""

    def __init__(self, server: ArangoServer) -> None:
        self.place = Place(server.url, server.user, server.password, server.create_name())
        ArangoStore(self.place).prepare()

    def fresh(self) -> DocumentStore:
        engine.empty(self.place)
        return ArangoStore(self.place)

    def spec(self) -> str:
        return json.dumps(asdict(self.place))

    def remove(self) -> None:
        engine.drop(self.place)


def _sqlite(request: pytest.FixtureRequest) -> Adapter:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("store")
    return SqlAdapter("store_sqlite", sqlite_settings(folder / "documents.sqlite3"))


def _postgresql(request: pytest.FixtureRequest) -> Adapter:
    server: PostgresServer = request.getfixturevalue("postgres")
    return SqlAdapter("store_postgresql", server.settings(server.create_database()))


def _arango(request: pytest.FixtureRequest) -> Adapter:
    return ArangoAdapter(request.getfixturevalue("arango"))


ADAPTERS = {"sqlite": _sqlite, "postgresql": _postgresql, "arango": _arango}


def sqlite_settings(file: Path) -> dict[str, Any]:
    """A SQLite database as the server's settings have it."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA wal_autocheckpoint=16000;",
        },
    }
