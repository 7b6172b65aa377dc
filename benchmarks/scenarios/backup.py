"""What a backup file of a gigabyte takes: the time and the largest memory of each way."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.nodius import ROOT, Nodius, environment
from benchmarks.scenarios import Settings
from benchmarks.servers import CannotMeasure

#: The file's size; the nodes of each workflow in it, and the text that each of them holds.
SIZE, NODES, TEXT = 1_000_000_000, 500, 2_000


async def run(settings: Settings) -> None:
    """Import a file of many workflows into an empty database, and export it again."""
    await asyncio.to_thread(_run, settings)


def _run(settings: Settings) -> None:
    big = settings.folder / "big.json"
    _write(big, _sample(settings.folder / "sample"))
    place = settings.folder / "backup"
    words = ("importdb", f"input={big}"), ("exportdb", f"output={settings.folder / 'again.json'}")
    settings.say(f"\nA backup file of {big.stat().st_size / 1e6:.0f} MB:")
    for command, file in words:
        began = time.monotonic()
        peak = _peak([command, file], environment(place, settings.database))
        settings.say(f"{command} {time.monotonic() - began:.0f} s, at most {peak / 1e6:.0f} MB")


def _sample(folder: Path) -> dict[str, Any]:
    """The collections of an export with one workflow in it."""
    folder.mkdir()
    nodius = Nodius(folder)
    nodius.create_user()
    nodes = [{"_key": f"n{number}", "process": "x" * TEXT} for number in range(NODES)]
    with nodius.server() as server:
        nodius.login(server).call("POST", "workflow", {"name": "One", "nodes": nodes})
    file = folder / "sample.json"
    _peak(["exportdb", f"output={file}"], environment(folder / "data", None))
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def _write(file: Path, sample: dict[str, Any]) -> None:
    """The sample with its workflow in it as often as makes the size, under keys of their own."""
    sections = sample["collections"]
    key = sections["workflows"]["documents"][0]["_key"]
    often = SIZE // sum(len(json.dumps(each)) for each in sections.values())
    with file.open("w", encoding="utf-8") as out:
        out.write(f'{{"metadata": {json.dumps(sample["metadata"])}, "collections": {{')
        for number, (name, section) in enumerate(sections.items()):
            head = json.dumps({**section, "documents": []}).removesuffix("]}")
            out.write(f"{', ' if number else ''}{json.dumps(name)}: {head}")
            texts = [json.dumps(each) for each in section["documents"]]
            for place, text in enumerate(_repeated(texts, key, often)):
                out.write(f",\n{text}" if place else text)
            out.write("]}")
        out.write("}}")


def _repeated(texts: list[str], key: str, often: int) -> Iterator[str]:
    yield from (each for each in texts if key not in each)
    for number in range(often):
        other = f"{number:0{len(key)}x}"
        yield from (each.replace(key, other) for each in texts if key in each)


def _peak(words: list[str], env: dict[str, str]) -> int:
    """The largest resident memory of a command, in bytes. Raises CannotMeasure if it fails."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env=os.environ | env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CannotMeasure(f"{words[0]} ended with {process.returncode}")
    return usage.ru_maxrss * 1024
