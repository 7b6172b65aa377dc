"""Users for the tests of accounts."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User

from .wire import PASSWORD, Api


@pytest.fixture(autouse=True)
def fast_hashing(settings: Settings) -> None:
    """Cheap hashes, except where a test says otherwise."""
    settings.PASSWORD_HASHERS = [
        "tests.integration.accounts.fast.FastHasher",
        "accounts.hashers.OriginalHasher",
    ]


@pytest.fixture
def ann(db: None) -> User:
    """A plain user."""
    return User.objects.create_user("ann", PASSWORD)


@pytest.fixture
def root(db: None) -> User:
    """An admin."""
    return User.objects.create_user("root", PASSWORD, is_admin=True)


@pytest.fixture
def api(ann: User) -> Api:
    """Ann, logged in."""
    api = Api()
    api.log_in("ann")
    return api
