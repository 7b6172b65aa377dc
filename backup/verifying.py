"""Whether a backup file brings everything back: restored elsewhere, exported again, compared."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from backup import file
from backup.documents import canonical
from backup.staging import Staging

#: Differences that are told one by one.
TOLD = 10


def differences(
    path: Path, command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> list[str]:
    """What a restored copy of the file lacks or has otherwise, a line each; empty if it is equal.

    `command` runs commands of Nodius, with options behind it, and `environment` names no database;
    all that is made lies in `folder` and is gone afterwards. Raises Broken, OSError.
    """
    with tempfile.TemporaryDirectory(prefix="verify-", dir=folder) as scratch:
        again = Path(scratch) / "again.json"
        data = f"data_dir={Path(scratch) / 'data'}"
        for words in (["importdb", f"input={path}"], ["exportdb", f"output={again}"]):
            done = subprocess.run(  # noqa: S603 - this program, with paths of our own
                [*command, *words, data],
                env=dict(environment),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                return [f"{words[0]}: {line}" for line in done.stderr.splitlines()[-TOLD:]]
        return _unlike(path, again)


def _unlike(one: Path, other: Path) -> list[str]:
    first, second = _digests(one), _digests(other)
    try:
        lines = [*_missing(first, second, "was not restored"), *_missing(second, first, "is new")]
    finally:
        first.close()
        second.close()
    return lines if len(lines) <= TOLD else [*lines[:TOLD], f"and {len(lines) - TOLD} more"]


def _digests(path: Path) -> Staging:
    digests = Staging()
    with file.opened(path) as stream:
        for found in file.read(stream):
            if isinstance(found, file.Found):
                digest = hashlib.sha256(canonical(found.document)).digest()
                digests.add(found.collection, str(found.document["_key"]), digest)
    return digests


def _missing(these: Staging, those: Staging, what: str) -> list[str]:
    lines = []
    for name in these.collections():
        for key, digest in these.each(name):
            found = those.get(name, key)
            if found is None:
                lines.append(f"{name} {ascii(key)[1:-1]} {what}")
            elif found != digest and what != "is new":
                lines.append(f"{name} {ascii(key)[1:-1]} is another one")
    return lines


def program() -> list[str]:
    """What runs commands of Nodius."""
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py")]
