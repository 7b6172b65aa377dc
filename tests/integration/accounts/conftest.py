"""Users for the tests of accounts."""

from __future__ import annotations

import bcrypt
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


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rounds of every bcrypt hash that is computed: the work there is, whatever else runs."""
    done: list[int] = []
    hashpw, checkpw = bcrypt.hashpw, bcrypt.checkpw

    def counted_hash(password: bytes, salt: bytes) -> bytes:
        done.append(2 ** int(salt[4:6]))
        return hashpw(password, salt)

    def counted_check(password: bytes, hashed: bytes) -> bool:
        done.append(2 ** int(hashed[4:6]))
        return checkpw(password, hashed)

    monkeypatch.setattr(bcrypt, "hashpw", counted_hash)
    monkeypatch.setattr(bcrypt, "checkpw", counted_check)
    return done
