"""Which request is for whom, and what a database consists of."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

from tests.arango_double.cursors import Cursors
from tests.arango_double.database import DOCUMENTS, EDGES, Collection, Database, Index, Server
from tests.arango_double.documents import next_number, skip_numbers
from tests.arango_double.durable import Log
from tests.arango_double.errors import ArangoError, Locked, no_collection, no_index, unknown
from tests.arango_double.faults import Faults
from tests.arango_double.requests import Answer, Request, fine
from tests.arango_double.routes_documents import Documents
from tests.arango_double.transactions import Transactions

Route: TypeAlias = Callable[..., Answer]

VERSION = "3.12.4"
#: Seconds that a write of one document waits for another transaction that writes it.
PATIENCE = 1.0


class Service:
    """Everything that the double answers. `idle`: seconds after which a transaction is ended."""

    def __init__(self, file: str | None, idle: float, role: str) -> None:
        self.faults = Faults()
        self._server = Server()
        self._log = Log(file)
        self._role = role
        self._load()
        transactions = Transactions(self._server, self._log, idle)
        self._transactions = transactions
        cursors, documents = Cursors(transactions), Documents(transactions)
        self._routes: list[tuple[str, re.Pattern[str], Route]] = [
            ("GET", re.compile("/_api/version"), self._version),
            ("GET", re.compile("/_admin/server/role"), self._tell_role),
            ("GET", re.compile("/_api/database/current"), self._current),
            ("GET", re.compile("/_api/database(?:/user)?"), self._databases),
            ("POST", re.compile("/_api/database"), self._create_database),
            ("DELETE", re.compile("/_api/database/([^/]+)"), self._drop_database),
            ("GET", re.compile("/_api/collection"), self._collections),
            ("POST", re.compile("/_api/collection"), self._create_collection),
            ("GET", re.compile("/_api/collection/([^/]+)(/properties|/count)?"), self._about),
            ("PUT", re.compile("/_api/collection/([^/]+)/truncate"), self._truncate),
            ("DELETE", re.compile("/_api/collection/([^/]+)"), self._drop_collection),
            ("GET", re.compile("/_api/index"), self._indexes),
            ("POST", re.compile("/_api/index"), self._add_index),
            ("GET", re.compile("/_api/index/([^/]+)/([^/]+)"), self._index),
            ("DELETE", re.compile("/_api/index/([^/]+)/([^/]+)"), self._drop_index),
            *cursors.routes,
            *documents.routes,
            *self._transaction_routes(),
        ]

    def answer(self, request: Request) -> Answer:
        """Carry a request out. Raises ArangoError."""
        for method, pattern, route in self._routes:
            if method == request.method and (found := pattern.fullmatch(request.endpoint)):
                return self._patiently(route, request, found.groups())
        raise unknown(f"{request.method} {request.endpoint}")

    def _patiently(self, route: Route, request: Request, parts: tuple[str, ...]) -> Answer:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self._server.guard:
                    return route(self._server.database(request.database), request, *parts)
            except Locked as locked:
                if not _waits(request):
                    raise
                if time.monotonic() > until:
                    raise locked.waited() from None
            time.sleep(0.01)

    def _load(self) -> None:
        highest = 0
        for name, collection, definition in self._log.definitions():
            database = self._server.databases.setdefault(name, Database(name))
            if not collection:
                database.id = definition["id"]
                highest = max(highest, int(database.id))
            else:
                made = Collection(collection, definition["type"], definition["id"])
                made.wait_for_sync = definition["waitForSync"]
                highest = max(highest, int(made.id))
                made.indexes = [
                    Index(
                        each["id"],
                        each["name"],
                        tuple(each["fields"]),
                        each["unique"],
                        each["sparse"],
                    )
                    for each in definition["indexes"]
                ]
                database.collections[collection] = made
        self._server.commit = 1
        for name, collection, document in self._log.documents():
            found = self._server.databases[name].collections[collection]
            found.commit(document["_key"], document, 1, 1)
            highest = max(highest, int(document["_rev"][2:]))
        skip_numbers(highest + 1_000_000)

    def _version(self, database: Database, request: Request) -> Answer:
        return Answer(200, {"server": "arango", "license": "community", "version": VERSION})

    def _tell_role(self, database: Database, request: Request) -> Answer:
        return fine(role=self._role)

    def _current(self, database: Database, request: Request) -> Answer:
        about = {
            "id": database.id,
            "name": database.name,
            "path": "",
            "isSystem": database.name == "_system",
        }
        return fine(result=about)

    def _databases(self, database: Database, request: Request) -> Answer:
        _only_system(database)
        return fine(result=list(self._server.databases))

    def _create_database(self, database: Database, request: Request) -> Answer:
        _only_system(database)
        name = request.fields.get("name")
        legal = isinstance(name, str) and name and not re.match(r"[_\s]", name)
        if not legal or unicodedata.normalize("NFC", str(name)) != name:
            raise ArangoError(400, 1208, "illegal name: database name invalid")
        if name in self._server.databases:
            raise ArangoError(409, 1207, "duplicate database name")
        made = Database(str(name))
        self._server.databases[made.name] = made
        self._log.define(made.name, "", {"id": made.id})
        return fine(201, result=True)

    def _drop_database(self, database: Database, request: Request, name: str) -> Answer:
        _only_system(database)
        self._server.database(name)
        del self._server.databases[name]
        self._log.define(name, "", None)
        return fine(result=True)

    def _collections(self, database: Database, request: Request) -> Answer:
        names = ("id", "name", "type", "status", "isSystem", "globallyUniqueId")
        found = (each.properties() for each in database.collections.values())
        return fine(result=[{name: each[name] for name in names} for each in found])

    def _create_collection(self, database: Database, request: Request) -> Answer:
        name = request.fields.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,255}", name):
            raise ArangoError(400, 1208, "illegal name: collection name invalid")
        if name in database.collections:
            raise ArangoError(409, 1207, "duplicate name: duplicate name")
        made = Collection(name, request.fields.get("type", DOCUMENTS))
        made.wait_for_sync = bool(request.fields.get("waitForSync"))
        database.collections[name] = made
        self._define(database, made)
        return fine(**made.properties())

    def _about(self, database: Database, request: Request, name: str, what: str | None) -> Answer:
        found = database.collection(name)
        count = {"count": sum(found.newest(key) is not None for key in found.versions)}
        return fine(**found.properties(), **(count if what == "/count" else {}))

    def _truncate(self, database: Database, request: Request, name: str) -> Answer:
        found = database.collection(name)
        found.versions.clear()
        found.keys.clear()
        found.holders.clear()
        self._log.empty(database.name, name)
        return fine(**found.properties())

    def _drop_collection(self, database: Database, request: Request, name: str) -> Answer:
        found = database.collection(name)
        del database.collections[name]
        self._log.define(database.name, name, None)
        return fine(id=found.id)

    def _indexes(self, database: Database, request: Request) -> Answer:
        found = database.collection(request.parameters.get("collection", ""))
        primary = {
            "id": f"{found.name}/0",
            "type": "primary",
            "name": "primary",
            "fields": ["_key"],
            "unique": True,
            "sparse": False,
        }
        edge = {
            "id": f"{found.name}/1",
            "type": "edge",
            "name": "edge",
            "fields": ["_from", "_to"],
            "unique": False,
            "sparse": False,
        }
        own = [primary, edge] if found.type == EDGES else [primary]
        return fine(indexes=[*own, *(_shown(found, e) for e in found.indexes)], identifiers={})

    def _index(self, database: Database, request: Request, name: str, id: str) -> Answer:
        found = database.collection(name)
        return fine(**_shown(found, _known_index(found, id)))

    def _drop_index(self, database: Database, request: Request, name: str, id: str) -> Answer:
        found = database.collection(name)
        index = _known_index(found, id)
        found.drop_index(index)
        self._define(database, found)
        return fine(id=f"{name}/{index.id}")

    def _add_index(self, database: Database, request: Request) -> Answer:
        found = database.collection(request.parameters.get("collection", ""))
        wanted = request.fields
        if wanted.get("type") != "persistent" or not wanted.get("fields"):
            raise unknown(f"indexes of the kind {wanted.get('type')}")
        index = Index(
            str(next_number()),
            wanted.get("name") or f"idx_{next_number()}",
            tuple(wanted["fields"]),
            bool(wanted.get("unique")),
            bool(wanted.get("sparse")),
        )
        for each in found.indexes:
            if _same(each, index):
                return fine(200, **_shown(found, each), isNewlyCreated=False)
            if each.name == index.name:
                raise ArangoError(409, 1207, f"duplicate value: name {index.name}")
        found.add_index(index)
        self._define(database, found)
        return fine(201, **_shown(found, index), isNewlyCreated=True)

    def _define(self, database: Database, found: Collection) -> None:
        indexes = [
            {"id": e.id, "name": e.name, "fields": e.fields, "unique": e.unique, "sparse": e.sparse}
            for e in found.indexes
        ]
        definition = {"type": found.type, "id": found.id, "waitForSync": found.wait_for_sync}
        self._log.define(database.name, found.name, {**definition, "indexes": indexes})

    def _transaction_routes(self) -> list[tuple[str, re.Pattern[str], Route]]:
        one = re.compile("/_api/transaction/([^/]+)")
        return [
            ("POST", re.compile("/_api/transaction/begin"), self._begin),
            ("GET", re.compile("/_api/transaction"), self._running),
            ("GET", one, self._status),
            ("PUT", one, self._commit),
            ("DELETE", one, self._abort),
        ]

    def _begin(self, database: Database, request: Request) -> Answer:
        wanted = request.fields.get("collections")
        if not isinstance(wanted, dict):
            raise ArangoError(400, 10, "missing 'collections' attribute")
        sets = {kind: _names(wanted.get(kind)) for kind in ("read", "write", "exclusive")}
        for name in sorted(set().union(*sets.values())):
            if name not in database.collections:
                raise no_collection(name)
        begun = self._transactions.begin(database, sets["write"] | sets["exclusive"], stream=True)
        if request.fields.get("allowImplicit") is False:
            begun.reads = set().union(*sets.values())
        if size := request.fields.get("maxTransactionSize"):
            begun.largest = size
        return fine(201, result={"id": begun.id, "status": begun.status})

    def _running(self, database: Database, request: Request) -> Answer:
        running = self._transactions.all(database)
        return Answer(200, {"transactions": [{"id": e.id, "state": e.status} for e in running]})

    def _status(self, database: Database, request: Request, id: str) -> Answer:
        found = self._transactions.known(database, _number(id))
        status = "aborted" if found.status == "expired" else found.status
        return fine(result={"id": found.id, "status": status})

    def _commit(self, database: Database, request: Request, id: str) -> Answer:
        found = self._transactions.known(database, _number(id))
        if found.status in ("aborted", "expired"):
            if found.status == "expired":
                self._transactions.running(database, id)
            raise ArangoError(400, 1653, f"transaction '{id}' has already been aborted")
        if found.status == "running":
            self._transactions.commit(found)
        return fine(result={"id": found.id, "status": "committed"})

    def _abort(self, database: Database, request: Request, id: str) -> Answer:
        found = self._transactions.known(database, _number(id))
        if found.status == "committed":
            raise ArangoError(400, 1653, f"transaction '{id}' has already been committed")
        if found.status == "running":
            self._transactions.abort(found)
        return fine(result={"id": found.id, "status": "aborted"})


def _waits(request: Request) -> bool:
    """Whether this writes one document by itself."""
    alone = request.transaction is None and not isinstance(request.body, list)
    return alone and request.endpoint.startswith("/_api/document/")


def _known_index(found: Collection, id: str) -> Index:
    for each in found.indexes:
        if id in (each.id, each.name):
            return each
    raise no_index()


def _only_system(database: Database) -> None:
    if database.name != "_system":
        raise ArangoError(403, 1230, "operation only allowed in system database")


def _names(given: object) -> set[str]:
    if isinstance(given, str):
        return {given}
    return {str(each) for each in given} if isinstance(given, list) else set()


def _number(id: str) -> str:
    if not id.isdigit():
        raise ArangoError(400, 10, "bad parameter: invalid transaction id")
    return id


def _same(one: Index, other: Index) -> bool:
    parts = ("fields", "unique", "sparse")
    return all(getattr(one, name) == getattr(other, name) for name in parts)


def _shown(found: Collection, index: Index) -> dict[str, object]:
    return {
        "id": f"{found.name}/{index.id}",
        "type": "persistent",
        "name": index.name,
        "fields": list(index.fields),
        "unique": index.unique,
        "sparse": index.sparse,
        "deduplicate": True,
        "estimates": True,
        "selectivityEstimate": 1,
    }
