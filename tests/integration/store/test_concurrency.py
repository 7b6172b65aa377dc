"""Several threads and processes at one store, and a process that dies."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from threading import Barrier, Event

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
    Reader,
)
from store.collections import CATEGORIES, HISTORY, NODES, SNAPSHOTS, WORKFLOWS
from tests.integration.store.adapters import Adapter
from tests.integration.store.child import add_one, take
from tests.integration.store.helpers import at_once, category, entry, head, node

ROOT = Path(__file__).parents[3]


def child(adapter: Adapter, what: str, argument: int = 0, who: str = "") -> subprocess.Popen[str]:
    """Another process at the same store."""
    command = [sys.executable, "-m", "tests.integration.store.child", adapter.spec(), what]
    return subprocess.Popen(
        [*command, str(argument), who], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def outcomes(results: list[Exception | None]) -> tuple[int, int]:
    """How many writes were done, and how many had a conflict; there is nothing else."""
    conflicts = sum(isinstance(each, Conflict) for each in results)
    done = sum(each is None for each in results)
    assert done + conflicts == len(results), results
    return done, conflicts


def write_together(store: DocumentStore, writes: list[list[Operation]]) -> list[Exception | None]:
    """What becomes of writes that begin at the same moment."""
    start = Barrier(len(writes))

    def run(operations: list[Operation]) -> None:
        store.ping()
        start.wait()
        store.write(operations)

    return at_once(store, [partial(run, each) for each in writes])


@pytest.mark.parametrize("attempt", range(5))
def test_one_of_many_wins_a_key_a_unique_tuple_and_a_condition(
    store: DocumentStore, attempt: int
) -> None:
    store.write([head("w")])
    inserts: list[list[Operation]] = [[Insert(NODES, "n", {"by": i})] for i in range(8)]
    assert outcomes(write_together(store, inserts)) == (1, 7)
    unique: list[list[Operation]] = [
        [category(f"c{i}", "same"), node("w", f"{i}")] for i in range(8)
    ]
    results = write_together(store, unique)
    assert outcomes(results) == (1, 7)
    winner = results.index(None)
    assert [each.key for each in store.iterate(CATEGORIES)] == [f"c{winner}"]
    assert [each.key for each in store.iterate(NODES)] == ["n", f"w-{winner}"]
    for loser, result in enumerate(results):
        assert loser == winner or (
            isinstance(result, Conflict) and result.keys == {("categories", f"c{loser}")}
        )
    patches: list[list[Operation]] = [
        [Patch(WORKFLOWS, "w", {"seq": 1, "by": i}, expect={"seq": 0}), entry("w", i)]
        for i in range(8)
    ]
    results = write_together(store, patches)
    assert outcomes(results) == (1, 7)
    winning = store.get(WORKFLOWS, "w")
    assert winning is not None
    assert winning.body["by"] == results.index(None)
    assert store.find(HISTORY, limit=9).total == 1


def test_a_deleted_document_is_not_patched_by_who_came_second(store: DocumentStore) -> None:
    for i in range(10):
        store.write([head(f"{i}")])
        results = write_together(
            store,
            [
                [Delete(WORKFLOWS, f"{i}"), DeleteAll(HISTORY, f"{i}")],
                [Patch(WORKFLOWS, f"{i}", {"seq": 1}, expect={"seq": 0}), entry(f"{i}", 1)],
            ],
        )
        assert outcomes(results)[0] >= 1
        assert store.get(WORKFLOWS, f"{i}") is None
        left = store.find(HISTORY, {"workflowKey": f"{i}"}, limit=1).total
        assert left == 0


def test_no_addition_to_a_counter_is_lost(store: DocumentStore, adapter: Adapter) -> None:
    store.write([Insert(SNAPSHOTS, "counter", {"value": 0})])
    others = [child(adapter, "count", 50) for _ in range(2)]

    def add_many() -> None:
        for _ in range(25):
            add_one(store)

    assert at_once(store, [add_many] * 6) == [None] * 6
    assert [other.communicate()[0] for other in others] == ["", ""]
    assert [other.returncode for other in others] == [0, 0]
    counter = store.get(SNAPSHOTS, "counter")
    assert counter is not None
    assert counter.body == {"value": 250}


def test_a_unique_tuple_has_one_holder_among_processes(
    store: DocumentStore, adapter: Adapter
) -> None:
    names = 100
    others = [child(adapter, "take", names, who) for who in ("x", "y")]
    got = [set(take(store, names, "z"))]
    got += [set(json.loads(other.communicate()[0])) for other in others]
    assert sorted(name for names in got for name in names) == list(range(names))
    assert store.find(CATEGORIES, limit=1).total == names


def test_writes_in_any_order_of_keys_never_deadlock(store: DocumentStore) -> None:
    keys = [f"k{i}" for i in range(12)]
    store.write([head(key) for key in keys])

    def run(shift: int) -> None:
        for turn in range(15):
            mixed = keys[shift + turn % 7 :] + keys[: shift + turn % 7]
            operations: list[Operation] = [
                Patch(WORKFLOWS, key, {"by": shift}, expect={"epoch": "e1"}) for key in mixed[:6]
            ]
            operations += [Put(WORKFLOWS, key, head(key).body) for key in mixed[6:9]]
            operations += [Put(NODES, key, {"workflowKey": "w"}) for key in mixed]
            operations += [Expect(WORKFLOWS, key) for key in mixed[9:]]
            store.write(operations[::-1] if shift % 2 else operations)

    assert at_once(store, [partial(run, shift) for shift in range(5)]) == [None] * 5


def test_a_read_sees_one_state_beside_writers(store: DocumentStore) -> None:
    store.write([head("w", 0), Insert(SNAPSHOTS, "w", {"seq": 0})])
    done = Event()

    def write_on() -> None:
        try:
            for seq in range(1, 200):
                store.write(
                    [
                        Patch(WORKFLOWS, "w", {"seq": seq}),
                        Patch(SNAPSHOTS, "w", {"seq": seq}),
                        entry("w", seq),
                        *([Delete(HISTORY, f"w-{seq - 20:012}")] if seq > 20 else []),
                    ]
                )
        finally:
            done.set()

    def look(reader: Reader) -> tuple[int, int, list[int], int]:
        head_now, snapshot = reader.get(WORKFLOWS, "w"), reader.get(SNAPSHOTS, "w")
        assert head_now is not None
        assert snapshot is not None
        rows = [each.body["seq"] for each in reader.iterate(HISTORY, fields=["seq"])]
        return head_now.body["seq"], snapshot.body["seq"], rows, reader.find(HISTORY, limit=5).total

    def read_on() -> int:
        seen = set()
        while not done.is_set():
            seq, snapshot, rows, total = store.read(look)
            assert snapshot == seq
            assert rows == list(range(max(1, seq - 19), seq + 1))
            assert total == len(rows)
            seen.add(seq)
        return len(seen)

    results = at_once(store, [write_on, read_on, read_on])
    assert results[0] is None
    assert all(isinstance(each, int) and each > 1 for each in results[1:]), results


def test_a_read_that_is_under_way_never_holds_up_a_writer(store: DocumentStore) -> None:
    store.write([head("w", 0)])

    def look(reader: Reader) -> list[int]:
        seqs = [reader.find(WORKFLOWS, limit=1).items[0].body["seq"]]
        (written,) = at_once(store, [lambda: store.write([Patch(WORKFLOWS, "w", {"seq": 1})])])
        assert written is None
        seqs += [reader.find(WORKFLOWS, limit=1).items[0].body["seq"]]
        return [*seqs, *(each.body["seq"] for each in store.iterate(WORKFLOWS))]

    assert store.read(look) == [0, 0, 0]
    after = store.get(WORKFLOWS, "w")
    assert after is not None
    assert after.body["seq"] == 1


def test_a_read_may_read_within_and_its_error_comes_out(store: DocumentStore) -> None:
    store.write([head("w", 3)])

    def fail(reader: Reader) -> None:
        assert store.read(lambda inner: inner.get(WORKFLOWS, "w")) == reader.get(WORKFLOWS, "w")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        store.read(fail)
    with pytest.raises(RuntimeError, match="write"):
        store.read(lambda reader: store.write([node("w", "a")]))
    store.write([node("w", "a")])


def test_many_threads_may_use_one_store(store: DocumentStore) -> None:
    def run(thread: int) -> int:
        for i in range(20):
            store.write([node(f"w{thread}", f"{i}")])
            assert store.find(NODES, {"workflowKey": f"w{thread}"}, limit=1).total == i + 1
        return sum(1 for _ in store.iterate(NODES, {"workflowKey": f"w{thread}"}))

    assert at_once(store, [partial(run, thread) for thread in range(24)]) == [20] * 24


@pytest.mark.parametrize("groups", [1, 40])
def test_what_a_killed_process_was_told_is_written_is_there(
    store: DocumentStore, adapter: Adapter, groups: int
) -> None:
    store.write([head("w", 0)])
    writer = child(adapter, "groups")
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(groups)]
    writer.kill()
    told += [int(line) for line in writer.stdout.read().split()]
    writer.stdout.close()
    writer.wait()
    seqs = [each.body["group"] for each in store.iterate(HISTORY)]
    newest = max(seqs)
    assert newest in (told[-1], told[-1] + 1)
    assert seqs == [group for group in range(1, newest + 1) for _ in range(5)]
    workflow = store.get(WORKFLOWS, "w")
    assert workflow is not None
    assert workflow.body["seq"] == newest
