"""Keys that say nothing and cannot be guessed."""

from __future__ import annotations

import secrets

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
ID_LENGTH = 20


def random_id() -> str:
    """A new key: 20 characters, 100 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))
