"""Runs scenarios: `./nodius benchmark`."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scenarios import (
    Scenario,
    Settings,
    backup,
    big,
    compared,
    layers,
    memory,
    processes,
    soak,
)
from benchmarks.servers import CannotMeasure, take_own_core
from benchmarks.table import heading
from benchmarks.wire import Lost

SCENARIOS: Mapping[str, Scenario] = {
    "hot": compared.hot,
    "rooms": compared.rooms,
    "big": big.run,
    "memory": memory.run,
    "layers": layers.run,
    "soak": soak.run,
    "backup": backup.run,
    "processes": processes.run,
}


def run(
    names: Sequence[str],
    *,
    peers: Sequence[str],
    seconds: float,
    rounds: int,
    folder: Path,
    database: str | None,
    say: Callable[[str], None],
) -> None:
    """Run scenarios one after the other; what they make is in a folder under `folder`, and gone in
    the end.

    Raises CannotMeasure if something is missing.
    """
    take_own_core()
    say(heading())
    for name in names:
        with tempfile.TemporaryDirectory(prefix="benchmark-", dir=folder) as made:
            settings = Settings(tuple(peers), seconds, rounds, Path(made), database, say)
            try:
                _run(SCENARIOS[name](settings))
            except (Lost, OSError) as error:
                raise CannotMeasure(f"{name}: a server failed: {error!r}") from None


def _run(work: Coroutine[Any, Any, None]) -> None:
    if importlib.util.find_spec("uvloop") is None:
        asyncio.run(work)
    else:
        import uvloop

        uvloop.run(work)
