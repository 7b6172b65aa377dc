"""What a test leaves in a database that Django does not look after is gone after it too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from store.arango_server import Place
from tests import engine


@pytest.fixture(scope="session", autouse=True)
def documents() -> None:
    """What the documents of this process lie in."""
    if engine.KIND == "arango":
        from store.current import current

        current().prepare()


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing is left in the store after a test whose rows Django takes away."""
    yield
    if settings.ARANGO and {"db", "transactional_db"} & set(request.fixturenames):
        engine.empty(Place(**settings.ARANGO))
