"""Which database keeps what the tests make: SQLite, or a server that `python -m tests.on` started.

The variable NODIUS_TESTS_ON names the kind and the address of that server.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from arango.client import ArangoClient
from psycopg.errors import DuplicateDatabase

from store.arango_documents import INDEX, order_of
from store.arango_server import Place
from store.collections import COLLECTIONS

VARIABLE = "NODIUS_TESTS_ON"
KIND, _, ADDRESS = os.environ.get(VARIABLE, "sqlite").partition(" ")
#: By how much fewer cases are made up where each takes so much longer.
FEWER = 1 if KIND == "sqlite" else 6


def options(data_dir: str | Path) -> dict[str, str]:
    """The options that give whoever works on this data folder a database of its own there."""
    name = f"t{hashlib.sha256(str(data_dir).encode()).hexdigest()[:20]}"
    if KIND == "postgresql":
        _create(name)
        return {"database": f"{ADDRESS}/{name}"}
    return {"arangodb": ADDRESS, "arangodb_name": name} if KIND == "arango" else {}


def empty(place: Place) -> None:
    """Take all documents out of a database of ArangoDB."""
    with _client(place) as client:
        database = client.db(place.name, place.user, place.password)
        for name in COLLECTIONS:
            database.collection(name).truncate()


def damage(place: Place, collection: str, key: str, fields: dict[str, Any]) -> None:
    """Put these fields where a document of ArangoDB is; without any, nothing of ours is left."""
    with _client(place) as client:
        database: Any = client.db(place.name, place.user, place.password)
        own = {INDEX: {"order": order_of(key)}} if fields else {}
        database.collection(collection).replace({"_key": key, **fields, **own})


def drop(place: Place) -> None:
    """Take a database of ArangoDB away."""
    with _client(place) as client:
        client.db("_system", place.user, place.password).delete_database(place.name)


def _client(place: Place) -> closing[ArangoClient]:
    return closing(ArangoClient(hosts=place.url, resolver_max_tries=1))


def words(given: tuple[str, ...]) -> list[str]:
    """The options, as words, for a command with these words, unless they name a database.

    `store=sql` alone names one too: the SQLite that a test reaches into by itself.
    """
    folders = [each.partition("=")[2] for each in given if each.startswith("data_dir=")]
    if not folders or any(each.startswith(("database=", "arangodb=", "store=")) for each in given):
        return []
    return [f"{name}={value}" for name, value in options(folders[-1]).items()]


@cache
def _create(name: str) -> None:
    place = psycopg.connect(f"{ADDRESS}/postgres", autocommit=True)
    # Another process of the tests may work on the same folder.
    with place as connection, suppress(DuplicateDatabase):
        connection.execute(f"CREATE DATABASE {name}".encode())
