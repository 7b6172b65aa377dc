"""Documents, one and many at once, as the server's own tests of its HTTP interface have them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from arango.exceptions import DocumentInsertError, DocumentRevisionError

from tests.integration.arango_double.wire import Driven, Wire, refused


@pytest.mark.parametrize("key", ["a", "a" * 254, "Az09_-.@()+,=;$!*'%:", "..", "%"])
def test_a_key_of_the_allowed_signs_is_taken(wire: Wire, key: str) -> None:
    assert wire.insert({"_key": key}).json()["_key"] == key
    assert wire.keys() == [key]


@pytest.mark.parametrize(
    "key", ["", "a" * 255, " ", "a b", "a/b", "a?", "a#", "a&", "[", '"', "\\", "é", "a\n", 1, None]
)
def test_any_other_key_is_refused(wire: Wire, key: object) -> None:
    assert refused(wire.insert({"_key": key})) == (400, 1221)
    assert wire.keys() == []


def test_an_answer_tells_where_the_document_is(wire: Wire) -> None:
    answer = wire.insert({"_key": "a"})
    told = answer.json()
    assert answer.status_code == 202
    assert answer.headers["ETag"] == f'"{told["_rev"]}"'
    assert answer.headers["Location"] == f"/_db/{wire.database}/_api/document/things/a"
    assert told.keys() == {"_id", "_key", "_rev"} and told["_id"] == "things/a"
    read = wire.ask("GET", "document/things/a")
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert read.headers["Content-Type"] == "application/json; charset=utf-8"


def test_who_waits_for_the_disk_is_answered_201(wire: Wire) -> None:
    assert wire.insert({}, waitForSync=1).status_code == 201


def test_a_key_that_is_taken_is_a_conflict(wire: Wire) -> None:
    wire.insert({"_key": "a"})
    answer = wire.insert({"_key": "a"})
    assert refused(answer) == (409, 1210)
    assert answer.json()["errorMessage"] == (
        "unique constraint violated - in index primary of type primary over '_key'; "
        "conflicting key: a"
    )


def test_every_write_gives_another_revision(things: Driven) -> None:
    first = things.insert({"_key": "a", "n": 1})["_rev"]
    second = things.replace({"_key": "a", "n": 1})
    assert second["_old_rev"] == first != second["_rev"]


def test_a_revision_that_is_not_the_newest_is_refused(wire: Wire, things: Driven) -> None:
    stale = things.insert({"_key": "a"})
    newest = things.update({"_key": "a", "n": 1})
    for write in (things.update, things.replace, things.delete):
        with pytest.raises(DocumentRevisionError) as refusal:
            write(stale)
        assert (refusal.value.http_code, refusal.value.error_code) == (412, 1200)
    answer = wire.ask("GET", "document/things/a", headers={"if-match": stale["_rev"]})
    assert refused(answer) == (412, 1200)
    assert answer.json()["_rev"] == newest["_rev"]


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_what_is_not_there_is_told_from_where_it_would_be(wire: Wire, method: str) -> None:
    body: dict[str, Any] | None = None if method in ("GET", "DELETE") else {}
    assert refused(wire.ask(method, "document/things/a", body)) == (404, 1202)
    assert refused(wire.ask(method, "document/nothing/a", body)) == (404, 1203)


def test_a_head_has_a_status_and_no_body(wire: Wire) -> None:
    wire.insert({"_key": "a"})
    assert wire.ask("HEAD", "document/things/a").status_code == 200
    missing = wire.ask("HEAD", "document/things/b")
    assert (missing.status_code, missing.content) == (404, b"")


def test_only_objects_are_documents(wire: Wire) -> None:
    assert refused(wire.insert("text")) == (400, 1227)
    broken = wire.client.post(f"/_db/{wire.database}/_api/document/things", content='{"a":')
    assert refused(broken) == (400, 600)
    number = wire.client.post(f"/_db/{wire.database}/_api/document/things", content='{"a":NaN}')
    assert refused(number) == (400, 600)


def test_bytes_that_are_no_text_are_refused(wire: Wire) -> None:
    answer = wire.client.post(f"/_db/{wire.database}/_api/document/things", content=b'{"a":"\xff"}')
    assert refused(answer) == (400, 600)


def test_an_edge_has_two_ends(wire: Wire) -> None:
    assert refused(wire.ask("POST", "document/links", {"_from": "things/a"})) == (400, 1233)
    ends = {"_from": "things/a", "_to": "things/b"}
    assert wire.ask("POST", "document/links", ends).status_code == 202


def test_a_patch_merges_objects_and_may_drop_nulls(things: Driven) -> None:
    things.insert({"_key": "a", "o": {"x": 1, "y": 2}, "n": 1})
    things.update({"_key": "a", "o": {"y": None}, "n": None}, keep_none=False)
    assert things.get("a")["o"] == {"x": 1} and "n" not in things.get("a")
    things.update({"_key": "a", "o": {"z": 3}}, merge=False)
    assert things.get("a")["o"] == {"z": 3}


def test_each_of_many_succeeds_or_fails_by_itself(wire: Wire) -> None:
    answer = wire.insert([{"_key": "a"}, {"_key": "a"}, {"_key": "b c"}, {"_key": "a"}])
    assert answer.status_code == 202
    assert [each.get("errorNum") for each in answer.json()] == [None, 1210, 1221, 1210]
    assert json.loads(answer.headers["X-Arango-Error-Codes"]) == {"1210": 2, "1221": 1}
    assert wire.keys() == ["a"]


def test_many_that_all_succeed_have_no_header_of_errors(wire: Wire) -> None:
    assert "X-Arango-Error-Codes" not in wire.insert([{"_key": "a"}, {"_key": "b"}]).headers


def test_the_driver_finds_each_error_among_many(things: Driven) -> None:
    first, second = things.insert_many([{"_key": "a"}, {"_key": "a"}])
    assert first["_key"] == "a"
    assert isinstance(second, DocumentInsertError) and second.error_code == 1210
    things.update_many([{"_key": "a", "n": 1}])
    assert [each["n"] for each in things.get_many(["a", "missing"])] == [1]
    assert things.delete_many(["a"])[0]["_key"] == "a"


def test_an_import_that_is_to_be_complete_is_all_or_nothing(wire: Wire) -> None:
    wire.insert({"_key": "b"})
    rows = [{"_key": "a"}, {"_key": "b"}, {"_key": "c"}]
    how: dict[str, Any] = {"type": "array", "collection": "things", "details": 1}
    assert refused(wire.ask("POST", "import", rows, complete=1, **how)) == (409, 1210)
    assert wire.keys() == ["b"]
    told = wire.ask("POST", "import", rows, **how)
    counts = told.json()
    assert told.status_code == 201 and len(counts["details"]) == 1
    assert (counts["created"], counts["errors"], counts["updated"], counts["ignored"]) == (
        2,
        1,
        0,
        0,
    )
    assert wire.keys() == ["a", "b", "c"]


def test_an_import_may_take_the_place_of_what_is_there(things: Driven) -> None:
    things.insert({"_key": "a", "old": 1})
    things.import_bulk([{"_key": "a", "new": 1}], on_duplicate="replace")
    assert "old" not in things.get("a") and things.get("a")["new"] == 1
