"""Committed batches, made up."""

from __future__ import annotations

import json

from msgspec import Raw

from workflows.repository import Row


def row(seq: int, *, id: str | None = None, size: int = 0) -> Row:
    """A batch of `ann` on the client `a`, with `size` characters of text in it."""
    return Row(
        workflowKey="w",
        seq=seq,
        timestamp=1000 + seq,
        userId="ann",
        clientId="a",
        id=id,
        instructions=Raw(json.dumps([{"o": 1, "p": ["name"], "v": "x" * size}]).encode()),
        inverse=Raw(b"[]"),
    )
