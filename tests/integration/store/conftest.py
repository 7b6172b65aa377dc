"""The stores under test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from store.base import DocumentStore
from tests.integration.store.adapters import ADAPTERS, Adapter


@pytest.fixture(scope="package", params=ADAPTERS)
def adapter(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[Adapter]:
    """Each kind of store.

    For this package only: pytest-django must not take the database for one of its own.
    """
    with django_db_blocker.unblock():
        adapter = ADAPTERS[request.param](request)
    yield adapter
    with django_db_blocker.unblock():
        adapter.remove()


@pytest.fixture
def store(adapter: Adapter, django_db_blocker: DjangoDbBlocker) -> Iterator[DocumentStore]:
    """An empty store of each kind."""
    with django_db_blocker.unblock():
        store = adapter.fresh()
        yield store
        store.close()
