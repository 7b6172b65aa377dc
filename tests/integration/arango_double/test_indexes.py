"""Persistent indexes: what they keep apart, and how they are made again."""

from __future__ import annotations

import pytest
from arango.exceptions import IndexDeleteError

from tests.integration.arango_double.wire import Driven, Wire, refused


def test_a_value_of_a_unique_index_is_taken_once(wire: Wire) -> None:
    wire.make_unique("a", "n.p")
    wire.insert({"_key": "k", "a": 1, "n": {"p": 2}})
    answer = wire.insert({"_key": "l", "a": 1.0, "n": {"p": 2, "q": 3}})
    assert refused(answer) == (409, 1210)
    assert answer.json()["errorMessage"].startswith(
        "unique constraint violated - in index one of type persistent over 'a, n.p'"
    )
    assert wire.insert({"_key": "m", "a": 1, "n": {"p": 3}}).status_code == 202
    assert wire.keys() == ["k", "m"]


def test_changes_keep_to_a_unique_index_and_free_its_values(wire: Wire) -> None:
    wire.make_unique("a")
    wire.insert([{"_key": "k", "a": 1}, {"_key": "l", "a": 2}])
    for method in ("PATCH", "PUT"):
        assert refused(wire.ask(method, "document/things/l", {"a": 1})) == (409, 1210)
    assert wire.ask("PATCH", "document/things/l", {"a": 2, "b": 1}).status_code == 202
    wire.ask("PATCH", "document/things/k", {"a": 3})
    assert wire.ask("PATCH", "document/things/l", {"a": 1}).status_code == 202
    wire.ask("DELETE", "document/things/l")
    assert wire.insert({"a": 1}).status_code == 202


def test_a_missing_value_is_null_but_not_in_a_sparse_index(wire: Wire) -> None:
    wire.make_unique("sparse", sparse=True, name="two")
    assert wire.insert({"_key": "a"}).status_code == wire.insert({"_key": "b"}).status_code == 202
    wire.ask("PUT", "collection/things/truncate")
    wire.make_unique("dense")
    wire.insert({"_key": "a"})
    assert refused(wire.insert({"_key": "b", "dense": None})) == (409, 1210)


def test_objects_are_equal_in_whatever_order(wire: Wire) -> None:
    wire.make_unique("a")
    wire.insert({"a": {"x": 1, "y": 2}})
    assert refused(wire.insert({"a": {"y": 2, "x": 1}})) == (409, 1210)


def test_the_same_index_again_is_the_one_that_is_there(wire: Wire) -> None:
    first, again = wire.make_unique("a"), wire.make_unique("a")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["isNewlyCreated"] and not again.json()["isNewlyCreated"]
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["id"].startswith("things/")


def test_what_is_there_may_stand_against_a_unique_index(wire: Wire) -> None:
    wire.insert([{"a": 1}, {"a": 1}])
    assert refused(wire.make_unique("a")) == (400, 1210)
    assert [each["type"] for each in _indexes(wire, "things")] == ["primary"]
    assert wire.insert({"a": 1}).status_code == 202


def test_an_index_needs_a_collection(wire: Wire) -> None:
    wanted = {"type": "persistent", "fields": ["a"]}
    assert refused(wire.ask("POST", "index", wanted, collection="nothing")) == (404, 1203)
    assert refused(wire.ask("GET", "index", collection="nothing")) == (404, 1203)


def test_edges_have_an_index_of_their_own(wire: Wire) -> None:
    assert [each["type"] for each in _indexes(wire, "links")] == ["primary", "edge"]


def test_an_index_can_be_read_and_deleted(things: Driven) -> None:
    made = things.add_index({"type": "persistent", "fields": ["a"], "unique": True})
    assert things.get_index(made["id"])["fields"] == ["a"]
    things.insert({"a": 1})
    things.delete_index(made["id"])
    things.insert({"a": 1})
    assert len(things.indexes()) == 1
    with pytest.raises(IndexDeleteError) as refusal:
        things.delete_index(made["id"])
    assert (refusal.value.http_code, refusal.value.error_code) == (404, 1212)


def _indexes(wire: Wire, collection: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = wire.ask("GET", "index", collection=collection).json()[
        "indexes"
    ]
    return found
