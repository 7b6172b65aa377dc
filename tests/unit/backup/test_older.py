"""Which older exports go."""

from __future__ import annotations

import os
from pathlib import Path

from backup.older import prune


def test_of_exports_that_differ_in_digits_the_newest_stay(tmp_path: Path) -> None:
    names = ["b-20260101.json", "b-20260102.json", "b-20260103.json", "b-20260104.json"]
    others = ["b-.json", "b-x1.json", "c-20260101.json", "b-20260101.json.gz", "b-20260101xjson"]
    for age, name in enumerate([*others, *names]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    (tmp_path / "b-20250101.json").mkdir()
    assert prune(tmp_path / names[-1], 2) == [tmp_path / names[1], tmp_path / names[0]]
    left = {each.name for each in tmp_path.iterdir()}
    assert left == {*others, *names[2:], "b-20250101.json"}


def test_the_export_itself_stays_however_old_it_looks(tmp_path: Path) -> None:
    for age, name in enumerate(["b-2.json", "b-1.json"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    assert prune(tmp_path / "b-2.json", 1) == [tmp_path / "b-1.json"]
