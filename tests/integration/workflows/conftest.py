"""Workflows in a store, and somebody who edits them without a live session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec import UNSET, Raw, UnsetType
from pytest_django.plugin import DjangoDbBlocker

from store.base import DocumentStore
from tests import engine
from tests.faulty import FaultyStore
from tests.integration.store.adapters import ADAPTERS, Adapter
from tests.unit.workflows.made import exactly, instruction
from workflows.document import Workflow
from workflows.instructions import DEFAULT_LIMITS
from workflows.repository import (
    HEAD_FIELDS,
    Dirty,
    Repository,
    Row,
    head_advance,
    now,
    row_insert,
    save_of,
)


@pytest.fixture(scope="package", params=[engine.KIND])
def adapter(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[Adapter]:
    """The kind of store that the tests run on."""
    with django_db_blocker.unblock():
        adapter = ADAPTERS[request.param](request)
    yield adapter
    with django_db_blocker.unblock():
        adapter.remove()


@pytest.fixture
def store(adapter: Adapter, django_db_blocker: DjangoDbBlocker) -> Iterator[FaultyStore]:
    """An empty store that can be made to fail."""
    with django_db_blocker.unblock():
        store = FaultyStore(adapter.fresh())
        yield store
        store.close()


@pytest.fixture
def repository(store: DocumentStore) -> Repository:
    return Repository(store)


@pytest.fixture
def writer(repository: Repository) -> Writer:
    """Somebody in a new workflow with two nodes, an edge and a list to append to."""
    return Writer(repository, root_of())


def root_of(**fields: Any) -> dict[str, Any]:
    """A document."""
    return {
        "name": "Flow",
        "category": None,
        "description": None,
        "data": {"log": []},
        "nodes": {"a": {"posX": 1}, "b": {}},
        "edges": {"e": {"source": "a", "target": "b"}},
        **fields,
    }


def append(value: object) -> dict[str, Any]:
    """Append to data/log."""
    return {"o": 3, "p": ["data", "log"], "v": value}


class Writer:
    """Commits batches and saves as a session does, one after the other.

    `states` holds what the document was after each batch, as text; the first is as created.
    """

    def __init__(self, repository: Repository, root: dict[str, Any]) -> None:
        self.repository = repository
        self.workflow = Workflow(root, DEFAULT_LIMITS)
        self.key = repository.create(self.workflow, "default")
        self.epoch = repository.head(self.key).epoch
        self.seq = self.saved = 0
        self.dirty = Dirty()
        self.states = [exactly(self.workflow.plain())]

    def commit(
        self,
        *batch: dict[str, Any],
        user: str = "u",
        client: str | None = "c",
        id: str | None = None,
        timestamp: int | None = None,
        told: bool = False,
        undoes: int | None = None,
        skipped: Raw | UnsetType = UNSET,
    ) -> Row:
        """Apply a batch. Raises Refused, and what the store raises."""
        applied = self.workflow.apply([instruction(each) for each in batch])
        row = Row(
            workflowKey=self.key,
            seq=self.seq + 1,
            timestamp=now() if timestamp is None else timestamp,
            userId=user,
            clientId=client,
            id=id,
            instructions=Raw(applied.instructions),
            inverse=Raw(applied.inverse),
            told=told,
            undoes=undoes,
            skipped=skipped,
        )
        fields = {
            name: self.workflow.plain()[name] for name in HEAD_FIELDS if name in applied.fields
        }
        head = head_advance(self.key, self.seq, self.epoch, row, fields)
        self.repository.store.write([head, row_insert(row)])
        self.seq += 1
        self.dirty.add(applied)
        self.states.append(exactly(self.workflow.plain()))
        return row

    def append(self, count: int, **fields: Any) -> list[Row]:
        """Commit as many batches that append to the log, with ids that are their seqs."""
        return [
            self.commit(append(each), id=str(each), **fields)
            for each in range(self.seq + 1, self.seq + count + 1)
        ]

    def save(self) -> None:
        """Have the snapshot stand for what is committed."""
        before, self.saved, dirty, self.dirty = self.saved, self.seq, self.dirty, Dirty()
        self.repository.save(save_of(self.key, self.epoch, before, self.seq, self.workflow, dirty))

    def kept(self) -> list[int]:
        """The seqs of the batches that the history holds."""
        return [row.seq for row in list(self.repository.past(self.key, self.seq + 1))[::-1]]


def seqs(rows: Sequence[Row] | None) -> list[int] | None:
    """The seqs of rows, if there are rows."""
    return None if rows is None else [row.seq for row in rows]
