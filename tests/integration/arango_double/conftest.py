"""A database with one collection, over HTTP and through python-arango."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from arango.client import ArangoClient
from arango.collection import StandardCollection
from arango.database import StandardDatabase

from tests.arango import ArangoServer
from tests.integration.arango_double.wire import Wire


@pytest.fixture
def database(arango: ArangoServer) -> Iterator[StandardDatabase]:
    """A new database with the collections `things` and `others`, and the edges `links`."""
    client = ArangoClient(hosts=arango.url, resolver_max_tries=1)
    system = client.db("_system", arango.user, arango.password)
    name = arango.create_name()
    system.create_database(name)
    database = client.db(name, arango.user, arango.password)
    for collection in ("things", "others"):
        database.create_collection(collection)
    database.create_collection("links", edge=True)
    yield database
    system.delete_database(name)
    client.close()


@pytest.fixture
def things(database: StandardDatabase) -> StandardCollection:
    """The collection `things`."""
    return database.collection("things")


@pytest.fixture
def wire(arango: ArangoServer, database: StandardDatabase) -> Iterator[Wire]:
    """The same database over HTTP."""
    with Wire(arango, database.name) as wire:
        yield wire
