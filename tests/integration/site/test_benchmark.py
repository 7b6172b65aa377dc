"""`./nodius benchmark`: what it prints, and what it says when it cannot measure."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from benchmarks.load import Load, Shape
from benchmarks.nodius import Nodius, NodiusDialect
from tests.serving import command

TWO_CORES = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it needs two cores")


@TWO_CORES
def test_it_prints_when_and_where_it_measured_and_a_table(tmp_path: Path) -> None:
    done = command("benchmark", "scenario=layers", f"data_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    heading, *lines = done.stdout.splitlines()
    assert re.match(r"20\d\d-.* cores · Python 3", heading)
    rows = [line for line in lines if "µs" in line]
    assert any("commit a group of 40" in row for row in rows), done.stdout
    assert not list(tmp_path.glob("benchmark-*")), "what it made is gone"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("peers=nobody",), "there is no 'nobody'; give some of channels, sharedb, hocuspocus"),
        (("scenario=cold",), "give hot or rooms"),
        (("rounds=0",), "a whole number from 1"),
    ],
)
def test_what_it_cannot_do_is_one_line(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = command("benchmark", *words, f"data_dir={tmp_path}")
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@TWO_CORES
def test_missing_node_is_said_in_one_line(tmp_path: Path) -> None:
    given = ("peers=sharedb", f"data_dir={tmp_path}")
    done = command("benchmark", *given, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "need node, which is not installed" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("batch", [True, False])
async def test_a_load_measures_what_it_sent_and_that_all_of_it_arrived(
    batch: bool, tmp_path: Path
) -> None:
    nodius = Nodius(tmp_path)
    nodius.create_user()
    with nodius.server() as server:
        dialect = NodiusDialect(nodius.login(server), batch)
        load = Load(server, dialect, Shape(clients=6, writers=2, window=4))
        measured = await load.measure("test", 0.5)
    assert measured.missing == 0
    assert measured.rate > 1
    assert 0 < measured.acked[0] <= measured.acked[1]
    assert 0 < measured.seen[0] <= measured.seen[1]
    assert measured.cpu > 0
