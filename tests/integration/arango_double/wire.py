"""Plain requests to a database of ArangoDB, as documented under develop/http-api."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import httpx

from tests.arango import ArangoServer

#: A thing of python-arango: its types say that any answer may be that of a job, or none.
Driven: TypeAlias = Any


class Wire:
    """One database over HTTP; the answers are as they came."""

    def __init__(self, server: ArangoServer, database: str) -> None:
        self.database = database
        self.client = httpx.Client(
            base_url=server.url, auth=(server.user, server.password), trust_env=False, timeout=20
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        trx: str | None = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx.Response:
        """Ask the database; `path` goes on behind `/_api/`, `trx` is a stream transaction."""
        sent = {**(headers or {}), **({"x-arango-trx-id": trx} if trx else {})}
        address = f"/_db/{self.database}/_api/{path}"
        content = {} if body is None else {"json": body}
        return self.client.request(method, address, params=parameters, headers=sent, **content)

    def insert(self, body: Any, trx: str | None = None, **parameters: Any) -> httpx.Response:
        """Insert into the collection `things`."""
        return self.ask("POST", "document/things", body, trx, **parameters)

    def keys(self, trx: str | None = None) -> list[str]:
        """The keys of `things`, as a query sees them."""
        query = {"query": "FOR d IN things SORT d._key RETURN d._key"}
        found: list[str] = self.ask("POST", "cursor", query, trx).json()["result"]
        return found

    def begin(self, **more: Any) -> str:
        """The id of a new stream transaction that writes to `things`, unless told otherwise."""
        wanted = {"collections": {"write": ["things"]}, **more}
        answer = self.ask("POST", "transaction/begin", wanted)
        assert answer.status_code == 201
        id: str = answer.json()["result"]["id"]
        return id

    def commit(self, trx: str) -> httpx.Response:
        """Commit a stream transaction."""
        return self.ask("PUT", f"transaction/{trx}")

    def abort(self, trx: str) -> httpx.Response:
        """Abort a stream transaction."""
        return self.ask("DELETE", f"transaction/{trx}")

    def make_unique(self, *fields: str, name: str = "one", sparse: bool = False) -> httpx.Response:
        """Add a unique index to `things`."""
        index = {"type": "persistent", "fields": fields, "unique": True, "sparse": sparse}
        return self.ask("POST", "index", {**index, "name": name}, collection="things")


def refused(answer: httpx.Response) -> tuple[int, int]:
    """The status and the number of an error, which has the form that all have."""
    told = answer.json()
    assert {"code", "error", "errorNum", "errorMessage"} <= told.keys()
    assert told["error"] is True and told["code"] == answer.status_code
    return answer.status_code, told["errorNum"]
