"""What an ArangoDB server has to have before documents go in: a database, collections, indexes."""

from __future__ import annotations

from typing import Any

from arango.exceptions import ArangoServerError

from store.arango_documents import INDEX
from store.arango_server import DUPLICATE, NO_DATABASE, UNAUTHORIZED, Connection, Place
from store.base import Refused
from store.collections import COLLECTIONS, Collection, Kind

#: What a server says it is: alone, or one of many.
_ALONE, _CLUSTER = "SINGLE", "COORDINATOR"


def prepare(connection: Connection, place: Place) -> None:
    """Make what is missing; several processes may at once. Raises Refused, Unavailable."""
    with connection.translated():
        if not _is_there(connection):
            _create_database(connection, place)
        _check_kind(connection.database, place)
        there = {each["name"]: each["type"] for each in connection.database.collections()}
        for collection in COLLECTIONS.values():
            if collection.name not in there:
                _create_collection(connection.database, collection)
            elif there[collection.name] != _type(collection):
                raise Refused(
                    f"arangodb_name: the collection {collection.name} of {place.name} is not of "
                    "the kind that Nodius makes; give it a database of its own"
                )
            for index in indexes(collection):
                connection.database.collection(collection.name).add_index(index)


def indexes(collection: Collection) -> list[dict[str, Any]]:
    """The indexes of a collection, as the server takes them."""
    start = ["partition"] if collection.partition else []
    end = ["number", "order"] if collection.sort else ["order"]
    facets = [f"facet{place}" for place in range(len(collection.facet))]
    lists = {"by_order": ["order"], "by_partition": [*start, *end] if start else []}
    lists["by_facet"] = [*start, *facets, *end] if facets else []
    found = [_index(name, fields, unique=False) for name, fields in lists.items() if fields]
    return found + ([_index("by_unique", ["unique"], unique=True)] if collection.unique else [])


def _index(name: str, fields: list[str], *, unique: bool) -> dict[str, Any]:
    paths = [f"{INDEX}.{each}" for each in fields]
    return {"type": "persistent", "name": name, "fields": paths, "unique": unique, "sparse": unique}


def _is_there(connection: Connection) -> bool:
    try:
        connection.database.properties()
    except ArangoServerError as error:
        # Whoever has no right to a database is not told whether there is one.
        if error.error_code in (NO_DATABASE, UNAUTHORIZED):
            return False
        raise
    return True


def _create_database(connection: Connection, place: Place) -> None:
    system = connection.of("_system")
    sharding = {"sharding": "single"} if system.cluster.server_role() == _CLUSTER else {}
    try:
        system.create_database(place.name, **sharding)
    except ArangoServerError as error:
        if error.error_code != DUPLICATE:
            raise


def _check_kind(database: Any, place: Place) -> None:
    role = database.cluster.server_role()
    if role == _ALONE:
        return
    if role != _CLUSTER or database.properties().get("sharding") != "single":
        raise Refused(
            f"arangodb: {place.url} is a cluster, and {place.name} there no OneShard database; "
            "take a single server, or create the database with sharding: single"
        )


def _create_collection(database: Any, collection: Collection) -> None:
    try:
        database.create_collection(collection.name, edge=collection.kind is Kind.EDGE)
    except ArangoServerError as error:
        if error.error_code != DUPLICATE:
            raise


def _type(collection: Collection) -> str:
    return "edge" if collection.kind is Kind.EDGE else "document"
