"""What a store gives back: get, find, iterate."""

from __future__ import annotations

import msgspec
import pytest

from store.base import AnyOf, Between, DocumentStore, Insert, Order, Patch, Put, Where
from store.collections import CATEGORIES, HISTORY, NODES, SNAPSHOTS, WORKFLOWS
from tests.integration.store.helpers import category, entry, head, node


def keys(store: DocumentStore, where: Where, order: Order = Order.KEY) -> list[str]:
    """The keys of the heads that match, found and iterated."""
    found = [each.key for each in store.find(WORKFLOWS, where, order=order, limit=100).items]
    assert found == [each.key for each in store.iterate(WORKFLOWS, where, order=order)]
    return found


def test_a_document_comes_back_as_it_was_written(store: DocumentStore) -> None:
    body = {
        "none": None, "true": True, "false": False, "zero": 0, "one": 1, "float": 1.0,
        "minus": -0.0, "big": 2**63 - 1, "small": -(2**63), "huge": 10**30, "tiny": 5e-324,
        "list": [1, [2.0, {}], []], "object": {"b": 1, "a": {"": ""}},
        "text": "NUL \x00 \x01 \x7f \ud7ff \uffff 😀 é e\u0301 \u2028 \\ \" '",
    }  # fmt: skip
    store.write([Insert(SNAPSHOTS, "k", body)])
    document = store.get(SNAPSHOTS, "k")
    assert document is not None
    assert document.key == "k"
    assert repr(document.body) == repr(body)


def test_json_that_is_encoded_already_is_kept_as_the_value_it_is(store: DocumentStore) -> None:
    raw = msgspec.Raw(b'{"x": [1.0, 1, "\\u00e9"]}')
    store.write([Insert(SNAPSHOTS, "k", {"raw": raw}), Insert(SNAPSHOTS, "l", {})])
    store.write([Patch(SNAPSHOTS, "l", {"raw": raw, "n": 1})])
    wanted = {"x": [1.0, 1, "é"]}
    assert [each.body.get("raw") for each in store.iterate(SNAPSHOTS)] == [wanted, wanted]


@pytest.mark.parametrize(
    "key",
    ["", " ", "\x00", "a\x00", "\x01", "\x01\x01", "\ud800", "a/b", "../a", "%2e", "'; --", "é",
     "😀", "a" * 100_000, '" || true', "%s", "_key", "A"],
)  # fmt: skip
def test_any_text_may_be_asked_for(store: DocumentStore, key: str) -> None:
    store.write([node("w", "a")])
    assert store.get(NODES, key) is None
    assert store.find(NODES, {"_key": key}, limit=10).total == 0
    assert store.find(NODES, {"workflowKey": key}, limit=10).total == 0
    assert [each.key for each in store.iterate(NODES, {"_key": AnyOf((key, "w-a"))})] == ["w-a"]
    assert store.find(HISTORY, {"userId": key}, limit=10).items == []


def test_keys_are_told_apart_by_case_and_collection(store: DocumentStore) -> None:
    store.write(
        [Insert(SNAPSHOTS, "a", {"n": 1}), Insert(SNAPSHOTS, "A", {"n": 2}), node("a", "a")]
    )
    assert [store.get(SNAPSHOTS, key) is not None for key in ("a", "A")] == [True, True]
    assert store.get(NODES, "a") is None


def test_results_are_sorted_by_code_points(store: DocumentStore) -> None:
    unsorted = [
        "b",
        "B",
        "a-b",
        "aB",
        "a",
        "A",
        "Z",
        "_",
        "-",
        "10",
        "9",
        "ab",
        "a_b",
        "a.b",
        "a:b",
    ]
    store.write([Insert(NODES, key, {"workflowKey": "w"}) for key in unsorted])
    page = store.find(NODES, {"workflowKey": "w"}, limit=100)
    assert [each.key for each in page.items] == sorted(unsorted)
    assert [each.key for each in store.iterate(NODES)] == sorted(unsorted)


def test_ties_of_the_sort_field_go_by_ascending_key_in_either_direction(
    store: DocumentStore,
) -> None:
    rows = {"a": 2, "b": 1, "B": 2, "d": -5, "c": 1, "e": 2**63 - 1, "f": -(2**63)}
    store.write([head(key, updatedAt=at) for key, at in rows.items()])
    assert keys(store, {}, Order.ASCENDING) == ["f", "d", "b", "c", "B", "a", "e"]
    assert keys(store, {}, Order.DESCENDING) == ["e", "B", "a", "b", "c", "d", "f"]
    assert keys(store, {"workspace": "w"}, Order.DESCENDING) == ["e", "B", "a", "b", "c", "d", "f"]


def test_pages_hold_everything_once_and_know_the_total(store: DocumentStore) -> None:
    store.write([head(f"k{i:02}", updatedAt=i % 3, workspace="ab"[i % 2]) for i in range(25)])
    where: Where = {"workspace": "a"}
    pages = [
        store.find(WORKFLOWS, where, order=Order.DESCENDING, limit=5, offset=offset)
        for offset in (0, 5, 10, 15)
    ]
    assert [page.total for page in pages] == [13] * 4
    assert [len(page.items) for page in pages] == [5, 5, 3, 0]
    paged = [each.key for page in pages for each in page.items]
    assert paged == [each.key for each in store.iterate(WORKFLOWS, where, order=Order.DESCENDING)]
    assert len(set(paged)) == 13
    assert store.find(WORKFLOWS, where, limit=0).total == 13
    assert store.find(WORKFLOWS, where, limit=10**30, offset=10**30).total == 13


def test_what_is_never_meant_is_refused(store: DocumentStore) -> None:
    wrong: list[Where] = [{"name": "x"}, {"clientId": "x"}, {"userId": "u", "id": "x"}, {"body": 1}]
    for where in wrong:
        with pytest.raises(ValueError, match=r"no index|from the first"):
            store.find(HISTORY, where, limit=1)
        with pytest.raises(ValueError, match=r"no index|from the first"):
            list(store.iterate(HISTORY, where))
    with pytest.raises(ValueError, match="negative"):
        store.find(HISTORY, limit=-1)
    with pytest.raises(ValueError, match="sort"):
        store.find(NODES, order=Order.ASCENDING, limit=1)
    with pytest.raises(ValueError, match="sort"):
        store.find(NODES, {"workflowKey": Between(1, 2)}, limit=1)
    with pytest.raises(ValueError, match="index"):
        list(store.iterate(HISTORY, fields=["timestamp"]))


def test_where_takes_values_and_sets_of_values(store: DocumentStore) -> None:
    store.write(
        [
            head("a", 1, workspace="w1", category="x"),
            head("b", 2, workspace="w1", category="xy"),
            head("c", 3, workspace="w2", category=None),
            head("d", 4, workspace=None, category="x"),
        ]
    )
    assert keys(store, {"workspace": "w1"}) == ["a", "b"]
    assert keys(store, {"workspace": AnyOf(("w1", None))}) == ["a", "b", "d"]
    assert keys(store, {"workspace": AnyOf(())}) == []
    assert keys(store, {"category": "x"}) == ["a", "d"]
    assert keys(store, {"category": None}) == ["c"]
    assert keys(store, {"workspace": "w1", "category": AnyOf(("x", "z"))}) == ["a"]
    assert keys(store, {"_key": AnyOf(("d", "a", "q")), "workspace": "w1"}) == ["a"]
    assert keys(store, {"_key": "b"}) == ["b"]
    assert keys(store, {"_key": 1}) == []
    assert keys(store, {"updatedAt": 2}) == ["b"]
    assert keys(store, {"updatedAt": 2.0}) == ["b"]
    assert keys(store, {"updatedAt": True}) == []
    assert keys(store, {"updatedAt": "2"}) == []
    assert keys(store, {"updatedAt": AnyOf((1, 4, None, 10**30))}) == ["a", "d"]


def test_any_of_takes_thousands_of_values(store: DocumentStore) -> None:
    store.write([head(f"k{i}", workspace=f"w{i}", category=f"c{i}") for i in range(50)])
    many = 40_000
    assert len(keys(store, {"_key": AnyOf(tuple(f"k{i}" for i in range(many)))})) == 50
    assert len(keys(store, {"workspace": AnyOf(tuple(f"w{i}" for i in range(many)))})) == 50
    assert len(keys(store, {"category": AnyOf(tuple(f"c{i}" for i in range(many)))})) == 50
    assert len(keys(store, {"updatedAt": AnyOf(tuple(range(many)))})) == 50


@pytest.mark.parametrize(
    ("above", "upto", "seqs"),
    [(None, None, [1, 2, 3, 4]), (2, None, [3, 4]), (None, 2, [1, 2]), (1, 3, [2, 3]), (3, 1, []),
     (-(10**30), 10**30, [1, 2, 3, 4]), (10**30, None, []), (None, -(10**30), [])],
)  # fmt: skip
def test_between_leaves_out_its_lower_bound_and_keeps_its_upper(
    store: DocumentStore, above: int | None, upto: int | None, seqs: list[int]
) -> None:
    store.write([entry("w", seq) for seq in (1, 2, 3, 4)] + [entry("v", 2)])
    where: Where = {"workflowKey": "w", "seq": Between(above, upto)}
    page = store.find(HISTORY, where, order=Order.DESCENDING, limit=10)
    assert [each.body["seq"] for each in page.items] == seqs[::-1]
    assert page.total == len(seqs)


def test_facets_are_looked_up_by_their_first_fields(store: DocumentStore) -> None:
    users = [("a", "c", "1"), ("ab", "c", "1"), ("a", "cd", "1"), ("a", "c", "12"),
             ("a", None, "1"), ("a", "", "1"), ("a,", "c", "1"), ('a"', "c", "1"),
             (None, "c", "1")]  # fmt: skip
    store.write(
        [entry("w", i, userId=u, clientId=c, id=d) for i, (u, c, d) in enumerate(users)]
        + [entry("v", 1, userId="a", clientId="c", id="1")]
    )

    def seqs(**facet: str | AnyOf | None) -> list[int]:
        where: Where = {"workflowKey": "w", **facet}
        return [each.body["seq"] for each in store.iterate(HISTORY, where)]

    assert seqs(userId="a") == [0, 2, 3, 4, 5]
    assert seqs(userId="a", clientId="c") == [0, 3]
    assert seqs(userId="a", clientId=None) == [4]
    assert seqs(userId="a", clientId="") == [5]
    assert seqs(userId="a", clientId="c", id="1") == [0]
    assert seqs(userId=None) == [8]
    assert seqs(userId=AnyOf(("ab", "a,", 'a"'))) == [1, 6, 7]
    assert seqs(userId=AnyOf(("ab", "a")), clientId=AnyOf(("c", "cd"))) == [0, 1, 2, 3]
    assert seqs(userId=AnyOf(("ab", "a")), clientId="c", id=AnyOf(("1", "12"))) == [0, 1, 3]
    assert seqs(userId=AnyOf(())) == []


def test_indexed_texts_may_have_any_length(store: DocumentStore) -> None:
    long = "é" * 100_000
    store.write(
        [entry("w", 1, userId=long), entry("w", 2, userId=long + "x"), entry(long[:400], 3)]
    )
    store.write([category("a", long, long)])
    assert store.find(HISTORY, {"userId": long}, limit=9).items[0].body["seq"] == 1
    assert store.find(HISTORY, {"userId": long, "clientId": "c"}, limit=9).total == 1
    assert store.find(HISTORY, {"workflowKey": long[:400]}, limit=9).items[0].body["seq"] == 3
    assert store.find(CATEGORIES, {"workspace": long}, limit=9).total == 1
    rows = list(store.iterate(HISTORY, order=Order.ASCENDING, fields=["userId", "seq"]))
    assert [each.body for each in rows] == [
        {"userId": long, "seq": 1},
        {"userId": long + "x", "seq": 2},
        {"userId": "u", "seq": 3},
    ]


def test_named_fields_come_without_the_rest(store: DocumentStore) -> None:
    store.write([entry("w", 1, secret="x"), Insert(HISTORY, "bare", {"seq": 2}), node("w", "a")])
    rows = store.iterate(HISTORY, fields=["seq", "id", "workflowKey"], order=Order.DESCENDING)
    assert [(each.key, each.body) for each in rows] == [
        ("bare", {"seq": 2, "id": None, "workflowKey": None}),
        ("w-000000000001", {"seq": 1, "id": "i1", "workflowKey": "w"}),
    ]
    assert [each.body for each in store.iterate(NODES, fields=["workflowKey"])] == [
        {"workflowKey": "w"}
    ]
    assert [each.body for each in store.iterate(NODES, fields=[])] == [{}]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("fields", [None, ["seq"]])
def test_long_iterations_give_everything_once_in_order(
    store: DocumentStore, order: Order, fields: list[str] | None
) -> None:
    count = 5_000
    store.write([entry("w", 0)])
    store.write(
        [Put(HISTORY, f"{i:05}", {"workflowKey": "w", "seq": i // 7 + 1}) for i in range(count)]
    )
    rows = list(store.iterate(HISTORY, {"seq": Between(above=0)}, order=order, fields=fields))
    got = [(each.body["seq"], each.key) for each in rows]
    wanted = sorted((i // 7 + 1, f"{i:05}") for i in range(count))
    if order is Order.DESCENDING:
        wanted.sort(key=lambda row: (-row[0], row[1]))
    assert got == wanted
    some = store.iterate(HISTORY, {"seq": Between(above=0)}, order=order, fields=fields, limit=1234)
    assert [each.key for each in some] == [key for _, key in wanted[:1234]]
    assert list(store.iterate(HISTORY, limit=0)) == []


def test_an_iteration_may_be_left_and_the_store_used_meanwhile(store: DocumentStore) -> None:
    store.write([node("w", f"{i:04}") for i in range(200)])
    rows = store.iterate(NODES, {"workflowKey": "w"})
    assert next(rows).key == "w-0000"
    store.write([Put(NODES, "w-0199", {"workflowKey": "w", "n": 1}), node("w", "0200")])
    assert [each.key for each in rows][-1] == "w-0200"
    assert next(store.iterate(NODES)).key == "w-0000"
    store.write([node("w", "0201")])


def test_big_documents_come_back(store: DocumentStore) -> None:
    text = "0123456789abcdef😀\n" * 1_000_000
    store.write([Insert(SNAPSHOTS, "big", {"data": text})])
    document = store.get(SNAPSHOTS, "big")
    assert document is not None
    assert document.body == {"data": text}
    store.write([Patch(SNAPSHOTS, "big", {"seq": 2}, {})])
    page = store.find(SNAPSHOTS, limit=1)
    assert page.items[0].body == {"data": text, "seq": 2}


def test_ping_and_close_may_be_called_at_any_time(store: DocumentStore) -> None:
    store.ping()
    store.close()
    store.close()
    store.ping()
    assert store.get(NODES, "a") is None
