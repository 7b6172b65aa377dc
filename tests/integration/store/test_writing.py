"""What a write does, and what keeps it from being done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from store.base import (
    Conflict,
    Delete,
    DeleteAll,
    DocumentStore,
    Expect,
    Insert,
    Operation,
    Patch,
    Put,
    TooLarge,
)
from store.collections import (
    CATEGORIES,
    COLLECTIONS,
    EDGES,
    HISTORY,
    NODES,
    SNAPSHOTS,
    WORKFLOWS,
    Collection,
)
from tests.integration.store.helpers import category, entry, head, node


def contents(store: DocumentStore) -> dict[tuple[str, str], dict[str, Any]]:
    """All there is."""
    return {
        (collection.name, each.key): each.body
        for collection in COLLECTIONS.values()
        for each in store.iterate(collection)
    }


def conflict(store: DocumentStore, operations: Sequence[Operation]) -> set[tuple[str, str]]:
    """What the Conflict names with which these operations end; nothing may have changed."""
    before = contents(store)
    with pytest.raises(Conflict) as raised:
        store.write(operations)
    assert contents(store) == before
    assert all(f"{name}/{key}" in str(raised.value) for name, key in raised.value.keys)
    return set(raised.value.keys)


def test_one_write_reaches_all_collections(store: DocumentStore) -> None:
    store.write([head("w"), node("w", "a"), category("c", "n"), Insert(SNAPSHOTS, "w", {"seq": 0})])
    store.write(
        [
            Patch(WORKFLOWS, "w", {"seq": 1, "updatedAt": 7}, expect={"seq": 0, "epoch": "e1"}),
            entry("w", 1),
            Put(NODES, "w-b", {"workflowKey": "w"}),
            Delete(NODES, "w-a"),
            Delete(CATEGORIES, "c", expect={"name": "n"}),
            Expect(SNAPSHOTS, "w", {"seq": 0}),
        ]
    )
    assert contents(store) == {
        ("workflows", "w"): head("w").body | {"seq": 1, "updatedAt": 7},
        ("history", "w-000000000001"): entry("w", 1).body,
        ("nodes", "w-b"): {"workflowKey": "w"},
        ("snapshots", "w"): {"seq": 0},
    }


def test_nothing_is_written_by_no_operations(store: DocumentStore) -> None:
    store.write([])
    assert contents(store) == {}


def test_put_replaces_the_whole_body_and_what_it_is_found_by(store: DocumentStore) -> None:
    store.write([head("w", 1, category="x", extra=1)])
    store.write([Put(WORKFLOWS, "w", {"workspace": "v", "updatedAt": 9, "category": "y"})])
    assert contents(store) == {
        ("workflows", "w"): {"workspace": "v", "updatedAt": 9, "category": "y"}
    }
    assert store.find(WORKFLOWS, {"workspace": "w"}, limit=9).total == 0
    assert (
        store.find(WORKFLOWS, {"workspace": "v", "category": "y", "updatedAt": 9}, limit=9).total
        == 1
    )


def test_patch_keeps_the_other_fields_as_they_are(store: DocumentStore) -> None:
    store.write([head("w", 1, number=1.0, huge=10**25, nested={"a": 1, "b": [1.50]})])
    store.write([Patch(WORKFLOWS, "w", {"category": "z", "nested": None, "new": []})])
    (document,) = store.find(WORKFLOWS, {"category": "z"}, limit=9).items
    assert repr(document.body["number"]) == "1.0"
    assert document.body["huge"] == 10**25
    assert document.body == head("w", 1, number=1.0, huge=10**25).body | {
        "category": "z", "nested": None, "new": [],
    }  # fmt: skip


def test_delete_all_takes_a_partition_or_its_beginning(store: DocumentStore) -> None:
    store.write(
        [entry("w", i) for i in range(1, 6)] + [entry("w2", 1), node("w", "a"), node("x", "a")]
    )
    store.write([DeleteAll(HISTORY, "w", upto=3), DeleteAll(NODES, "w")])
    assert [each.key[-1] for each in store.iterate(HISTORY, {"workflowKey": "w"})] == ["4", "5"]
    assert [each.key for each in store.iterate(NODES)] == ["x-a"]
    store.write([DeleteAll(HISTORY, "w", upto=10**30), DeleteAll(EDGES, "nothing")])
    assert [each.key for each in store.iterate(HISTORY)] == ["w2-000000000001"]


def test_delete_all_goes_last(store: DocumentStore) -> None:
    store.write([node("w", "a")])
    store.write([DeleteAll(NODES, "w"), node("w", "b"), Put(NODES, "w-a", {"workflowKey": "v"})])
    assert [each.key for each in store.iterate(NODES)] == ["w-a"]


def test_deleting_what_is_not_there_is_no_error(store: DocumentStore) -> None:
    store.write([Delete(NODES, "a"), Delete(NODES, "\x00" * 5000), Delete(NODES, "\ud800")])


@pytest.mark.parametrize(
    "operation",
    [
        Insert(WORKFLOWS, "w", head("w").body),
        Patch(WORKFLOWS, "w", {"x": 1}, expect={"seq": 2}),
        Patch(WORKFLOWS, "w", {"x": 1}, expect={"seq": 1, "epoch": "e2"}),
        Patch(WORKFLOWS, "w", {"x": 1}, expect={"seq": True}),
        Patch(WORKFLOWS, "w", {"x": 1}, expect={"seq": None}),
        Patch(WORKFLOWS, "w", {"x": 1}, expect={"category": ""}),
        Delete(WORKFLOWS, "w", expect={"seq": "1"}),
        Expect(WORKFLOWS, "w", {"seq": 0}),
        Expect(WORKFLOWS, "w", {"missing": 0}),
        Expect(WORKFLOWS, "w", {"object": "{}"}),
    ],
    ids=str,
)
def test_what_does_not_hold_is_a_conflict(store: DocumentStore, operation: Insert | Patch) -> None:
    store.write([head("w", 1, object={})])
    assert conflict(store, [operation, node("w", "a")]) == {("workflows", "w")}
    if not isinstance(operation, Insert):
        assert conflict(store, [operation]) == {("workflows", "w")}


@pytest.mark.parametrize(
    "operation",
    [
        Patch(WORKFLOWS, "w", {"x": 1}),
        Delete(WORKFLOWS, "w", expect={}),
        Expect(WORKFLOWS, "w"),
        Expect(WORKFLOWS, "w", {"missing": None}),
        Expect(WORKFLOWS, "\ud800" * 2000),
    ],
    ids=lambda operation: str(operation)[:70].encode(errors="replace").decode(),
)
def test_a_condition_on_a_missing_document_is_a_conflict(
    store: DocumentStore, operation: Patch | Delete | Expect
) -> None:
    with pytest.raises(Conflict) as raised:
        store.write([operation, node("w", "a")])
    assert raised.value.keys == {("workflows", operation.key)}
    assert contents(store) == {}


def test_conditions_compare_as_json_does(store: DocumentStore) -> None:
    store.write([head("w", 1, truth=True, number=2.0, none=None, text="é\x00")])
    fields = {
        "seq": 1.0,
        "truth": True,
        "number": 2,
        "none": None,
        "missing": None,
        "text": "é\x00",
    }
    store.write([Expect(WORKFLOWS, "w", fields)])
    store.write([Patch(WORKFLOWS, "w", {"seq": 2}, expect=fields)])


def test_a_conflict_names_every_document_concerned(store: DocumentStore) -> None:
    store.write(
        [head("a"), head("b"), head("c"), entry("a", 1), category("c1", "n"), category("c2", "m")]
    )
    operations: list[Operation] = [
        Patch(WORKFLOWS, "a", {"seq": 9}, expect={"seq": 0}),
        Patch(WORKFLOWS, "b", {"seq": 9}, expect={"seq": 5}),
        Delete(WORKFLOWS, "c", expect={"seq": 5}),
        Expect(WORKFLOWS, "d"),
        Patch(SNAPSHOTS, "a", {}),
        entry("a", 1),
        entry("a", 2),
        category("c2", "other"),
        category("c3", "n"),
        Put(CATEGORIES, "c4", {"workspace": "w", "name": "m"}),
        DeleteAll(NODES, "a"),
    ]
    assert conflict(store, operations) == {
        ("workflows", "b"), ("workflows", "c"), ("workflows", "d"), ("snapshots", "a"),
        ("history", "a-000000000001"),
        ("categories", "c2"), ("categories", "c3"), ("categories", "c4"),
    }  # fmt: skip


def test_a_taken_unique_tuple_names_the_document_that_was_to_be_written(
    store: DocumentStore,
) -> None:
    store.write([category("a", "n"), category("b", "m"), category("other", "n", workspace="v")])
    same = {"workspace": "w", "name": "n"}
    assert conflict(store, [category("c", "n"), node("w", "a")]) == {("categories", "c")}
    assert conflict(store, [Put(CATEGORIES, "b", same)]) == {("categories", "b")}
    assert conflict(store, [Put(CATEGORIES, "c", same)]) == {("categories", "c")}
    assert conflict(store, [Patch(CATEGORIES, "b", {"name": "n"})]) == {("categories", "b")}
    twice = [category("x", "new"), category("y", "new")]
    assert conflict(store, twice) == {("categories", "x"), ("categories", "y")}


def test_a_unique_tuple_is_told_apart_by_type_and_length(store: DocumentStore) -> None:
    names: list[Any] = ["1", 1, True, "", "a", "A", "a" * 300, "a" * 301, "a\x00", ["a"], "n,"]
    store.write([category(f"c{i}", name) for i, name in enumerate(names)])
    for i, name in enumerate(names):
        assert conflict(store, [category("d", name)]) == {("categories", "d")}, i
    assert conflict(store, [Insert(CATEGORIES, "d", {"workspace": "w", "name": 1.0})]) == {
        ("categories", "d")
    }


def test_documents_with_a_null_among_the_unique_fields_may_be_many(store: DocumentStore) -> None:
    store.write([category("a", None), category("b", None), Insert(CATEGORIES, "c", {"name": "n"})])
    store.write([Insert(CATEGORIES, "d", {"name": "n"}), Insert(CATEGORIES, "e", {})])
    assert store.find(CATEGORIES, limit=9).total == 5


def test_unique_tuples_are_judged_by_what_the_write_leaves_behind(store: DocumentStore) -> None:
    store.write([category("a", "x"), category("b", "y"), category("c", "z")])
    store.write([Patch(CATEGORIES, "a", {"name": "y"}), Patch(CATEGORIES, "b", {"name": "x"})])
    store.write([category("d", "z"), Delete(CATEGORIES, "c")])
    store.write([category("e", "y"), Put(CATEGORIES, "a", {"workspace": "w", "name": None})])
    store.write(
        [
            Put(CATEGORIES, "e", {"workspace": "w", "name": "x"}),
            Patch(CATEGORIES, "b", {"name": "y"}),
        ]
    )
    names = {each.key: each.body["name"] for each in store.iterate(CATEGORIES)}
    assert names == {"a": None, "b": "y", "d": "z", "e": "x"}
    store.write([Put(CATEGORIES, "e", {"workspace": "w", "name": "x", "again": 1})])


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        ([node("w", "a"), Put(NODES, "w-a", {})], ValueError),
        ([Expect(NODES, "a"), Delete(NODES, "a")], ValueError),
        ([Insert(NODES, "\ud800", {})], ValueError),
        ([Insert(NODES, "a", {"x": "\ud800"})], ValueError),
        ([Insert(NODES, "a", {"workflowKey": "\udfff"})], ValueError),
        ([Insert(HISTORY, "a", {"seq": None})], ValueError),
        ([Insert(HISTORY, "a", {"seq": 1.0})], ValueError),
        ([Insert(HISTORY, "a", {"seq": 2**63})], ValueError),
        ([Insert(HISTORY, "a", {"seq": True})], ValueError),
        ([DeleteAll(SNAPSHOTS, "a")], ValueError),
        ([DeleteAll(NODES, "a", upto=1)], ValueError),
        ([Insert(NODES, "k" * 1001, {})], TooLarge),
        ([Insert(NODES, "a", {"x": "y" * 128 * 1024 * 1024})], TooLarge),
    ],
)
def test_what_cannot_be_stored_is_refused_before_anything_is_written(
    store: DocumentStore, operations: list[Operation], error: type[Exception]
) -> None:
    with pytest.raises(error):
        store.write([node("w", "first"), *operations])
    assert contents(store) == {}


def test_a_patch_that_cannot_be_stored_changes_nothing(store: DocumentStore) -> None:
    store.write([entry("w", 1)])
    before = contents(store)
    with pytest.raises(ValueError, match="seq"):
        store.write([node("w", "a"), Patch(HISTORY, "w-000000000001", {"seq": "x"})])
    assert contents(store) == before


def test_a_write_of_many_documents_is_one(store: DocumentStore) -> None:
    store.write([head("w"), *(entry("w", i) for i in range(1, 10_001))])
    taken = [entry("w", i) for i in range(10_000, 20_000)]
    assert conflict(store, taken) == {("history", "w-000000010000")}
    store.write([Delete(HISTORY, f"w-{i:012}") for i in range(2, 10_001)])
    assert store.find(HISTORY, limit=10).total == 1


def test_a_store_is_usable_after_any_error(store: DocumentStore) -> None:
    store.write([head("w")])
    for operations in ([head("w")], [Insert(NODES, "k" * 2000, {})], [Insert(HISTORY, "a", {})]):
        with pytest.raises((Conflict, TooLarge, ValueError)):
            store.write(operations)
        store.write([Patch(WORKFLOWS, "w", {"seq": 1})])
        assert store.read(lambda reader: reader.get(WORKFLOWS, "w")) is not None


def test_every_collection_takes_documents(store: DocumentStore) -> None:
    def body(collection: Collection) -> dict[str, Any]:
        return {collection.sort: 1} if collection.sort else {}

    store.write([Insert(each, "k", body(each)) for each in COLLECTIONS.values()])
    assert len(contents(store)) == len(COLLECTIONS)
