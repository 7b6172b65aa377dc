"""Older exports beside a new one: which they are, and which may go."""

from __future__ import annotations

import re
from pathlib import Path

_DIGITS = re.compile(r"\d+")


def prune(newest: Path, keep: int) -> list[Path]:
    """Delete all but the `keep` newest of an export and its siblings; returns those deleted.

    Siblings are files of the same folder whose names differ from this one in their digits only,
    such as those of other days. Raises OSError.
    """
    pattern = re.compile(_DIGITS.sub(r"\\d+", _escaped(newest.name)))
    alike = [each for each in newest.parent.iterdir() if pattern.fullmatch(each.name)]
    files = [each for each in alike if each.is_file() and each.name != newest.name]
    files.sort(key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for each in files[keep - 1 :]:
        each.unlink()
    return files[keep - 1 :]


def _escaped(name: str) -> str:
    return "".join(each if each.isdigit() else re.escape(each) for each in name)
