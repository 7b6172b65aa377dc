"""What may be a username, and when two of them are the same; pure."""

from __future__ import annotations

import unicodedata

MAX_USERNAME = 150


def canonical(username: str) -> str:
    """The form by which names are compared: the same in any case and any Unicode form."""
    once = _fold(unicodedata.normalize("NFD", username))
    return _fold(once)


def problem(username: str) -> str | None:
    """Why this cannot be a username, as a sentence; None if it can."""
    if not 1 <= len(username) <= MAX_USERNAME or len(canonical(username)) > MAX_USERNAME:
        return f"A username has 1 to {MAX_USERNAME} characters."
    if not username.isprintable() or username != username.strip():
        return "A username must not begin or end with a space, nor hold invisible characters."
    if set(username) & set("/\\") or username in (".", ".."):
        return "A username must not hold a slash, and must not be . or .. only."
    return None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
