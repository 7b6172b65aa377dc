"""What is particular to PostgreSQL: another's deadlock, and a server that goes and comes back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from store.base import (
    DocumentStore,
    Expect,
    Patch,
    Reader,
    Unavailable,
)
from store.collections import WORKFLOWS
from store.dialects import POSTGRESQL
from store.driver import written
from tests.integration.store.adapters import SqlAdapter
from tests.integration.store.helpers import at_once, head
from tests.postgres import PostgresServer

on_postgresql = pytest.mark.parametrize("adapter", ["postgresql"], indirect=True, scope="package")


@on_postgresql
def test_a_deadlock_with_somebody_else_is_repeated(
    store: DocumentStore, adapter: SqlAdapter, postgres: PostgresServer
) -> None:
    store.write([head("a"), head("b")])
    name = connections[adapter.alias].settings_dict["NAME"]
    lock = "SELECT 1 FROM store_document WHERE key = %s FOR UPDATE"
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"

    def collide() -> None:
        with (
            psycopg.connect(postgres.url(name)) as other,
            psycopg.connect(postgres.url(name), autocommit=True) as observer,
        ):
            # Who looks for a deadlock first is the one that is given up: not this one.
            other.execute("SET deadlock_timeout = '1min'")
            other.execute(lock, ["b"])
            held.set()
            while not observer.execute(waiting, [name]).fetchall():
                pass
            other.execute(lock, ["a"])

    def write() -> None:
        held.wait()
        store.write([Patch(WORKFLOWS, key, {"seq": 1}, expect={"seq": 0}) for key in ("b", "a")])

    held = Event()
    assert at_once(store, [collide, write]) == [None, None]
    assert [each.body["seq"] for each in store.iterate(WORKFLOWS)] == [1, 1]
    with psycopg.connect(postgres.url(name)) as other:
        (row,) = other.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name])
    assert row[0] > 0


@pytest.fixture
def own_server(
    postgres: PostgresServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[PostgresServer, DocumentStore]]:
    """A server that this test may stop, and a store in it."""
    server = postgres.another()
    with django_db_blocker.unblock():
        adapter = SqlAdapter("store_own_server", server.settings(server.create_database()))
        yield server, adapter.fresh()
        adapter.remove()
    server.remove()


def test_a_server_that_comes_back_is_used_again(
    own_server: tuple[PostgresServer, DocumentStore],
) -> None:
    server, store = own_server
    store.write([head("w")])

    def look(reader: Reader) -> None:
        assert reader.get(WORKFLOWS, "w") is not None
        server.stop("immediate")
        reader.get(WORKFLOWS, "w")

    with pytest.raises(Unavailable):
        store.read(look)
    for call in (
        store.ping,
        lambda: store.get(WORKFLOWS, "w"),
        lambda: store.write([head("v")]),
        lambda: store.write([Expect(WORKFLOWS, "w")]),
        lambda: store.read(lambda reader: None),
        lambda: list(store.iterate(WORKFLOWS)),
    ):
        with pytest.raises(Unavailable):
            call()
    server.start()
    store.ping()
    store.write([Patch(WORKFLOWS, "w", {"seq": 1}, expect={"seq": 0})])
    server.stop()
    server.start()
    with pytest.raises(Unavailable):
        store.write([head("v")])
    store.write([head("v")])
    assert [each.body["seq"] for each in store.iterate(WORKFLOWS)] == [0, 1]


def test_one_call_that_finds_its_connection_lost_is_enough_for_all_threads(
    own_server: tuple[PostgresServer, DocumentStore],
) -> None:
    """WS-GIVEUP-1: who comes back is not sent away again by the next thread that finds out."""
    server, store = own_server
    store.write([head("w")])
    with ThreadPoolExecutor(1) as other:
        assert other.submit(store.get, WORKFLOWS, "w").result() is not None
        server.stop("immediate")
        server.start()
        with pytest.raises(Unavailable):
            store.get(WORKFLOWS, "w")
        assert other.submit(store.get, WORKFLOWS, "w").result() is not None
        other.submit(store.close).result()


def test_a_connection_that_is_lost_within_a_write_is_not_used_again(
    own_server: tuple[PostgresServer, DocumentStore],
) -> None:
    server, store = own_server
    with (
        pytest.raises(ZeroDivisionError),
        written(connections["store_own_server"], POSTGRESQL) as cursor,
    ):
        cursor.execute("SELECT 1")
        server.stop("immediate")
        raise ZeroDivisionError
    server.start()
    store.write([head("w")])


def test_a_ping_gives_up_on_a_server_that_hangs(
    own_server: tuple[PostgresServer, DocumentStore],
) -> None:
    server, store = own_server
    store.ping()
    os.kill(server.process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        answers = at_once(store, [store.ping] * 5)
        assert time.monotonic() - began < 5
        assert [type(each) for each in answers] == [Unavailable] * 5
    finally:
        os.kill(server.process, signal.SIGCONT)
    store.ping()
