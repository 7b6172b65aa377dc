"""An administrator of the server that tests share, in a browser and over REST."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.site.admin_browser import Browser, make
from tests.serving import Serving


@pytest.fixture(scope="module")
def browser(server: Serving) -> Iterator[Browser]:
    """The administrator's."""
    with Browser(server, "admin") as made:
        yield made


@pytest.fixture(scope="module")
def rest(server: Serving) -> Iterator[httpx.Client]:
    with server.login() as client:
        yield client


@pytest.fixture
def flow(rest: httpx.Client) -> str:
    """The key of a new workflow of one node."""
    return make(rest, "Flow")
