"""Images on a store and a folder of their own, and the application around them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from media_store.decoders import Decoders
from media_store.files import Files
from media_store.repository import Images
from media_store.storage import FolderStorage
from nodius_site.apps import configured_store
from tests.faulty import FaultyStore
from tests.integration.api.conftest import people as people
from tests.integration.api.conftest import tables as tables
from tests.integration.api.conftest import url as url
from tests.integration.api.wire import People, ok
from tests.integration.media_store.scene import unique, upload

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture
def store(tables: None, django_db_blocker: DjangoDbBlocker) -> FaultyStore:
    """The documents; what tests leave in there is of random keys."""
    django_db_blocker.unblock()
    return FaultyStore(configured_store())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """An empty folder for bytes."""
    return Files(FolderStorage(location=tmp_path / "images"))


@pytest.fixture
def images(store: FaultyStore, files: Files) -> Images:
    """The images."""
    return Images(store, files)


@pytest.fixture(scope="session")
def decoders() -> Decoders:
    """What decodes."""
    return Decoders()


@pytest.fixture
def image(people: People) -> dict[str, Any]:
    """An image of the workspace `team`."""
    made: dict[str, Any] = ok(upload(people.editor, unique(), workspace=people.team), 201)
    return made
