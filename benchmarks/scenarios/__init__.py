"""What is measured: one module a scenario, each with `run`, which prints as it goes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure: servers to compare with, seconds of load, rounds of which the median counts,
    a folder on the disk to measure on, and a PostgreSQL instead of SQLite.
    """

    peers: tuple[str, ...]
    seconds: float
    rounds: int
    folder: Path
    database: str | None
    say: Callable[[str], None]


Scenario: TypeAlias = Callable[[Settings], Coroutine[Any, Any, None]]
