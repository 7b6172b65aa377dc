"""What was measured, as tables for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

from benchmarks.load import Measured


def heading() -> str:
    """When and where this was measured, and what else this machine did at that time."""
    now = datetime.now().astimezone().isoformat(" ", "minutes")
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    cores = os.cpu_count()
    return (
        f"{now} · {_processor()} · {cores} cores · Python {platform.python_version()} · "
        f"load average {load}: {'idle' if os.getloadavg()[0] < 0.5 else 'other work runs here'}"
    )


def middle(rounds: Sequence[Measured]) -> Measured:
    """The median of each figure; what was missing is added up."""
    return Measured(
        rate=median(each.rate for each in rounds),
        acked=_pair([each.acked for each in rounds]),
        seen=_pair([each.seen for each in rounds]),
        cpu=median(each.cpu for each in rounds),
        memory=int(median(each.memory for each in rounds)),
        generator=median(each.generator for each in rounds),
        missing=sum(each.missing for each in rounds),
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, in Markdown; the first column is for names."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], *rows]
    return "\n".join(_line(line, widths) for line in lines)


def comparison(results: Sequence[tuple[str, Measured | str]]) -> str:
    """Servers under one load. The ratio is of the first one's batches a second to each other's."""
    head = ("server", "batches/s", "first ÷ it", "acked p50", "p99", "seen p50", "p99", "CPU",
            "CPU a batch", "memory", "remarks")  # fmt: skip
    first = results[0][1]
    of = first.rate if isinstance(first, Measured) else float("nan")
    return table(head, [_compared(name, result, of) for name, result in results])


def milliseconds(seconds: float) -> str:
    """A short time."""
    return f"{seconds * 1000:.1f} ms"


def mebibytes(size: float) -> str:
    """An amount of memory."""
    return f"{size / 2**20:.0f} MiB"


def _compared(name: str, result: Measured | str, of: float) -> Sequence[str]:
    if isinstance(result, str):
        return (name, *["–"] * 9, result)
    times = [milliseconds(each) for each in (*result.acked, *result.seen)]
    return (
        name,
        f"{result.rate:,.0f}",
        f"{of / result.rate:.1f}" if result.rate else "–",
        *times,
        f"{result.cpu:.0%}",
        f"{result.cpu / result.rate * 1e6:,.0f} µs" if result.rate else "–",
        mebibytes(result.memory),
        _remarks(result),
    )


def _remarks(result: Measured) -> str:
    said = []
    if result.missing:
        said.append(f"{result.missing} not delivered")
    if result.is_generator_bound:
        said.append(f"limited by the generator ({result.generator:.0%} of its core)")
    return "; ".join(said)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if number == 0 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join((first, *rest))} |"


def _pair(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return median(each[0] for each in values), median(each[1] for each in values)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
