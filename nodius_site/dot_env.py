"""The content of a `.env` file."""

from __future__ import annotations


def parsed(text: str) -> dict[str, str]:
    """The lines KEY=VALUE: quotes are taken off, # begins a comment."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.removeprefix("export ").partition("=") for line in lines)
    return {
        key.strip(): _unquoted(value.strip())
        for key, equals, value in pairs
        if equals and not key.startswith("#")
    }


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and (end := value.find(value[0], 1)) > 0:
        return value[1:end]
    return value.split(" #")[0].rstrip() if not value.startswith("#") else ""
