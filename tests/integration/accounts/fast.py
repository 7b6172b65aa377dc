"""Password hashing that does not slow the tests down."""

from __future__ import annotations

from accounts.hashers import PasswordHasher


class FastHasher(PasswordHasher):
    """The same as in production, with the least work that bcrypt can do."""

    rounds = 4


class SlowerHasher(PasswordHasher):
    """As much work as leaves room for cheaper hashes."""

    rounds = 10
