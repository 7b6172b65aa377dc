"""Parts of a core: several servers have one each, alike, also on a machine with few cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import CannotMeasure

#: Microseconds after which a process that has used up its part goes on.
PERIOD = 10_000

#: Where Linux keeps its control groups, the older way and the newer one.
_OLD, _NEW = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


@contextmanager
def limited(pid: int, part: float) -> Iterator[None]:
    """Give a process at most this part of a core within. Raises CannotMeasure where the machine
    does not let one.
    """
    root = _OLD if (_OLD / "cgroup.procs").exists() else _NEW
    group = root / f"nodius-{pid}"
    try:
        group.mkdir()
    except OSError as error:
        raise CannotMeasure(f"a part of a core takes a control group: {error}") from None
    try:
        _limit(group, int(part * PERIOD), pid)
        yield
    finally:
        (root / "cgroup.procs").write_text(f"{pid}")
        group.rmdir()


def _limit(group: Path, quota: int, pid: int) -> None:
    try:
        if group.parent == _OLD:
            (group / "cpu.cfs_period_us").write_text(f"{PERIOD}")
            (group / "cpu.cfs_quota_us").write_text(f"{quota}")
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        (group / "cgroup.procs").write_text(f"{pid}")
    except OSError as error:
        raise CannotMeasure(f"a part of a core takes a control group: {error}") from None
