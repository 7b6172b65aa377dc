"""The batches of a workflow, as they are stored and found again."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET, Raw

from store.base import Conflict, Delete, DocumentStore
from store.collections import HISTORY, NODES, SNAPSHOTS
from tests.integration.workflows.conftest import Writer, append, root_of, seqs
from workflows.repository import Dirty, Repository, row_key, save_of


def test_a_batch_is_read_as_it_was_committed(writer: Writer, repository: Repository) -> None:
    rows = [
        writer.commit(append("é👍"), {"o": 2, "p": ["nodes", "a"]}, id="x", told=True),
        writer.commit(append(1.0), client=None),
        writer.commit(append([1, None]), undoes=1, skipped=Raw(b'[["nodes","a"]]'), told=True),
    ]
    assert [repository.row(writer.key, seq) for seq in (1, 2, 3, 4)] == [*rows, None]
    assert list(repository.past(writer.key, 9))[::-1] == rows


def test_only_what_is_not_as_usual_is_stored(writer: Writer, store: DocumentStore) -> None:
    def fields(seq: int) -> set[str]:
        found = store.get(HISTORY, row_key(writer.key, seq))
        assert found is not None
        return found.body.keys() - usual

    usual = {"workflowKey", "seq", "timestamp", "userId", "clientId", "id"}
    usual |= {"instructions", "inverse"}
    writer.commit(append(1))
    writer.commit(append(2), told=True, undoes=1, skipped=Raw(b"[]"))
    assert fields(1) == set()
    assert fields(2) == {"told", "undoes", "skipped"}


def test_who_comes_back_gets_what_is_missing_or_nothing(writer: Writer) -> None:
    rows, read = writer.append(20), writer.repository.rows
    size = len(rows[-1].instructions)
    assert read(writer.key, 17, 20, 3, 10**6) == rows[17:]
    assert seqs(read(writer.key, 0, 20, 20, 10**6)) == list(range(1, 21))
    assert seqs(read(writer.key, 3, 5, 2, 10**6)) == [4, 5]
    assert read(writer.key, 20, 20, 0, 0) == read(writer.key, 21, 20, 9, 9) == []
    assert read(writer.key, 0, 20, 19, 10**6) is None, "too many"
    assert seqs(read(writer.key, 18, 20, 9, 2 * size)) == [19, 20]
    assert read(writer.key, 18, 20, 9, 2 * size - 1) is None, "too large"
    assert read(writer.key, 18, 21, 9, 10**6) is None, "not there yet"


@pytest.mark.parametrize("gone", [4, 5, 7])
def test_who_misses_a_batch_that_is_not_kept_gets_nothing(
    writer: Writer, store: DocumentStore, gone: int
) -> None:
    writer.append(7)
    store.write([Delete(HISTORY, row_key(writer.key, gone))])
    assert writer.repository.rows(writer.key, 3, 7, 100, 10**6) is None


def test_what_is_too_large_is_not_read_to_its_end(
    writer: Writer, store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.append(200)
    read, decode = [], msgspec.convert

    def counted(*given: object, **more: object) -> object:
        read.append(given)
        return decode(*given, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(msgspec, "convert", counted)
    assert writer.repository.rows(writer.key, 0, 200, 1000, 200) is None
    assert len(read) < 10


def test_the_past_is_the_newest_batches_oldest_first(writer: Writer) -> None:
    assert list(writer.repository.past(writer.key, 3))[::-1] == []
    rows = writer.append(5)
    assert list(writer.repository.past(writer.key, 3))[::-1] == rows[2:]
    assert list(writer.repository.past(writer.key, 0))[::-1] == []


def test_the_lines_are_those_of_the_workflows_there_are(repository: Repository) -> None:
    one, two = (Writer(repository, root_of()) for _ in range(2))
    one.append(3)
    found = repository.lines([one.key, two.key, "no"])
    assert found == {one.key: (3, one.epoch), two.key: (0, two.epoch)}
    assert repository.lines([]) == {}
    assert repository.all_keys() == sorted([one.key, two.key])


def test_the_saved_seq_is_that_of_a_snapshot_of_this_epoch(
    writer: Writer, store: DocumentStore
) -> None:
    saved_seq = writer.repository.saved_seq
    writer.append(2)
    assert saved_seq(writer.key, writer.epoch) == 0
    writer.save()
    assert saved_seq(writer.key, writer.epoch) == 2
    assert saved_seq(writer.key, "another") is None
    store.write([Delete(SNAPSHOTS, writer.key)])
    assert saved_seq(writer.key, writer.epoch) is None


def test_a_save_can_go_on_top_of_another_snapshot(writer: Writer, store: DocumentStore) -> None:
    dirty = Dirty()
    dirty.nodes.add("a")
    writer.commit({"o": 1, "p": ["nodes", "a", "posX"], "v": 7})
    save = save_of(writer.key, writer.epoch, 5, 1, writer.workflow, dirty)
    with pytest.raises(Conflict):
        writer.repository.save(save)
    of_another = save_of(writer.key, "another", 5, 1, writer.workflow, dirty)
    with pytest.raises(Conflict):
        writer.repository.save(of_another.on_top_of(0))
    again = save.on_top_of(0)
    assert (again.seq, again.operations[1:]) == (save.seq, save.operations[1:])
    writer.repository.save(again)
    node = store.get(NODES, f"{writer.key}-a")
    assert node is not None and node.body["value"] == {"posX": 7}
    with pytest.raises(Conflict):
        writer.repository.save(again)
    assert writer.repository.load(writer.key).saved_seq == 1


def test_the_fields_that_are_missing_in_a_row_are_as_usual(writer: Writer) -> None:
    writer.commit(append(1))
    row = writer.repository.row(writer.key, 1)
    assert row is not None
    assert (row.told, row.undoes, row.skipped) == (False, None, UNSET)
