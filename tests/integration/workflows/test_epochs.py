"""A new epoch: from then on nobody resumes on what was before."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from store.base import Conflict, Delete, Operation, Patch
from store.collections import SNAPSHOTS, WORKFLOWS
from tests.faulty import FaultyStore
from tests.integration.workflows.conftest import Writer
from tests.unit.workflows.made import exactly
from workflows.errors import Damaged, NotFound
from workflows.repository import Repository


def test_a_new_epoch_leaves_the_workflow_as_it_is(writer: Writer, repository: Repository) -> None:
    """OPT-EPOCH-1"""
    writer.append(2)
    writer.save()
    writer.append(2)
    before = repository.head(writer.key)
    repository.renew_epoch(writer.key)
    after = repository.load(writer.key)
    assert after.head.epoch not in ("", before.epoch)
    assert (after.head.seq, after.saved_seq) == (4, 2)
    assert after.head.updatedAt == before.updatedAt
    assert exactly(after.workflow.plain()) == writer.states[4]
    assert repository.saved_seq(writer.key, before.epoch) is None
    assert exactly(repository.state(writer.key, 1).workflow.plain()) == writer.states[1]


def test_who_believes_in_the_old_one_can_neither_commit_nor_save(
    writer: Writer, repository: Repository
) -> None:
    writer.append(1)
    repository.renew_epoch(writer.key)
    with pytest.raises(Conflict):
        writer.append(1)
    with pytest.raises(Conflict):
        writer.save()
    assert repository.head(writer.key).seq == 1


def test_a_commit_meanwhile_does_not_stand_in_the_way(
    writer: Writer, store: FaultyStore, repository: Repository
) -> None:
    def commit_and_save(operations: Sequence[Operation]) -> None:
        store.before = lambda operations: None
        writer.append(1)
        writer.save()

    store.before = commit_and_save
    repository.renew_epoch(writer.key)
    assert repository.load(writer.key).saved_seq == 1


def test_another_new_epoch_meanwhile_is_followed_by_this_one(
    writer: Writer, store: FaultyStore, repository: Repository
) -> None:
    def renew(operations: Sequence[Operation]) -> None:
        store.before = lambda operations: None
        repository.renew_epoch(writer.key)

    store.before = renew
    arrived = store.arrived
    repository.renew_epoch(writer.key)
    assert store.arrived == arrived + 3, "this one, the other one, and this one again"
    assert repository.load(writer.key).head.epoch != writer.epoch


def test_damage_that_comes_meanwhile_is_not_covered_up(
    writer: Writer, store: FaultyStore, repository: Repository
) -> None:
    def damage(operations: Sequence[Operation]) -> None:
        store.store.write([Patch(SNAPSHOTS, writer.key, {"epoch": "another"})])

    store.before = damage
    with pytest.raises(Damaged, match=writer.key):
        repository.renew_epoch(writer.key)
    assert repository.head(writer.key).epoch == writer.epoch


def test_damage_is_not_covered_up(
    writer: Writer, store: FaultyStore, repository: Repository
) -> None:
    store.write([Patch(SNAPSHOTS, writer.key, {"epoch": "another"})])
    with pytest.raises(Damaged, match=writer.key):
        repository.renew_epoch(writer.key)
    assert repository.head(writer.key).epoch == writer.epoch
    store.write([Delete(WORKFLOWS, writer.key)])
    with pytest.raises(NotFound):
        repository.renew_epoch(writer.key)
