"""What each step of one batch costs by itself."""

from __future__ import annotations

from benchmarks.nodius import Nodius
from benchmarks.scenarios import Settings
from benchmarks.table import table


async def run(settings: Settings) -> None:
    """The steps that `benchmarks.layers` measures."""
    nodius = Nodius(settings.folder, settings.database)
    nodius.create_user()
    lines = nodius.output_of("benchmarks.layers").splitlines()
    rows = [(name, f"{cost} µs") for name, cost in (line.split("\t") for line in lines)]
    settings.say(f"\n{table(('step of one batch', 'CPU'), rows)}")
