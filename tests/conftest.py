"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.arango import arango as arango
from tests.arango import double as double
from tests.postgres import postgres as postgres
from tests.redis import redis as redis
from tests.serving import Serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that tests share, with the administrator `admin`."""
    serving = Serving(tmp_path_factory.mktemp("server") / "data")
    serving.create_admin()
    with serving:
        yield serving
