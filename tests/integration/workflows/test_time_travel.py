"""A workflow as it was after any batch that the history reaches back to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from store.base import Delete, DocumentStore, Patch
from store.collections import HISTORY
from tests import engine
from tests.integration.workflows.conftest import Writer, append
from tests.unit.workflows.made import changes_of, exactly, roots
from workflows.errors import Damaged, NotFound, Refused
from workflows.instructions import DEFAULT_LIMITS
from workflows.pruning import Policy, prune
from workflows.repository import Repository, row_key

USERS = st.sampled_from([("ann", "a1"), ("ann", "a2"), ("bob", "b1"), ("cat", None)])


def state(repository: Repository, key: str, seq: int) -> str:
    """The document at this seq, exactly."""
    return exactly(repository.state(key, seq).workflow.plain())


@settings(
    deadline=None,
    max_examples=60 // engine.FEWER,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), root=roots())
def test_every_state_is_exactly_what_was_there_then(
    repository: Repository, data: st.DataObject, root: dict[str, Any]
) -> None:
    """REST-SEQ-1, INS-INVERSE-1: whoever changed what, wherever the snapshot is, and with what was
    pruned out of reach.
    """
    writer = Writer(repository, root)
    for _ in range(data.draw(st.integers(1, 8))):
        batch = data.draw(st.lists(changes_of(writer.workflow.plain()), min_size=1, max_size=3))
        user, client = data.draw(USERS)
        with suppress(Refused):
            writer.commit(*batch, user=user, client=client)
        if data.draw(st.booleans()):
            writer.save()
    pruned = prune(repository, writer.key, Policy(data.draw(st.integers(0, 9)))).removed
    event(f"{min(writer.seq, 4)} batches or more, {min(pruned, 2)} pruned or more")
    for seq in range(pruned, writer.seq + 1):
        assert state(repository, writer.key, seq) == writer.states[seq]
    for seq in (*range(pruned), writer.seq + 1):
        with pytest.raises(NotFound):
            repository.state(writer.key, seq)


@pytest.mark.parametrize("saved", [0, 2, 4])
def test_the_head_is_as_it_was_then(writer: Writer, saved: int) -> None:
    created = writer.repository.head(writer.key)
    for seq, name in enumerate(("one", "two", "three", "four"), 1):
        writer.commit({"o": 1, "p": ["name"], "v": name}, timestamp=created.createdAt + 10 * seq)
        if seq == saved:
            writer.save()
    names = ["Flow", "one", "two", "three", "four"]
    for seq, name in enumerate(names):
        head = writer.repository.state(writer.key, seq).head
        assert (head.seq, head.name, head.workspace) == (seq, name, "default")
        assert (head.createdAt, head.updatedAt) == (created.createdAt, created.createdAt + 10 * seq)


def test_what_became_of_a_removed_node_and_its_edges_is_seen_at_each_step(writer: Writer) -> None:
    writer.commit({"o": 2, "p": ["nodes", "a"]})
    writer.commit({"o": 1, "p": ["nodes", "a"], "v": {"posX": 9}})
    writer.commit({"o": 18, "p": ["nodes", "b"], "d": ["nodes", "c"]})
    writer.save()
    found = [writer.repository.state(writer.key, seq).workflow.plain() for seq in range(4)]
    assert [sorted(root["nodes"]) for root in found] == [["a", "b"], ["b"], ["a", "b"], ["a", "c"]]
    assert [sorted(root["edges"]) for root in found] == [["e"], [], [], []]
    assert found[0]["nodes"]["a"] == {"posX": 1} and found[2]["nodes"]["a"] == {"posX": 9}


def test_a_state_can_be_edited_and_shares_nothing_with_the_next(writer: Writer) -> None:
    writer.append(2)
    writer.save()
    one, two = (writer.repository.state(writer.key, 1).workflow for _ in range(2))
    assert one.size == len(one.encode())
    one.root["data"]["log"].append("mine")
    assert exactly(two.plain()) == writer.states[1]


@pytest.mark.parametrize("seq", [4, 5, 2**53])
def test_a_batch_that_is_not_there_yet_has_no_state(writer: Writer, seq: int) -> None:
    writer.append(3)
    with pytest.raises(NotFound, match="newest is 3"):
        writer.repository.state(writer.key, seq)
    with pytest.raises(NotFound, match="no workflow"):
        writer.repository.state("nothing", 0)


def test_what_the_history_does_not_reach_is_not_found(writer: Writer) -> None:
    writer.append(6)
    writer.save()
    prune(writer.repository, writer.key, Policy(keep=2))
    for seq in range(4):
        with pytest.raises(NotFound, match="no longer reaches"):
            writer.repository.state(writer.key, seq)
    for seq in (4, 5, 6):
        assert state(writer.repository, writer.key, seq) == writer.states[seq]


@pytest.mark.parametrize(("id", "known"), [("x", True), (None, False)])
def test_the_time_of_a_pruned_batch_is_that_of_its_receipt_else_of_the_next_one(
    writer: Writer, id: str | None, known: bool
) -> None:
    before = writer.repository.head(writer.key).createdAt
    for seq in (1, 2, 3):
        writer.commit(append(seq), id=id, timestamp=before + seq)
    writer.save()
    prune(writer.repository, writer.key, Policy(keep=2))
    updated = writer.repository.state(writer.key, 1).head.updatedAt
    assert updated == before + (1 if known else 2)


@pytest.mark.parametrize("saved", [0, 5])
def test_a_hole_in_the_history_is_damage_where_it_is_on_the_way(
    writer: Writer, store: DocumentStore, saved: int
) -> None:
    writer.append(saved)
    if saved:
        writer.save()
    writer.append(5 - saved)
    store.write([Delete(HISTORY, row_key(writer.key, 3))])
    with pytest.raises(Damaged, match=writer.key):
        writer.repository.state(writer.key, 1 if saved else 4)


@pytest.mark.parametrize("inverse", [[{"o": 2}], [[{"o": 99, "p": ["x"]}]], 5, None])
def test_an_inverse_that_is_none_is_damage(
    writer: Writer, store: DocumentStore, inverse: object
) -> None:
    writer.append(2)
    writer.save()
    store.write([Patch(HISTORY, row_key(writer.key, 2), {"inverse": inverse})])
    with pytest.raises(Damaged, match=writer.key):
        writer.repository.state(writer.key, 1)
    assert exactly(writer.repository.load(writer.key).workflow.plain()) == writer.states[2]


def test_a_state_is_read_though_it_breaks_the_limits_of_today(writer: Writer) -> None:
    writer.commit(append("x" * 1000))
    writer.save()
    writer.append(1)
    strict = replace(DEFAULT_LIMITS, text=10, workflow=10)
    for seq in (0, 1, 2):
        earlier = writer.repository.state(writer.key, seq, strict)
        assert exactly(earlier.workflow.plain()) == writer.states[seq]
