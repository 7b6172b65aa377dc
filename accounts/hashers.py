"""How passwords are hashed, and how hashes of the original system are verified.

Both hashers take any password and any stored text without raising: what cannot be right is wrong.
"""

from __future__ import annotations

import hashlib
import re

import bcrypt
from django.contrib.auth.hashers import (
    BCryptPasswordHasher,
    BCryptSHA256PasswordHasher,
    get_hasher,
    make_password,
)

from accounts.passwords import is_acceptable

#: A hash that takes longer than this (2^16 rounds: some seconds) is never computed.
MAX_COST = 16
#: bcrypt itself reads no more than this.
BCRYPT_BYTES = 72

_RAW = re.compile(r"\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{53})")


def from_original(raw: str) -> str:
    """The stored form of a bcrypt hash of the original system (`$2a$`, `$2b$`, `$2y$`).

    Raises ValueError, naming the reason, for what is no such hash or costs more than MAX_COST.
    """
    cost = _cost(raw)
    if cost is None:
        raise ValueError("this is no bcrypt hash ($2a$, $2b$ or $2y$)")
    if cost > MAX_COST:
        raise ValueError(f"this bcrypt hash has the cost {cost}; {MAX_COST} is the limit")
    return f"{OriginalHasher.algorithm}${raw}"


def is_verifiable(encoded: str) -> bool:
    """Whether a stored password is a hash that either hasher verifies."""
    algorithm, _, raw = encoded.partition("$")
    known = {PasswordHasher.algorithm, OriginalHasher.algorithm}
    return algorithm in known and _is_affordable(raw)


class PasswordHasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256: the whole password counts, however long it is."""

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password is the one that was hashed."""
        raw = encoded.partition("$")[2]
        if not _is_fit(password, raw):
            return False
        return _matches(hashlib.sha256(password.encode()).hexdigest().encode(), raw)

    def must_update(self, encoded: str) -> bool:
        """Whether the hash was made with another cost."""
        return _cost(encoded.partition("$")[2]) != self.rounds

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Spend what a wrong password has cost less than with the cost of today."""
        _spend(encoded.partition("$")[2], self.rounds)


class OriginalHasher(BCryptPasswordHasher):
    """Verifies plain bcrypt hashes; a right password is hashed anew by PasswordHasher at login."""

    algorithm = "bcrypt"

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password is the one that was hashed; a wrong one takes no less time."""
        raw = encoded.partition("$")[2]
        if not _is_fit(password, raw):
            return False
        secret = password.encode()
        if _matches(secret[:BCRYPT_BYTES], raw) and len(secret) <= BCRYPT_BYTES:
            return True
        rounds = getattr(get_hasher(), "rounds", self.rounds)
        _spend(raw, rounds)
        return False


def _matches(secret: bytes, raw: str) -> bool:
    try:
        return bcrypt.checkpw(secret, raw.encode())
    except ValueError:  # 53 characters that no salt and hash are written with
        return False


def _is_fit(password: str, raw: str) -> bool:
    """Whether it makes sense to verify; if not, this has taken as long as verifying does."""
    if is_acceptable(password) and _is_affordable(raw):
        return True
    make_password("")
    return False


def _cost(raw: str) -> int | None:
    found = _RAW.fullmatch(raw)
    return int(found[1]) if found else None


def _is_affordable(raw: str) -> bool:
    cost = _cost(raw)
    return cost is not None and 4 <= cost <= MAX_COST


def _spend(raw: str, rounds: int) -> None:
    """Hash as often as a hash of this cost is cheaper than one of `rounds`."""
    if not _is_affordable(raw):
        return
    salt = raw[:29].encode()
    for _ in range(2 ** max(rounds - (_cost(raw) or rounds), 0) - 1):
        bcrypt.hashpw(b"", salt)
