"""Queries and their cursors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.arango_double.wire import Driven, Wire, refused


def _run(wire: Wire, query: str, binds: dict[str, Any] | None = None, **more: Any) -> Any:
    return wire.ask("POST", "cursor", {"query": query, "bindVars": binds or {}, **more})


def test_a_batch_has_a_thousand_rows_unless_told_otherwise(wire: Wire) -> None:
    first = _run(wire, "FOR n IN @n RETURN n", {"n": list(range(1001))}, count=True)
    told = first.json()
    assert first.status_code == 201
    assert (len(told["result"]), told["hasMore"], told["count"]) == (1000, True, 1001)
    assert told["id"].isdigit()
    last = wire.ask("POST", f"cursor/{told['id']}")
    assert last.status_code == 200
    assert last.json()["result"] == [1000] and last.json()["hasMore"] is False
    assert "id" not in last.json()
    assert refused(wire.ask("POST", f"cursor/{told['id']}")) == (404, 1600)


def test_a_cursor_can_be_closed_once(wire: Wire) -> None:
    id = _run(wire, "FOR n IN [1, 2] RETURN n", batchSize=1).json()["id"]
    assert wire.ask("DELETE", f"cursor/{id}").status_code == 202
    assert refused(wire.ask("DELETE", f"cursor/{id}")) == (404, 1600)


def test_the_full_count_is_what_there_is_before_the_last_limit(
    database: Driven, things: Driven
) -> None:
    things.insert_many([{"n": n} for n in range(7)])
    text = "FOR d IN things FILTER d.n > 0 SORT d.n LIMIT 2, 3 RETURN d.n"
    cursor: Any = database.aql.execute(text, full_count=True)
    assert list(cursor) == [3, 4, 5]
    assert cursor.statistics()["fullCount"] == 6
    for query, full in ((text, False), ("FOR d IN things RETURN d.n", True)):
        plain: Any = database.aql.execute(query, full_count=full)
        assert "fullCount" not in plain.statistics()


def test_what_a_query_has_written_is_counted(wire: Wire) -> None:
    written = _run(wire, "FOR k IN ['a', 'b'] INSERT {_key: k} INTO things RETURN NEW._key").json()
    assert written["result"] == ["a", "b"]
    assert written["extra"]["stats"]["writesExecuted"] == 2


def test_a_query_is_done_as_a_whole_or_not_at_all(wire: Wire) -> None:
    wire.insert({"_key": "b"})
    answer = _run(wire, "FOR k IN ['a', 'b'] INSERT {_key: k} INTO things")
    assert refused(answer) == (409, 1210)
    assert answer.json()["errorMessage"].startswith("AQL: unique constraint violated")
    assert wire.keys() == ["b"]


def test_a_stale_revision_in_a_query_is_a_conflict_that_says_so(wire: Wire) -> None:
    stale = wire.insert({"_key": "a"}).json()["_rev"]
    wire.ask("PATCH", "document/things/a", {"n": 1})
    text = "UPDATE @d IN things OPTIONS {ignoreRevs: false}"
    answer = _run(wire, text, {"d": {"_key": "a", "_rev": stale}})
    assert refused(answer) == (409, 1200)
    assert "_rev" in answer.json()["errorMessage"]


@pytest.mark.parametrize(
    ("query", "binds", "error"),
    [
        ("", {}, (400, 1502)),
        ("FOR", {}, (400, 1501)),
        ("FOR d IN things RETURN", {}, (400, 1501)),
        ("RETURN @a", {}, (400, 1551)),
        ("RETURN 1", {"a": 1}, (400, 1552)),
        ("FOR d IN nothing RETURN d", {}, (404, 1203)),
        ("FOR d IN @@c RETURN d", {"@c": "nothing"}, (404, 1203)),
        ("REMOVE 'a' IN things", {}, (404, 1202)),
        ("INSERT {_key: 'a b'} INTO things", {}, (400, 1221)),
    ],
)
def test_a_query_that_is_none_is_refused(
    wire: Wire, query: str, binds: dict[str, Any], error: tuple[int, int]
) -> None:
    assert refused(_run(wire, query, binds)) == error


def test_a_collection_is_not_read_after_it_was_written(wire: Wire) -> None:
    text = "INSERT {} INTO things FOR d IN things RETURN d"
    assert refused(_run(wire, text)) == (400, 1579)


@pytest.mark.parametrize(
    ("mode", "left"),
    [("replace", {"b": 2}), ("update", {"a": 1, "b": 2}), ("ignore", {"a": 1})],
)
def test_an_insert_may_meet_what_is_there(wire: Wire, mode: str, left: dict[str, int]) -> None:
    wire.insert({"_key": "k", "a": 1})
    text = "INSERT {_key: 'k', b: 2} INTO things OPTIONS {overwriteMode: @mode} RETURN NEW"
    told = _run(wire, text, {"mode": mode}).json()
    assert (told["result"] == [None]) is (mode == "ignore")
    document = wire.ask("GET", "document/things/k").json()
    assert {name: each for name, each in document.items() if name[0] != "_"} == left


def test_a_filter_for_null_finds_what_is_missing(wire: Wire) -> None:
    wire.insert([{"_key": "a"}, {"_key": "b", "x": None}, {"_key": "c", "x": 0}])
    text = "FOR d IN things FILTER d.x == null SORT d._key RETURN d._key"
    assert _run(wire, text).json()["result"] == ["a", "b"]


def test_values_of_all_types_have_an_order(wire: Wire) -> None:
    values = [None, False, True, 0, 1.5, 2, "", "a", "b", [], [1], {"a": 1}]
    text = "FOR v IN @v SORT v RETURN v"
    assert _run(wire, text, {"v": values[::-1]}).json()["result"] == values


def test_the_driver_reads_all_there_is(things: Driven) -> None:
    things.insert_many([{"_key": f"{number}"} for number in range(3)])
    found: Any = things.all()
    assert sorted(each["_key"] for each in found) == ["0", "1", "2"]
    keys: Any = things.keys()
    assert sorted(keys) == ["0", "1", "2"]
