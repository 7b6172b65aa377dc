"""Pruning takes the oldest batches, and with them nothing that anybody relies on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.base import DeleteAll, Document, Operation, Patch, Put, Unavailable
from store.collections import HISTORY, RECEIPTS, SNAPSHOTS, WORKFLOWS
from tests import engine
from tests.faulty import FaultyStore
from tests.integration.workflows.conftest import Writer, append, root_of, seqs
from tests.unit.workflows.made import exactly
from workflows import pruning
from workflows.errors import Damaged, NotFound
from workflows.pruning import DAY, PIECE, RECOGNISED, Policy, Pruned, prune
from workflows.records import Receipt, now
from workflows.repository import Repository, Row


def pruned(writer: Writer, keep: int, age: int | None = None) -> Pruned:
    return prune(writer.repository, writer.key, Policy(keep, age))


def receipts(writer: Writer) -> list[Document]:
    return list(writer.repository.store.iterate(RECEIPTS, {"workflowKey": writer.key}))


def is_whole(writer: Writer) -> bool:
    """Whether it opens as it is, and no batch from its oldest on is missing."""
    opened = writer.repository.load(writer.key)
    kept = writer.kept()
    return (
        exactly(opened.workflow.plain()) == writer.states[-1]
        and kept == list(range(writer.seq - len(kept) + 1, writer.seq + 1))
        and len(kept) >= writer.seq - opened.saved_seq
    )


def all_ids(writer: Writer) -> dict[str, int]:
    return writer.repository.ids(writer.key, "u", "c", 1000)


@pytest.mark.parametrize(("keep", "left"), [(2, 2), (0, 0), (5, 5), (6, 5), (10**9, 5)])
def test_the_newest_batches_stay(writer: Writer, keep: int, left: int) -> None:
    """OPT-PRUNE-1"""
    writer.append(5)
    writer.save()
    assert pruned(writer, keep) == Pruned(5 - left, left, 0)
    assert writer.kept() == [1, 2, 3, 4, 5][5 - left :]
    assert is_whole(writer)
    assert pruned(writer, keep) == Pruned(0, left, 0), "there is nothing more to do"
    entries, total = writer.repository.history(writer.key, 9, None)
    assert (total, len(entries)) == (left, left)
    assert writer.append(1)[0].seq == 6


@pytest.mark.parametrize(("saved", "unsaved"), [(0, 4), (2, 2), (4, 0), (5, 0)])
def test_what_the_snapshot_does_not_stand_for_stays_and_is_told(
    writer: Writer, saved: int, unsaved: int
) -> None:
    writer.append(saved)
    writer.save()
    writer.append(5 - saved)
    gone = min(saved, 4)
    assert pruned(writer, keep=1) == Pruned(gone, 5 - gone, unsaved)
    assert is_whole(writer)
    writer.save()
    assert pruned(writer, keep=1) == Pruned(4 - gone, 1, 0)


def test_with_an_age_what_is_no_older_stays_too(writer: Writer) -> None:
    """OPT-PRUNE-1"""
    for days in (9, 8, 5, 4, 1):
        writer.append(1, timestamp=now() - days * DAY)
    assert pruned(writer, keep=1, age=6 * DAY) == Pruned(0, 5, 2)
    writer.save()
    assert pruned(writer, keep=0, age=6 * DAY) == Pruned(2, 3, 0)
    assert pruned(writer, keep=2, age=0) == Pruned(1, 2, 0)
    assert pruned(writer, keep=0, age=2 * DAY) == Pruned(1, 1, 0)
    assert writer.kept() == [5]


def test_a_younger_batch_keeps_those_behind_it(writer: Writer) -> None:
    for days in (9, 1, 9):
        writer.append(1, timestamp=now() - days * DAY)
    writer.save()
    assert pruned(writer, keep=0, age=5 * DAY).removed == 1
    assert is_whole(writer)


def test_other_workflows_keep_theirs(writer: Writer, repository: Repository) -> None:
    other = Writer(repository, root_of())
    for each in (writer, other):
        each.append(3)
        each.save()
    pruned(writer, keep=0)
    assert (writer.kept(), other.kept()) == ([], [1, 2, 3])


def test_exactly_once_outlives_the_history(writer: Writer) -> None:
    """WS-ONCE-5: The seq and time of a batch are known by its id, also when it is pruned."""
    rows = writer.append(4)
    nameless = writer.commit(append("x"))
    other = writer.commit(append("x"), user="v", id="3")
    http = writer.commit(append("x"), client=None, id="3", told=True)
    ids = {"1": 1, "2": 2, "3": 3, "4": 4}
    writer.save()
    for keep in (5, 1, 0):
        pruned(writer, keep)
        assert all_ids(writer) == ids
        assert list(all_ids(writer)) == list(ids), "oldest first"
        assert writer.repository.ids(writer.key, "v", "c", 9) == {"3": 6}
        assert writer.repository.ids(writer.key, "u", None, 9) == {"3": 7}
        assert writer.repository.ids(writer.key, "u", "c", 2) in ({"3": 3, "4": 4}, {"4": 4})
    for row in (*rows, other, http):
        receipt = writer.repository.receipt(writer.key, row.seq)
        assert receipt is not None and not isinstance(receipt, Row)
        assert receipt == Receipt(
            workflowKey=row.workflowKey,
            seq=row.seq,
            timestamp=row.timestamp,
            userId=row.userId,
            clientId=row.clientId,
            id=row.id,
            told=row.told,
        )
    assert writer.repository.receipt(writer.key, nameless.seq) is None
    assert writer.repository.row(writer.key, 1) is None


def test_a_batch_that_is_kept_is_its_own_receipt(writer: Writer) -> None:
    (row,) = writer.append(1)
    assert writer.repository.receipt(writer.key, 1) == row
    assert writer.repository.receipt(writer.key, 2) is None


def test_receipts_are_left_of_young_batches_and_end_when_they_are_old(
    writer: Writer, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WS-ONCE-5"""
    at = now()
    for age in (2 * RECOGNISED, RECOGNISED + DAY, RECOGNISED - DAY, RECOGNISED - 3 * DAY, 0):
        writer.append(1, timestamp=at - age)
    writer.save()
    pruned(writer, keep=0)
    assert all_ids(writer) == {"3": 3, "4": 4, "5": 5}
    (removal,) = removals(store)
    assert sum(isinstance(each, Put) for each in removal) == 3, "none is made in vain"
    for later, left in ((2 * DAY, {"4": 4, "5": 5}), (4 * DAY, {"5": 5}), (RECOGNISED, {"5": 5})):
        monkeypatch.setattr(pruning, "now", lambda later=later: at + later)
        assert pruned(writer, keep=0) == Pruned(0, 0, 0)
        assert all_ids(writer) == left
    monkeypatch.setattr(pruning, "now", lambda: at + RECOGNISED + 1)
    pruned(writer, keep=0)
    assert receipts(writer) == []


def test_a_deleted_workflow_leaves_no_receipts(writer: Writer, repository: Repository) -> None:
    other = Writer(repository, root_of())
    for each in (writer, other):
        each.append(3)
        each.save()
        pruned(each, keep=1)
    repository.delete(writer.key)
    assert receipts(writer) == []
    assert len(receipts(other)) == 2


def test_a_workflow_that_is_not_there_or_damaged_is_not_pruned(
    writer: Writer, store: FaultyStore
) -> None:
    with pytest.raises(NotFound):
        prune(writer.repository, "nothing", Policy(0))
    writer.append(3)
    writer.save()
    store.write([Patch(SNAPSHOTS, writer.key, {"epoch": "another"})])
    with pytest.raises(Damaged, match=writer.key):
        pruned(writer, keep=0)
    assert writer.kept() == [1, 2, 3]


def removals(store: FaultyStore) -> list[Sequence[Operation]]:
    """The writes that took batches out of the history."""
    return [
        each
        for each in store.writes
        if any(isinstance(one, DeleteAll) and one.collection is HISTORY for one in each)
    ]


def test_much_is_removed_in_pieces(writer: Writer, store: FaultyStore) -> None:
    row = writer.append(1)[0]
    batches = [{"seq": seq, "id": f"{seq}"} for seq in range(2, 2 * PIECE + 7)]
    common = {"workflowKey": writer.key, "userId": "u", "clientId": "c", "timestamp": row.timestamp}
    common |= {"instructions": [], "inverse": []}
    store.write(
        [Put(HISTORY, f"{writer.key}-{each['seq']:012}", common | each) for each in batches]
    )
    writer.seq = 2 * PIECE + 6
    store.write([Patch(WORKFLOWS, writer.key, {"seq": writer.seq})])
    writer.save()
    assert pruned(writer, keep=3).removed == 2 * PIECE + 3
    assert [sum(isinstance(one, Put) for one in each) for each in removals(store)] == [500, 500, 3]
    assert len(receipts(writer)) == 2 * PIECE + 3


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PIECE", 3)


def during_removals(store: FaultyStore, act: Callable[[int], None], after: bool = False) -> None:
    """Do something before, or after, each write that takes batches out; given how many it is."""
    count = 0

    def hook(operations: Sequence[Operation]) -> None:
        nonlocal count
        if any(isinstance(each, DeleteAll) for each in operations):
            count += 1
            act(count)

    if after:
        store.after = hook
    else:
        store.before = hook


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("failing", [1, 2, 4])
def test_pruning_that_fails_halfway_has_lost_nothing_and_can_go_on(
    writer: Writer, store: FaultyStore, failing: int, after: bool
) -> None:
    """Also if a write was done and only its answer got lost."""
    writer.append(11)
    writer.save()
    writer.append(1)

    def fail(count: int) -> None:
        if count == failing:
            raise Unavailable("pulled the plug")

    during_removals(store, fail, after)
    with pytest.raises(Unavailable):
        pruned(writer, keep=1)
    done = min(3 * (failing - 1 + after), 11)
    assert writer.kept() == list(range(done + 1, 13))
    assert is_whole(writer)
    assert all_ids(writer) == {str(seq): seq for seq in range(1, 13)}
    assert pruned(writer, keep=1) == Pruned(11 - done, 1, 0)
    assert is_whole(writer)
    assert all_ids(writer) == {str(seq): seq for seq in range(1, 13)}


@pytest.mark.usefixtures("small_pieces")
def test_a_snapshot_that_moves_on_meanwhile_is_read_again(
    writer: Writer, store: FaultyStore
) -> None:
    writer.append(10)
    writer.save()
    saves: list[int] = []

    def edit_and_save(count: int) -> None:
        if len(saves) < 3:
            saves.append(count)
            writer.append(1)
            writer.save()

    during_removals(store, edit_and_save)
    assert pruned(writer, keep=2) == Pruned(11, 2, 0)
    assert writer.kept() == [12, 13]
    assert is_whole(writer)


@pytest.mark.usefixtures("small_pieces")
def test_a_workflow_that_is_deleted_meanwhile_ends_its_pruning(
    writer: Writer, store: FaultyStore, repository: Repository
) -> None:
    writer.append(10)
    writer.save()

    def delete(count: int) -> None:
        if count == 2:
            store.before = lambda operations: None
            repository.delete(writer.key)

    during_removals(store, delete)
    with pytest.raises(NotFound):
        pruned(writer, keep=0)
    assert receipts(writer) == []


@pytest.mark.usefixtures("small_pieces")
def test_a_snapshot_of_another_line_of_history_stops_it(writer: Writer, store: FaultyStore) -> None:
    """As after an import: what was assumed of the snapshot must hold when rows go."""
    writer.append(10)
    writer.save()

    def replace(count: int) -> None:
        if count == 2:
            store.store.write([Patch(SNAPSHOTS, writer.key, {"epoch": "another"})])

    during_removals(store, replace)
    with pytest.raises(Damaged):
        pruned(writer, keep=0)
    assert writer.kept() == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.usefixtures("small_pieces")
def test_two_that_prune_at_once_remove_each_batch_once(writer: Writer, store: FaultyStore) -> None:
    writer.append(60)
    writer.save()

    def run(_: int) -> int:
        try:
            return pruned(writer, keep=5).removed
        finally:
            store.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
    assert writer.kept() == [56, 57, 58, 59, 60]
    assert all_ids(writer) == {str(seq): seq for seq in range(1, 61)}
    assert is_whole(writer)


@pytest.mark.usefixtures("small_pieces")
@settings(
    deadline=None,
    max_examples=30 // engine.FEWER,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(["edit", "edit", "save", "prune", "fail"]), max_size=25))
def test_whatever_happens_between_nothing_that_is_needed_goes(
    repository: Repository, store: FaultyStore, steps: list[str]
) -> None:
    writer = Writer(repository, root_of())
    for step in steps:
        match step:
            case "edit":
                writer.append(2)
            case "save":
                writer.save()
            case "prune":
                pruned(writer, keep=2)
            case "fail":
                during_removals(store, fail_always, after=len(steps) % 2 == 0)
                with suppress(Unavailable):
                    pruned(writer, keep=1)
                store.before = store.after = lambda operations: None
        assert is_whole(writer)
        assert all_ids(writer) == {str(seq): seq for seq in range(1, writer.seq + 1)}
        oldest = writer.seq - len(writer.kept())
        for seq in range(oldest, writer.seq + 1):
            found = repository.state(writer.key, seq).workflow.plain()
            assert exactly(found) == writer.states[seq]


def fail_always(count: int) -> None:
    raise Unavailable("pulled the plug")


def test_who_comes_back_after_pruning_gets_what_is_kept_or_nothing(writer: Writer) -> None:
    writer.append(6)
    writer.save()
    pruned(writer, keep=2)
    assert seqs(writer.repository.rows(writer.key, 4, 6, 9, 10**6)) == [5, 6]
    assert writer.repository.rows(writer.key, 3, 6, 9, 10**6) is None
    assert seqs(list(writer.repository.past(writer.key, 9))[::-1]) == [5, 6]
