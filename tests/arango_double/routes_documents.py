"""Documents over HTTP, one or many at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import unquote

from tests.arango_double.database import Collection, Database
from tests.arango_double.documents import Doc, marked
from tests.arango_double.errors import ArangoError, no_document, unknown
from tests.arango_double.requests import Answer, Request, fine
from tests.arango_double.transactions import Transaction, Transactions

Routes: TypeAlias = list[tuple[str, re.Pattern[str], Callable[..., Answer]]]


class Documents:
    """The document interface and the bulk import."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        one = re.compile("/_api/document/([^/]+)/([^/]+)")
        many = re.compile("/_api/document/([^/]+)")
        self.routes: Routes = [
            ("POST", re.compile("/_api/import"), self._import),
            *((method, one, self._one) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")),
            *((method, many, self._many) for method in ("POST", "PUT", "PATCH", "DELETE")),
        ]

    def _within(self, database: Database, request: Request, name: str) -> Transaction:
        database.collection(name)
        if request.transaction is None:
            return self._transactions.begin(database, None, stream=False)
        return self._transactions.running(database, request.transaction)

    def _one(self, database: Database, request: Request, name: str, key: str) -> Answer:
        begun = self._within(database, request, name)
        try:
            answer = self._on_one(begun, request, database.collection(name), unquote(key))
        except ArangoError:
            self._end(begun, request, well=False)
            raise
        self._end(begun, request, well=True)
        return answer

    def _on_one(self, begun: Transaction, request: Request, found: Collection, key: str) -> Answer:
        wanted = request.headers.get("if-match")
        if request.method in ("GET", "HEAD"):
            document = begun.get(found.name, key)
            if document is None:
                raise no_document()
            if wanted not in (None, document["_rev"], f'"{document["_rev"]}"'):
                raise ArangoError(
                    412, 1200, "conflict, _rev values do not match", **marked(document)
                )
            return Answer(200, document, {"ETag": f'"{document["_rev"]}"'})
        if request.method == "DELETE":
            old = begun.remove(found.name, key, wanted)
            return _written(request, found, old, None, deleted=True)
        new, old = _updated(begun, request, found, key, request.body)
        return _written(request, found, new, old)

    def _many(self, database: Database, request: Request, name: str) -> Answer:
        found = database.collection(name)
        begun = self._within(database, request, name)
        if request.method == "POST" and not isinstance(request.body, list):
            try:
                new, old = begun.insert(name, request.body, _mode(request))
            except ArangoError:
                self._end(begun, request, well=False)
                raise
            self._end(begun, request, well=True)
            shown = new or old
            return _written(request, found, shown or {}, old, location=True)
        if not isinstance(request.body, list):
            raise ArangoError(400, 10, "bad parameter: expecting an array")
        answers, errors = [], Counter[str]()
        for each in request.body:
            try:
                answers.append(self._each(begun, request, found, each))
            except ArangoError as error:
                errors[str(error.number)] += 1
                answers.append({n: v for n, v in error.body.items() if n != "code"})
        self._end(begun, request, well=True)
        headers = {"X-Arango-Error-Codes": str(dict(errors)).replace("'", '"')} if errors else {}
        body: Any = {} if request.flag("silent") and not errors else answers
        return Answer(200 if request.flag("onlyget") else _status(request, found), body, headers)

    def _each(self, begun: Transaction, request: Request, found: Collection, each: Any) -> Doc:
        if request.flag("onlyget"):
            document = begun.get(found.name, _key_of(each))
            if document is None:
                raise no_document()
            return document
        if request.method == "POST":
            new, old = begun.insert(found.name, each, _mode(request))
        elif request.method == "DELETE":
            new, old = begun.remove(found.name, _key_of(each), _revision(request, each)), None
        else:
            new, old = _updated(begun, request, found, _key_of(each), each)
        return _shown(request, new or old or {}, old)

    def _import(self, database: Database, request: Request) -> Answer:
        name = request.parameters.get("collection", "")
        if not isinstance(request.body, list):
            raise unknown("imports of lines")
        begun = self._within(database, request, name)
        modes = {"replace": "replace", "update": "update", "ignore": "ignore"}
        mode = modes.get(request.parameters.get("onDuplicate", "error"))
        counts, details = Counter[str](), []
        for each in request.body:
            try:
                new, old = begun.insert(name, each, mode)
                counts["ignored" if new is None else "updated" if old else "created"] += 1
            except ArangoError as error:
                counts["errors"] += 1
                details.append(str(error))
                if request.flag("complete"):
                    self._end(begun, request, well=False)
                    raise
        self._end(begun, request, well=True)
        told = {n: counts[n] for n in ("created", "errors", "updated", "ignored")}
        return fine(201, empty=0, details=details, **told)

    def _end(self, begun: Transaction, request: Request, *, well: bool) -> None:
        if request.transaction is None:
            self._transactions.commit(begun) if well else self._transactions.abort(begun)


def _updated(
    begun: Transaction, request: Request, found: Collection, key: str, body: Any
) -> tuple[Doc, Doc]:
    options = {
        "keepNull": request.flag("keepNull", True),
        "mergeObjects": request.flag("mergeObjects", True),
        "revision": _revision(request, body),
    }
    return begun.update(found.name, key, body, replace=request.method == "PUT", options=options)


def _revision(request: Request, body: Any) -> str | None:
    if request.flag("ignoreRevs", True) or not isinstance(body, dict):
        return request.headers.get("if-match")
    revision: str | None = body.get("_rev")
    return revision


def _key_of(each: Any) -> str:
    text = each if isinstance(each, str) else each.get("_key") or each.get("_id", "")
    return str(text).rpartition("/")[2]


def _mode(request: Request) -> str | None:
    return request.parameters.get("overwriteMode") or (
        "replace" if request.flag("overwrite") else None
    )


def _status(request: Request, found: Collection) -> int:
    waits = request.flag("waitForSync") or found.wait_for_sync
    if request.method == "DELETE":
        return 200 if waits else 202
    return 201 if waits else 202


def _shown(request: Request, new: Doc, old: Doc | None) -> Doc:
    shown = marked(new)
    if old is not None:
        shown["_oldRev"] = old["_rev"]
    if request.flag("returnNew"):
        shown["new"] = new
    if request.flag("returnOld"):
        shown["old"] = old if old is not None else new
    return shown


def _written(
    request: Request,
    found: Collection,
    new: Doc,
    old: Doc | None,
    *,
    location: bool = False,
    deleted: bool = False,
) -> Answer:
    headers = {"ETag": f'"{new["_rev"]}"'}
    if location:
        headers["Location"] = f"/_db/{request.database}/_api/document/{new['_id']}"
    body = {} if request.flag("silent") else _shown(request, new, None if deleted else old)
    return Answer(_status(request, found), body, headers)
