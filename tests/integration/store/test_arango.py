"""What is ArangoDB's own: how documents lie there, who may, and what goes wrong on the way."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from arango.client import ArangoClient

from nodius_site.options import ROOT
from store.arango import ArangoStore, Place
from store.base import (
    Conflict,
    Delete,
    DocumentStore,
    Expect,
    Insert,
    Order,
    Patch,
    Put,
    Refused,
    StoreError,
    TooLarge,
    Unavailable,
)
from store.collections import CATEGORIES, EDGES, HISTORY, NODES, WORKFLOWS
from tests import engine
from tests.arango import ArangoServer
from tests.integration.store.helpers import at_once, category, entry, head, node

HOSTILE = [
    'x" || true REMOVE u IN users //',
    "'; --",
    "a/b",
    "../a",
    "..",
    "%2e%2e",
    "a?b#c",
    "@c",
    "`",
    "é😀",
    "\x00",
    "=",
    "~",
    "_key",
]
COMMIT = "/_api/transaction/"


@pytest.fixture(scope="module")
def place(arango: ArangoServer) -> Iterator[Place]:
    """A database that is ready."""
    made = Place(arango.url, arango.user, arango.password, arango.create_name())
    ArangoStore(made).prepare()
    yield made
    engine.drop(made)


@pytest.fixture
def store(place: Place) -> Iterator[DocumentStore]:
    """An empty store."""
    engine.empty(place)
    made = ArangoStore(place)
    yield made
    made.close()


def database(place: Place) -> Any:
    """The database, as its driver has it."""
    return ArangoClient(hosts=place.url).db(place.name, place.user, place.password)


def test_many_may_prepare_one_database_at_once(arango: ArangoServer) -> None:
    place = Place(arango.url, arango.user, arango.password, arango.create_name())
    store = ArangoStore(place)
    assert at_once(store, [store.prepare] * 6) == [None] * 6
    store.prepare()
    store.write([head("w"), node("w", "a")])
    store.prepare()
    assert store.get(NODES, "w-a") is not None
    engine.drop(place)


def test_a_wrong_password_is_told_in_one_line_that_has_it_not(place: Place) -> None:
    for wrong in (replace(place, password="hunter2"), replace(place, user="nobody")):
        with pytest.raises(Refused, match="arangodb_user and arangodb_pass") as refused:
            ArangoStore(wrong).prepare()
        assert "hunter2" not in str(refused.value) and "\n" not in str(refused.value)
        assert "hunter2" not in repr(wrong)


def test_a_server_that_is_not_there_is_unavailable_at_once(place: Place) -> None:
    away = ArangoStore(replace(place, url="http://127.0.0.1:1"))
    calls: list[Callable[[], object]] = [away.prepare, away.ping, lambda: away.get(NODES, "a")]
    for call in calls:
        with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:1 does not answer"):
            call()


def test_a_cluster_whose_database_has_many_shards_is_refused() -> None:
    server = ArangoServer(role="COORDINATOR")
    try:
        if not server.is_double:
            pytest.skip("a real server is what it is")
        with pytest.raises(Refused, match="OneShard"):
            ArangoStore(Place(server.url, server.user, server.password, "nodius")).prepare()
    finally:
        server.remove()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_taken_for_a_query_or_an_address(store: DocumentStore, text: str) -> None:
    """T21"""
    store.write([node("w", "kept"), category("kept", "n")])
    body = {"workflowKey": text, text: {text: [text]}, "value": {"source": text, "target": text}}
    store.write([Insert(NODES, text, body), Insert(EDGES, text, body)])
    for collection in (NODES, EDGES):
        found = store.get(collection, text)
        assert found is not None and (found.key, found.body) == (text, body)
        assert [e.key for e in store.iterate(collection, {"workflowKey": text})] == [text]
        store.write([Patch(collection, text, {"n": 1}, expect={"workflowKey": text})])
        store.write([Delete(collection, text, expect={"n": 1})])
    store.write([Put(CATEGORIES, text, {"workspace": text, "name": text})])
    with pytest.raises(Conflict):
        store.write([Insert(CATEGORIES, "other", {"workspace": text, "name": text})])
    assert store.find(CATEGORIES, {"_key": text}, limit=9).total == 1
    assert store.get(NODES, "w-kept") is not None and store.get(CATEGORIES, "kept") is not None


#: What texts of AQL may be put together from: constants of the catalog, and words that it made.
FORMATTED = {"INDEX", "_ORDER", "_SORT", "_SORTED[order]", "asked", "by", "change", "each", "left"}
FORMATTED |= {
    "facet.index(name)",
    "len(self.binds)",
    "name",
    "operator",
    "own",
    "place",
    "result",
    "sign",
    "unique",
    "', '.join(lists)",
}


def test_aql_is_written_in_one_file_and_from_constants() -> None:
    """T21"""
    for file in sorted((ROOT / "store").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = {ast.unparse(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
        assert "Query" not in calls or file.name == "arango_queries.py", file
        executed = {each for each in calls if each.endswith("aql.execute")}
        assert not executed or file.name == "arango_server.py", file
        if file.name == "arango_queries.py":
            parts = [each for each in ast.walk(tree) if isinstance(each, ast.FormattedValue)]
            assert {ast.unparse(each.value) for each in parts} <= FORMATTED
            assert not calls & {"str.format"} and "Query" in calls


def test_edges_are_edges_and_fields_are_fields(place: Place, store: DocumentStore) -> None:
    value = msgspec.Raw(b'{"source": "a", "target": "b", "label": "\\u00e9"}')
    store.write(
        [
            node("w", "a", value={"posX": 1}),
            node("w", "b", value={}),
            Insert(EDGES, "w-e", {"workflowKey": "w", "key": "e", "value": value}),
        ]
    )
    edge = database(place).collection("edges").get("w-e")
    assert (edge["_from"], edge["_to"]) == ("nodes/w-a", "nodes/w-b")
    assert edge["value"] == {"source": "a", "target": "b", "label": "é"}
    assert database(place).collection("nodes").get("w-a")["value"] == {"posX": 1}
    assert database(place).collection("edges").properties()["edge"] is True


def test_numbers_come_back_as_what_they_were(store: DocumentStore) -> None:
    body = {"workflowKey": "w", "values": [1, 1.0, -0.0, 10**30, 2**63, 5e-324, 1e16, 0.1, True]}
    store.write([Insert(NODES, "w-a", body)])
    store.write([Patch(NODES, "w-a", {"more": 2.0})])
    found = store.get(NODES, "w-a")
    assert found is not None and repr(found.body) == repr({**body, "more": 2.0})
    (named,) = store.iterate(NODES, {"workflowKey": "w"}, fields=["workflowKey"])
    assert named.body == {"workflowKey": "w"}


def test_one_write_takes_few_requests(double: ArangoServer, store: DocumentStore) -> None:
    def requests(call: Callable[[], object]) -> int:
        double.requests()
        call()
        return len(double.requests())

    store.write([head("w")])
    advance = Patch(WORKFLOWS, "w", {"seq": 1}, expect={"seq": 0})
    assert requests(lambda: store.write([advance, entry("w", 1)])) == 5
    assert requests(lambda: store.write([Expect(WORKFLOWS, "w", {"seq": 1})])) == 1
    assert requests(lambda: store.get(WORKFLOWS, "w")) == 1
    assert requests(lambda: store.find(HISTORY, order=Order.DESCENDING, limit=5)) == 1


def test_a_condition_beside_writes_keeps_others_from_what_it_is_about(
    store: DocumentStore,
) -> None:
    store.write([head("w")])

    def take(number: int) -> None:
        condition = Expect(WORKFLOWS, "w", {"seq": 0})
        store.write([condition, Patch(WORKFLOWS, "x", {"seq": number})] if number else [condition])

    store.write([head("x")])
    moved = Patch(WORKFLOWS, "w", {"seq": 1}, expect={"seq": 0})
    outcome = at_once(store, [lambda: take(1), lambda: store.write([moved]), lambda: take(2)])
    assert outcome[1] is None
    last = store.get(WORKFLOWS, "x")
    assert last is not None
    taken = [number for number, each in ((1, outcome[0]), (2, outcome[2])) if each is None]
    assert last.body["seq"] in (taken or [0])


class TestFaults:
    """Of a connection, or of a server."""

    def test_a_connection_that_breaks_before_the_commit_is_no_matter(
        self, double: ArangoServer, store: DocumentStore
    ) -> None:
        store.write([head("w")])
        for do in ("drop-before", "drop-after"):
            for path in ("/_api/cursor", "/_api/transaction/begin"):
                double.fault(method="POST", path=path, do=do)
                store.write([Put(NODES, f"{do}{path}", {"workflowKey": "w"})])
        assert store.find(NODES, limit=9).total == 4

    def test_a_commit_whose_answer_is_lost_is_whole_or_not_at_all(
        self, double: ArangoServer, store: DocumentStore
    ) -> None:
        for do, there in (("drop-before", False), ("drop-after", True)):
            double.fault(method="PUT", path=COMMIT, do=do)
            with pytest.raises(Unavailable):
                store.write([node("w", do), category(do, do)])
            assert (store.get(NODES, f"w-{do}") is not None) is there
            assert (store.get(CATEGORIES, do) is not None) is there

    def test_what_collides_is_tried_again(self, double: ArangoServer, store: DocumentStore) -> None:
        double.fault(method="POST", path="/_api/cursor", times=3, do="status", status=409,
                     number=1200, message="write-write conflict; key: a")  # fmt: skip
        store.write([node("w", "a")])
        double.fault(method="PUT", path=COMMIT, times=2, do="status", status=409, number=1200)
        store.write([node("w", "b")])
        assert store.find(NODES, limit=9).total == 2

    def test_a_server_that_is_overloaded_is_unavailable_and_then_well(
        self, double: ArangoServer, store: DocumentStore
    ) -> None:
        double.fault(times=50, do="status", status=503, number=503)
        calls: list[Callable[[], object]] = [
            lambda: store.write([node("w", "a")]),
            store.ping,
            lambda: store.get(NODES, "a"),
        ]
        for call in calls:
            with pytest.raises(Unavailable):
                call()
        double.heal()
        store.ping()
        assert store.get(NODES, "w-a") is None

    def test_what_is_too_large_for_the_server_is_told_as_that(
        self, double: ArangoServer, store: DocumentStore
    ) -> None:
        double.fault(method="POST", path="/_api/cursor", do="status", status=500, number=32)
        with pytest.raises(TooLarge):
            store.write([node("w", "a")])
        double.fault(method="POST", path="/_api/cursor", do="status", status=500, number=1016)
        with pytest.raises(Unavailable):
            store.write([node("w", "a")])

    def test_a_slow_server_is_waited_for_and_a_ping_gives_up(
        self, double: ArangoServer, store: DocumentStore
    ) -> None:
        double.fault(method="POST", path="/_api/cursor", delay=1.0)
        assert store.get(NODES, "a") is None
        double.fault(method="POST", path="/_api/cursor", delay=4.5)
        with pytest.raises(Unavailable):
            store.ping()

    def test_a_server_that_is_killed_keeps_what_it_has_committed(self) -> None:
        own = ArangoServer()
        try:
            if not own.is_double:
                pytest.skip("a real server is not to be harmed")
            store = ArangoStore(Place(own.url, own.user, own.password, "kept"))
            store.prepare()
            for number in range(20):
                if number % 5 == 4:
                    own.kill()
                    with pytest.raises(StoreError):
                        store.write([node("w", "lost")])
                    own.start()
                store.write([node("w", f"{number}"), category(f"{number}", f"{number}")])
            assert store.find(NODES, limit=99).total == store.find(CATEGORIES, limit=99).total == 20
        finally:
            with suppress(OSError):
                own.remove()

    def test_the_locks_of_a_process_that_was_killed_are_taken_from_it(
        self, place: Place, store: DocumentStore
    ) -> None:
        store.write([head("w")])
        left = database(place).begin_transaction(write=["workflows"], sync=True)
        left.collection("workflows").update({"_key": "w", "seq": 5})
        store.write([Patch(WORKFLOWS, "w", {"seq": 1}, expect={"seq": 0})])
        found = store.get(WORKFLOWS, "w")
        assert found is not None and found.body["seq"] == 1
        assert database(place).list_transactions() == []

    def test_a_writer_that_lives_begins_anew_when_its_transaction_was_taken_for_a_dead_ones(
        self, double: ArangoServer, store: DocumentStore
    ) -> None:
        store.write([head("w")])
        double.fault(method="PUT", path=COMMIT, delay=4.5)
        patches = [Patch(WORKFLOWS, "w", {name: 1}) for name in ("one", "other")]
        assert at_once(store, [lambda each=each: store.write([each]) for each in patches]) == [  # type: ignore[misc]
            None,
            None,
        ]
        found = store.get(WORKFLOWS, "w")
        assert found is not None and (found.body["one"], found.body["other"]) == (1, 1)

    def test_a_read_whose_transaction_is_gone_is_begun_anew(self) -> None:
        own = ArangoServer(idle=0.2)
        try:
            if not own.is_double:
                pytest.skip("a real server waits for a minute")
            store = ArangoStore(Place(own.url, own.user, own.password, "idle"))
            store.prepare()
            store.write([node("w", "a")])
            tries = iter((0.6, 0.0))

            def slowly(reader: Any) -> object:
                first = reader.get(NODES, "w-a")
                time.sleep(next(tries))
                return first == reader.get(NODES, "w-a")

            assert store.read(slowly) is True
            assert next(tries, None) is None
        finally:
            own.remove()
