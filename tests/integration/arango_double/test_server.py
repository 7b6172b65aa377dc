"""Who may ask, what databases and collections there are, what lasts, and what goes wrong."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import httpx
import pytest
from arango.client import ArangoClient
from arango.exceptions import DatabaseCreateError, DatabaseDeleteError

from tests.arango import ArangoServer
from tests.integration.arango_double.wire import Driven, Wire, refused


def test_a_wrong_password_is_refused(arango: ArangoServer) -> None:
    path = f"{arango.url}/_db/_system/_api/collection"
    for auth in (None, (arango.user, "wrong"), ("nobody", arango.password)):
        assert refused(httpx.get(path, auth=auth, trust_env=False)) == (401, 11)
    assert httpx.head(path, trust_env=False).status_code == 401


def test_an_unknown_database_is_told(arango: ArangoServer) -> None:
    with Wire(arango, "nowhere") as wire:
        assert refused(wire.ask("GET", "collection")) == (404, 1228)


def test_databases_are_made_listed_and_dropped(arango: ArangoServer) -> None:
    client = ArangoClient(hosts=arango.url, resolver_max_tries=1)
    system: Driven = client.db("_system", arango.user, arango.password, verify=True)
    name = arango.create_name()
    users = [{"username": "somebody", "password": "secret", "active": True}]
    assert system.create_database(name, users=users) is True
    assert system.has_database(name) and name in system.databases()
    with pytest.raises(DatabaseCreateError) as twice:
        system.create_database(name)
    assert (twice.value.http_code, twice.value.error_code) == (409, 1207)
    made: Driven = client.db(name, arango.user, arango.password)
    assert made.properties()["name"] == name
    system.delete_database(name)
    with pytest.raises(DatabaseDeleteError) as gone:
        system.delete_database(name)
    assert (gone.value.http_code, gone.value.error_code) == (404, 1228)
    client.close()


@pytest.mark.parametrize("name", [None, "", " ", "_a", "o\u0308"])
def test_a_database_needs_a_name_of_its_kind(arango: ArangoServer, name: str | None) -> None:
    with Wire(arango, "_system") as wire:
        assert refused(wire.ask("POST", "database", {"name": name})) == (400, 1208)


def test_databases_are_the_business_of_the_system(wire: Wire) -> None:
    assert refused(wire.ask("GET", "database")) == (403, 1230)
    assert refused(wire.ask("POST", "database", {"name": "x"})) == (403, 1230)


def test_collections_are_made_counted_emptied_and_dropped(wire: Wire) -> None:
    made = wire.ask("POST", "collection", {"name": "more", "type": 3})
    assert made.status_code == 200 and made.json()["type"] == 3
    assert refused(wire.ask("POST", "collection", {"name": "more"})) == (409, 1207)
    for name in ("", "1", None):
        assert refused(wire.ask("POST", "collection", {"name": name})) == (400, 1208)
    wire.insert([{}, {}])
    assert wire.ask("GET", "collection/things/count").json()["count"] == 2
    assert wire.ask("PUT", "collection/things/truncate").status_code == 200
    assert wire.ask("GET", "collection/things/count").json()["count"] == 0
    assert wire.ask("DELETE", "collection/more").json()["id"] == made.json()["id"]
    assert refused(wire.ask("GET", "collection/more/properties")) == (404, 1203)


def test_what_was_answered_outlives_a_kill(double: ArangoServer) -> None:
    name = double.create_name()
    with closing(ArangoClient(hosts=double.url, resolver_max_tries=1)) as client:
        client.db("_system", double.user, double.password).create_database(name)
        client.db(name, double.user, double.password).create_collection("things", sync=True)
    with Wire(double, name) as wire:
        wire.make_unique("a")
        wire.insert([{"_key": "kept", "a": 1}, {"_key": "gone"}])
        wire.ask("DELETE", "document/things/gone")
        done, unfinished = wire.begin(), wire.begin()
        wire.insert({"_key": "done", "a": 2}, done)
        wire.insert({"_key": "open", "a": 3}, unfinished)
        wire.commit(done)
        asked = ("collection/things/properties", "document/things/kept", "database/current")
        before = [wire.ask("GET", path).json() for path in asked]
        double.kill()
        double.start()
    with Wire(double, name) as wire:
        assert wire.keys() == ["done", "kept"]
        assert [wire.ask("GET", path).json() for path in asked] == before
        assert refused(wire.commit(unfinished)) == (404, 1655)
        assert refused(wire.insert({"a": 2})) == (409, 1210)
        assert wire.insert({"a": 3}).status_code == 201


def test_a_connection_dropped_before_leaves_nothing_done(wire: Wire, double: ArangoServer) -> None:
    double.fault(method="POST", path="/_api/document", do="drop-before")
    with pytest.raises(httpx.RemoteProtocolError):
        wire.insert({"_key": "a"})
    assert wire.keys() == []
    assert wire.insert({"_key": "a"}).status_code == 202


def test_a_connection_dropped_after_leaves_it_done(wire: Wire, double: ArangoServer) -> None:
    double.fault(method="POST", path="/_api/document", do="drop-after")
    with pytest.raises(httpx.RemoteProtocolError):
        wire.insert({"_key": "a"})
    assert wire.keys() == ["a"]


def test_an_error_may_be_asked_for_a_number_of_times(wire: Wire, double: ArangoServer) -> None:
    fault: dict[str, Any] = {
        "do": "status",
        "status": 503,
        "number": 1429,
        "message": "too few",
        "times": 2,
    }
    double.fault(method="POST", path="/_api/document", **fault)
    for _ in range(2):
        answer = wire.insert({})
        assert refused(answer) == (503, 1429) and answer.json()["errorMessage"] == "too few"
    assert wire.insert({}).status_code == 202


def test_faults_are_taken_back(wire: Wire, double: ArangoServer) -> None:
    double.fault(do="status", times=100)
    double.heal()
    assert wire.insert({}).status_code == 202


def test_a_fault_that_is_none_is_refused(double: ArangoServer) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        double.fault(undo="everything")
    with pytest.raises(httpx.HTTPStatusError):
        double.fault(do="nonsense")


def test_a_slow_request_does_not_hold_up_others(wire: Wire, double: ArangoServer) -> None:
    double.fault(method="GET", path="/_api/version", delay=5.0)
    slow = threading.Thread(target=wire.ask, args=("GET", "version"))
    slow.start()
    while not any(each["path"] == "/_api/version" for each in _requests(double)):
        pass
    assert wire.insert({}).status_code == 202
    assert slow.is_alive()
    slow.join()


def test_requests_are_remembered(wire: Wire, double: ArangoServer) -> None:
    double.requests()
    wire.insert({"_key": "a"}, returnNew=1)
    assert double.requests() == [
        {
            "method": "POST",
            "path": "/_api/document/things",
            "query": "returnNew=1",
            "body": '{"_key":"a"}',
        }
    ]
    assert double.requests() == []


def test_a_paused_server_answers_when_it_goes_on(wire: Wire, double: ArangoServer) -> None:
    double.pause()
    with pytest.raises(httpx.ReadTimeout):
        wire.client.get("/_api/version", timeout=0.2)
    double.resume()
    assert wire.ask("GET", "version").json()["server"] == "arango"


def test_many_ask_at_once(database: Driven, arango: ArangoServer) -> None:
    failed: list[Exception] = []

    def insert(name: str) -> None:
        try:
            with Wire(arango, database.name) as wire:
                wire.insert([{"_key": f"{name}{n}"} for n in range(5)])
                for n in range(5, 25):
                    assert wire.insert({"_key": f"{name}{n}"}).status_code == 202
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=insert, args=(f"t{n}-",)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert database.collection("things").count() == 200


def _requests(double: ArangoServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(
        f"{double.url}/_double/requests", trust_env=False
    ).json()
    return found
