"""Stream transactions: what they see, what they keep from each other, and how they end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from arango.client import ArangoClient

from tests.arango import ArangoServer
from tests.integration.arango_double.wire import Wire, refused


def test_nobody_sees_what_is_not_committed(wire: Wire) -> None:
    trx = wire.begin()
    wire.insert({"_key": "a"}, trx)
    assert wire.keys(trx) == ["a"] and wire.keys() == []
    assert wire.ask("GET", "document/things/a").status_code == 404
    assert wire.ask("GET", "document/things/a", trx=trx).status_code == 200
    assert wire.commit(trx).json()["result"]["status"] == "committed"
    assert wire.keys() == ["a"]


def test_a_transaction_sees_what_was_committed_when_it_began(wire: Wire) -> None:
    wire.insert([{"_key": "a", "n": 1}, {"_key": "b"}])
    trx = wire.begin()
    wire.insert({"_key": "c"})
    wire.ask("PATCH", "document/things/a", {"n": 2})
    wire.ask("DELETE", "document/things/b")
    assert wire.keys(trx) == ["a", "b"]
    assert wire.ask("GET", "document/things/a", trx=trx).json()["n"] == 1
    assert wire.keys() == ["a", "c"]


def test_an_aborted_transaction_leaves_nothing(wire: Wire) -> None:
    trx = wire.begin()
    wire.insert({"_key": "a"}, trx)
    assert wire.abort(trx).json()["result"]["status"] == "aborted"
    assert wire.keys() == []
    assert wire.insert({"_key": "a"}).status_code == 202


def test_a_failed_operation_does_not_end_a_transaction(wire: Wire) -> None:
    trx = wire.begin()
    wire.insert({"_key": "a"}, trx)
    assert refused(wire.insert({"_key": "a"}, trx)) == (409, 1210)
    assert wire.commit(trx).status_code == 200
    assert wire.keys() == ["a"]


@pytest.mark.parametrize("second", ["stream", "query", "many"])
def test_of_two_that_write_a_document_the_later_is_refused(wire: Wire, second: str) -> None:
    wire.insert({"_key": "a"})
    one, other = wire.begin(), wire.begin()
    wire.ask("PATCH", "document/things/a", {"n": 1}, one)
    update = {"query": "UPDATE 'a' WITH {n: 2} IN things"}
    if second == "stream":
        answer = wire.ask("PATCH", "document/things/a", {"n": 2}, other)
    elif second == "query":
        answer = wire.ask("POST", "cursor", update)
    else:
        inline = wire.ask("PATCH", "document/things", [{"_key": "a", "n": 2}])
        assert inline.status_code == 202 and inline.json()[0]["errorNum"] == 1200
        return
    assert refused(answer) == (409, 1200)
    assert "write-write conflict" in answer.json()["errorMessage"]


def test_a_document_written_since_is_a_conflict(wire: Wire) -> None:
    wire.insert({"_key": "a"})
    trx = wire.begin()
    wire.ask("PATCH", "document/things/a", {"n": 1})
    answer = wire.ask("PATCH", "document/things/a", {"n": 2}, trx)
    assert refused(answer) == (409, 1200)
    wire.commit(trx)
    assert wire.ask("GET", "document/things/a").json()["n"] == 1


def test_a_single_write_waits_for_the_document_for_a_while(wire: Wire) -> None:
    wire.insert({"_key": "a"})
    trx = wire.begin()
    wire.ask("PATCH", "document/things/a", {"n": 1}, trx)
    answer = wire.ask("PATCH", "document/things/a", {"n": 2})
    assert refused(answer) == (409, 1200)
    assert answer.elapsed.total_seconds() >= 0.9
    assert answer.json()["errorMessage"] == (
        "Timeout waiting to lock key - in index primary of type primary over '_key'; "
        "conflicting key: a"
    )
    wire.abort(trx)
    assert wire.ask("PATCH", "document/things/a", {"n": 2}).status_code == 202


def test_a_unique_value_that_an_unfinished_transaction_takes_is_a_conflict(wire: Wire) -> None:
    wire.make_unique("a")
    one, other = wire.begin(), wire.begin()
    wire.insert({"_key": "k", "a": 1}, one)
    assert refused(wire.insert({"_key": "l", "a": 1}, other)) == (409, 1200)
    wire.commit(one)
    assert refused(wire.insert({"_key": "l", "a": 1}, other)) == (409, 1210)


def test_a_transaction_may_hand_a_unique_value_on(wire: Wire) -> None:
    wire.make_unique("a")
    wire.insert({"_key": "k", "a": 1})
    trx = wire.begin()
    wire.ask("DELETE", "document/things/k", trx=trx)
    assert wire.insert({"_key": "l", "a": 1}, trx).status_code == 202
    assert refused(wire.insert({"_key": "m", "a": 1}, trx)) == (409, 1210)
    wire.commit(trx)
    assert wire.keys() == ["l"]


def test_only_declared_collections_are_written(wire: Wire) -> None:
    trx = wire.begin()
    assert refused(wire.ask("POST", "document/others", {}, trx)) == (400, 1652)
    assert refused(wire.ask("POST", "cursor", {"query": "INSERT {} INTO others"}, trx)) == (
        400,
        1652,
    )
    assert (
        wire.ask("POST", "cursor", {"query": "FOR d IN others RETURN d"}, trx).json()["result"]
        == []
    )


def test_who_forbids_it_reads_declared_collections_alone(wire: Wire) -> None:
    trx = wire.begin(allowImplicit=False)
    assert refused(wire.ask("GET", "document/others/a", trx=trx)) == (400, 1652)


def test_a_transaction_of_an_unknown_collection_is_refused(wire: Wire) -> None:
    wanted = {"collections": {"write": ["nothing"]}}
    assert refused(wire.ask("POST", "transaction/begin", wanted)) == (404, 1203)
    assert refused(wire.ask("POST", "transaction/begin", {})) == (400, 10)


def test_an_unknown_transaction_is_refused(wire: Wire) -> None:
    for answer in (wire.insert({}, "123456789"), wire.commit("123456789"),
                   wire.ask("POST", "cursor", {"query": "RETURN 1"}, "123456789")):  # fmt: skip
        assert refused(answer) == (404, 1655)
    assert refused(wire.commit("words")) == (400, 10)
    assert wire.keys() == []


def test_the_end_of_a_transaction_may_be_asked_for_again_but_not_changed(wire: Wire) -> None:
    done, undone = wire.begin(), wire.begin()
    for _ in range(2):
        assert wire.commit(done).json()["result"] == {"id": done, "status": "committed"}
        assert wire.abort(undone).json()["result"] == {"id": undone, "status": "aborted"}
    assert refused(wire.abort(done)) == (400, 1653)
    assert refused(wire.commit(undone)) == (400, 1653)
    assert wire.ask("GET", f"transaction/{done}").json()["result"]["status"] == "committed"


def test_nothing_is_done_in_a_transaction_that_is_over(wire: Wire) -> None:
    done, undone = wire.begin(), wire.begin()
    wire.commit(done)
    wire.abort(undone)
    assert wire.insert({}, done).status_code == 404
    assert wire.insert({}, undone).status_code in (404, 410)
    assert wire.keys() == []


def test_those_that_run_are_listed(wire: Wire) -> None:
    trx = wire.begin()
    listed = wire.ask("GET", "transaction").json()["transactions"]
    assert listed == [{"id": trx, "state": "running"}]


def test_a_transaction_writes_no_more_than_it_may(wire: Wire) -> None:
    trx = wire.begin(maxTransactionSize=1000)
    assert refused(wire.insert({"_key": "a", "text": "x" * 2000}, trx)) == (500, 32)


@pytest.fixture
def hasty() -> Iterator[Wire]:
    """The collection `things` at a double whose transactions may be idle for a second."""
    server = ArangoServer(idle=1)
    if not server.is_double:
        pytest.skip("a real server waits for a minute")
    client = ArangoClient(hosts=server.url, resolver_max_tries=1)
    client.db("_system", server.user, server.password).create_collection("things")
    with Wire(server, "_system") as wire:
        yield wire
    client.close()
    server.remove()


def _ended(wire: Wire, trx: str) -> bool:
    told = wire.ask("GET", f"transaction/{trx}").json()
    return bool(told["result"]["status"] == "aborted")


def test_an_idle_transaction_is_gone(hasty: Wire) -> None:
    trx = hasty.begin()
    hasty.insert({"_key": "a"}, trx)
    while not _ended(hasty, trx):
        pass
    assert hasty.insert({"_key": "b"}, trx).status_code == 410
    assert hasty.commit(trx).status_code in (400, 410)
    assert hasty.keys() == []


def test_an_idle_transaction_does_not_keep_others_from_writing(hasty: Wire) -> None:
    hasty.insert({"_key": "a"}, hasty.begin())
    query = {"query": "INSERT {_key: 'a'} INTO things"}
    while (answer := hasty.ask("POST", "cursor", query)).status_code == 409:
        assert refused(answer) == (409, 1200)
    assert answer.status_code == 201 and hasty.keys() == ["a"]


def test_every_operation_keeps_a_transaction_alive(hasty: Wire) -> None:
    trx, idle = hasty.begin(), hasty.begin()
    count = 0
    while not _ended(hasty, idle):
        assert hasty.insert({"_key": f"k{count}"}, trx).status_code == 202
        count += 1
    assert hasty.commit(trx).status_code == 200
    assert len(hasty.keys()) == count
