"""What the SQL store promises beyond the others, and what it does when its database is ill."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.db import connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from store.base import (
    Between,
    Conflict,
    Corrupt,
    Delete,
    Document,
    DocumentStore,
    Expect,
    Insert,
    Order,
    Patch,
    Unavailable,
    Where,
)
from store.checkpoints import EVERY, Checkpoints
from store.collections import HISTORY, NODES, WORKFLOWS
from store.router import DocumentsRouter
from tests.integration.store.adapters import SqlAdapter, sqlite_settings
from tests.integration.store.helpers import entry, head, node

both = pytest.mark.parametrize("adapter", ["sqlite", "postgresql"], indirect=True, scope="package")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the SQLite database of this test is."""
    return tmp_path / "documents.sqlite3"


@pytest.fixture
def sqlite(file: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[DocumentStore]:
    """A store on a file of its own, which does not wait for long when it is locked."""
    database = sqlite_settings(file)
    database["OPTIONS"]["timeout"] = 0.2
    with django_db_blocker.unblock():
        adapter = SqlAdapter("store_own_file", database)
        yield adapter.fresh()
        adapter.remove()


def damage(adapter: SqlAdapter, key: str, body: bytes) -> None:
    """Put something else where the body of a node is."""
    value: object = body
    expression = "CAST(%s AS TEXT)"
    if connections[adapter.alias].vendor == "postgresql":
        value, expression = body.decode(), "%s"
    with connections[adapter.alias].cursor() as cursor:
        cursor.execute(
            f"UPDATE store_document SET body = {expression} WHERE key = %s",  # noqa: S608
            [value, key],  # type: ignore[list-item]
        )


@both
@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b'{"a": nonsense}', b"null"])
def test_a_damaged_body_is_told_by_name_and_harms_no_other(
    store: DocumentStore, adapter: SqlAdapter, body: bytes
) -> None:
    store.write([node("w", "a"), node("w", "b"), node("v", "c")])
    damage(adapter, "w-b", body)
    questions: list[Callable[[], object]] = [
        lambda: store.get(NODES, "w-b"),
        lambda: store.find(NODES, {"workflowKey": "w"}, limit=9),
        lambda: list(store.iterate(NODES, {"workflowKey": "w"})),
        lambda: store.write([Patch(NODES, "w-b", {"x": 1})]),
        lambda: store.write([Expect(NODES, "w-b", {"x": 1})]),
    ]
    for question in questions:
        with pytest.raises(Corrupt, match="nodes/w-b") as raised:
            question()
        assert raised.value.key == ("nodes", "w-b")
    assert store.get(NODES, "w-a") is not None
    assert store.find(NODES, {"workflowKey": "v"}, limit=9).total == 1
    rows = store.iterate(NODES, {"workflowKey": "w"}, fields=["workflowKey"])
    assert [each.key for each in rows] == ["w-a", "w-b"]
    store.write([Delete(NODES, "w-b")])


@pytest.mark.parametrize("body", [b'{"a": "\xff"}', b"\xff\xfe", b'{"a\xc3": 1}'])
def test_flipped_bytes_that_are_no_text_are_told_by_name(
    file: Path, sqlite: DocumentStore, body: bytes
) -> None:
    sqlite.write([node("w", "a", x=1), node("w", "b")])
    with closing(sqlite3.connect(file)) as other:
        other.execute("UPDATE store_document SET body = CAST(? AS TEXT) WHERE key = 'w-b'", [body])
        other.commit()
    with pytest.raises(Corrupt, match="nodes/w-b"):
        sqlite.get(NODES, "w-b")
    with pytest.raises(Corrupt, match="nodes/w-b"):
        list(sqlite.iterate(NODES))
    with pytest.raises(Corrupt, match="nodes/w-b"):
        sqlite.write([Expect(NODES, "w-b", {"x": 1})])
    assert sqlite.get(NODES, "w-a") is not None


@both
def test_keys_may_be_any_text(store: DocumentStore) -> None:
    keys = ["", " ", "\x00", "\x00\x00", "\x01", "\x01\x01", "\x01\x02", "\x00\x01", "a\x00",
            "a\x00b", "a", "a ", "/", "..", "é", "e\u0301", "Z", "ß", "ss", "\uffff", "😀", "%s",
            "'", '"', "k" * 1000, "\ud7ff", "\ue000", "\U0010ffff", "日本"]  # fmt: skip
    store.write([Insert(NODES, key, {"workflowKey": "w", "key": key}) for key in keys])
    assert [each.key for each in store.iterate(NODES)] == sorted(keys)
    assert [each.body["key"] for each in store.find(NODES, limit=99).items] == sorted(keys)
    for key in keys:
        document = store.get(NODES, key)
        assert document is not None
        assert (document.key, document.body["key"]) == (key, key)
        with pytest.raises(Conflict) as raised:
            store.write([Insert(NODES, key, {})])
        assert raised.value.keys == {("nodes", key)}
    store.write([Delete(NODES, key, expect={"key": key}) for key in keys])
    assert store.find(NODES, limit=1).total == 0


@both
def test_inside_of_djangos_own_transaction_it_is_part_of_that(
    store: DocumentStore, adapter: SqlAdapter
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=adapter.alias):
        store.write([head("w")])
        with pytest.raises(Conflict):
            store.write([head("w"), head("v")])
        found = store.read(lambda reader: reader.find(WORKFLOWS, limit=9))
        assert [each.key for each in found.items] == ["w"]
        raise ZeroDivisionError
    assert store.get(WORKFLOWS, "w") is None


@both
def test_a_database_that_is_not_migrated_is_unavailable(
    store: DocumentStore, adapter: SqlAdapter
) -> None:
    with transaction.atomic(using=adapter.alias), connections[adapter.alias].cursor() as cursor:
        cursor.execute("ALTER TABLE store_document RENAME TO elsewhere")
    try:
        calls: list[Callable[[], object]] = [
            store.ping,
            lambda: store.get(NODES, "a"),
            lambda: store.write([node("w", "a")]),
            lambda: store.read(lambda reader: reader.get(NODES, "a")),
        ]
        for call in calls:
            with pytest.raises(Unavailable, match="migrated"):
                call()
    finally:
        with transaction.atomic(using=adapter.alias), connections[adapter.alias].cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO store_document")
    store.write([node("w", "a")])


def test_a_file_that_is_gone_is_unavailable_until_it_is_back(
    file: Path, sqlite: DocumentStore
) -> None:
    sqlite.write([node("w", "a")])
    away = file.rename(file.with_suffix(".away"))
    for call in (sqlite.ping, lambda: sqlite.write([node("w", "b")])):
        with pytest.raises(Unavailable, match="missing"):
            call()
    away.rename(file)
    sqlite.ping()
    sqlite.write([node("w", "c")])
    assert [each.key for each in sqlite.iterate(NODES)] == ["w-a", "w-c"]


def test_a_file_that_is_no_database_is_unavailable(file: Path, sqlite: DocumentStore) -> None:
    sqlite.close()
    file.write_bytes(b"this is not a database" * 1000)
    calls: list[Callable[[], object]] = [
        sqlite.ping,
        lambda: sqlite.get(NODES, "a"),
        lambda: sqlite.write([head("w")]),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()


def test_a_full_disk_is_unavailable_until_there_is_space(file: Path, sqlite: DocumentStore) -> None:
    sqlite.write([head("w")])
    with connections["store_own_file"].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unavailable, match="full"):
        sqlite.write([Patch(WORKFLOWS, "w", {"seq": 1}), node("w", "a", text="x" * 100_000)])
    workflow = sqlite.get(WORKFLOWS, "w")
    assert workflow is not None
    assert workflow.body["seq"] == 0
    sqlite.write([node("w", "a", text="x" * 100_000)])


def test_a_file_locked_by_another_process_stops_writers_only(
    file: Path, sqlite: DocumentStore
) -> None:
    sqlite.write([head("w")])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            sqlite.write([Patch(WORKFLOWS, "w", {"seq": 1})])
        sqlite.write([Expect(WORKFLOWS, "w", {"seq": 0})])
        with pytest.raises(Conflict):
            sqlite.write([Expect(WORKFLOWS, "w", {"seq": 1})])
        assert sqlite.read(lambda reader: reader.find(WORKFLOWS, limit=1)).total == 1
        sqlite.ping()
        other.execute("ROLLBACK")
    sqlite.write([Patch(WORKFLOWS, "w", {"seq": 1})])


def test_the_log_is_moved_on_beside_the_writers(file: Path, sqlite: DocumentStore) -> None:
    def moved() -> int:
        # Opened as it is, without its log.
        with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as alone:
            # Half moved, it is no database yet.
            with suppress(sqlite3.DatabaseError):
                return int(alone.execute("SELECT count(*) FROM store_document").fetchone()[0])
            return 0

    sqlite.write([node("w", f"n{number}") for number in range(EVERY - 1)])
    before = moved()
    sqlite.write([node("w", "last")])
    deadline = time.monotonic() + 20
    while moved() < EVERY:
        assert time.monotonic() < deadline, "it stays in the log"
    assert before == 0, "it is moved one by one"


def test_a_log_that_is_moved_on_makes_no_file_of_its_own(file: Path, sqlite: DocumentStore) -> None:
    sqlite.write([node("w", f"n{number}") for number in range(EVERY - 1)])
    aside = file.rename(file.with_suffix(".aside"))
    Checkpoints(file).wrote(EVERY)
    for thread in threading.enumerate():
        if thread.name == "checkpoint":
            thread.join(20)
    assert not file.exists()
    aside.rename(file)


def test_hot_questions_are_answered_by_indexes(file: Path, sqlite: DocumentStore) -> None:
    sqlite.write([entry("w", i) for i in range(1, 50)])

    def plans(results: Iterator[Document]) -> list[str]:
        queries: list[str] = []
        connections["store_own_file"].connection.set_trace_callback(queries.append)
        list(results)
        connections["store_own_file"].connection.set_trace_callback(None)
        with closing(sqlite3.connect(file)) as other:
            return [
                row[3] for query in queries for row in other.execute(f"EXPLAIN QUERY PLAN {query}")
            ]

    tail: Where = {"workflowKey": "w", "seq": Between(above=40)}
    (plan,) = plans(sqlite.iterate(HISTORY, tail, order=Order.ASCENDING))
    assert "INDEX store_document_sort (collection=? AND partition=? AND sort>?)" in plan
    newest = sqlite.iterate(HISTORY, {"workflowKey": "w"}, order=Order.DESCENDING, fields=["seq"])
    assert "store_document_sort (collection=? AND partition=?" in plans(newest)[0]
    ids = {"workflowKey": "w", "userId": "u", "clientId": "c"}
    fields = plans(sqlite.iterate(HISTORY, ids, fields=["seq", "id"]))
    assert (
        "COVERING INDEX store_document_facet (collection=? AND partition=? AND facet>?" in fields[0]
    )
    (nodes,) = plans(sqlite.iterate(NODES, {"workflowKey": "w"}))
    assert "store_document_sort (collection=? AND partition=? AND sort=?" in nodes


@both
def test_texts_at_the_limit_of_an_index_are_found(store: DocumentStore) -> None:
    texts = ["\x00", "a\x00b", "x" * 247, "x" * 248, "x" * 249, "#", "#" * 65, "é" * 125]
    store.write(
        [
            Insert(
                HISTORY,
                f"{i:01000}",
                {"seq": i, "workflowKey": text, "userId": text, "clientId": text, "id": text},
            )
            for i, text in enumerate(texts)
        ]
    )
    for i, text in enumerate(texts):
        where = {"workflowKey": text, "userId": text, "clientId": text, "id": text}
        rows = list(store.iterate(HISTORY, where, fields=["seq", "workflowKey", "id"]))
        assert [each.body for each in rows] == [{"seq": i, "workflowKey": text, "id": text}]


@pytest.mark.parametrize(
    ("documents", "db", "app", "allowed"),
    [
        ("documents", "documents", "store", True),
        ("documents", "default", "store", False),
        ("documents", "documents", "accounts", False),
        ("documents", "default", "accounts", None),
        ("default", "default", "store", True),
        ("default", "default", "accounts", None),
    ],
)
def test_every_table_is_in_its_database_only(
    settings: object, documents: str, db: str, app: str, allowed: bool | None
) -> None:
    settings.DOCUMENTS_DATABASE = documents  # type: ignore[attr-defined]
    assert DocumentsRouter().allow_migrate(db, app) is allowed
