"""Whatever is written and asked, a store does what the model does."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from store.base import (
    AnyOf,
    Between,
    Conflict,
    Delete,
    DeleteAll,
    DocumentStore,
    Expect,
    Insert,
    Operation,
    Order,
    Patch,
    Put,
)
from store.collections import CATEGORIES, HISTORY, NODES, WORKFLOWS, Collection
from tests.integration.store import model
from tests.integration.store.adapters import Adapter

KEYS = st.sampled_from(["a", "A", "b", "ab", "a-b", "_", "0"])
TEXTS = st.sampled_from(
    ["x"] * 5 + ["xy"] * 3 + ["", "é", "\x00", "long" * 100, '"', None, 1, 1.0, True]
)
NUMBERS = st.integers(-3, 3)
TESTED = st.sampled_from([WORKFLOWS, HISTORY, NODES, CATEGORIES])


def indexed(collection: Collection) -> set[str]:
    return {*collection.facet, *collection.unique, collection.partition or "partition"}


@st.composite
def bodies(draw: st.DrawFn, collection: Collection) -> dict[str, Any]:
    body = {name: draw(TEXTS) for name in sorted(indexed(collection)) if draw(st.booleans())}
    if collection.sort:
        body[collection.sort] = draw(NUMBERS)
    return body | draw(st.dictionaries(st.sampled_from(["n", "m"]), NUMBERS | TEXTS, max_size=1))


@st.composite
def patches(draw: st.DrawFn, collection: Collection) -> dict[str, Any]:
    body = draw(bodies(collection))
    return {name: body[name] for name in body if draw(st.booleans())}


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    collection, key = draw(TESTED), draw(KEYS)
    expect = draw(st.dictionaries(st.sampled_from(["n", "m"]), NUMBERS | TEXTS, max_size=1))
    match draw(st.sampled_from([Insert, Insert, Put, Patch, Patch, Delete, Expect, DeleteAll])):
        case kind if kind in (Insert, Put):
            made: Operation = kind(collection, key, draw(bodies(collection)))
            return made
        case kind if kind is Patch:
            return Patch(collection, key, draw(patches(collection)), expect)
        case kind if kind is Delete:
            return Delete(collection, key, draw(st.sampled_from([None, expect])))
        case kind if kind is Expect:
            return Expect(collection, key, expect)
    upto = draw(st.none() | NUMBERS) if collection.sort else None
    return DeleteAll(collection, draw(st.sampled_from(["x", "xy", ""])), upto)


#: What is there at first, so that there is something to find and to collide with.
BEFORE: list[Operation] = [
    *(
        Insert(WORKFLOWS, key, {"workspace": "x", "category": key, "updatedAt": len(key)})
        for key in ("a", "ab", "A", "0")
    ),
    *(
        Insert(HISTORY, f"{i}", {"seq": i % 4, "workflowKey": "x", "userId": user, "clientId": "x"})
        for i, user in enumerate(["x", "xy", "x", None, "x", ""])
    ),
    *(Insert(NODES, key, {"workflowKey": "x"}) for key in ("a", "a-b", "_")),
    *(Insert(CATEGORIES, key, {"workspace": "x", "name": key}) for key in ("x", "xy", "a")),
]


def target(operation: Operation) -> object:
    if isinstance(operation, DeleteAll):
        return id(operation)
    return operation.collection.name, operation.key


WRITES = st.lists(operations(), max_size=5, unique_by=target)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Collection, dict[str, Any], Order, int, int]:
    collection = draw(TESTED)
    wanted = TEXTS | st.lists(TEXTS, max_size=3).map(lambda values: AnyOf(tuple(values)))
    where: dict[str, Any] = {}
    for field in collection.facet[: draw(st.integers(0, len(collection.facet)))]:
        where[field] = draw(wanted)
    if draw(st.booleans()):
        where[collection.partition or ""] = draw(wanted)
    if collection.sort and draw(st.booleans()):
        limits = st.none() | NUMBERS
        where[collection.sort] = draw(st.builds(Between, limits, limits) | wanted | NUMBERS)
    if draw(st.integers(0, 3)) == 0:
        where["_key"] = draw(KEYS | st.lists(KEYS).map(lambda keys: AnyOf(tuple(keys))))
    order = draw(st.sampled_from(list(Order))) if collection.sort else Order.KEY
    return collection, where, order, draw(st.integers(0, 4)), draw(st.integers(0, 4))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(WRITES, questions()), min_size=1, max_size=12))
def test_a_store_does_what_the_model_does(
    store: DocumentStore, adapter: Adapter, steps: list[tuple[list[Operation], Any]]
) -> None:
    store = adapter.fresh()
    state = model.written({}, BEFORE)
    store.write(BEFORE)
    for writes, question in steps:
        try:
            after = model.written(state, writes)
        except Conflict as expected:
            event("conflict")
            try:
                store.write(writes)
            except Conflict as got:
                assert got.keys == expected.keys
            else:
                raise AssertionError(f"no conflict, but expected {expected}") from expected
        else:
            event("written" if writes else "nothing")
            store.write(writes)
            state = after
        check_everything(store, state)
        check_answer(store, state, *question)


def check_everything(store: DocumentStore, state: model.State) -> None:
    for collection in (WORKFLOWS, HISTORY, NODES, CATEGORIES):
        rows = [(each.key, each.body) for each in store.iterate(collection)]
        assert repr(rows) == repr(model.found(state, collection, {}, Order.KEY))


def check_answer(
    store: DocumentStore,
    state: model.State,
    collection: Collection,
    where: dict[str, Any],
    order: Order,
    limit: int,
    offset: int,
) -> None:
    rows = model.found(state, collection, where, order)
    event("found something" if rows else "found nothing")
    page = store.find(collection, where, order=order, limit=limit, offset=offset)
    assert page.total == len(rows)
    assert [(each.key, each.body) for each in page.items] == rows[offset : offset + limit]
    names = [name for name in (*collection.facet, collection.partition, collection.sort) if name]
    fields = store.iterate(collection, where, order=order, fields=names)
    wanted = [(key, {name: body.get(name) for name in names}) for key, body in rows]
    assert [(each.key, each.body) for each in fields] == wanted
