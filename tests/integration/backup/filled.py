"""Servers with one of everything, and what is in a backup file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx

from tests.serving import Serving, command
from tests.unit.media_store.pictures import picture


def fill(server: Serving) -> list[str]:
    """Make one of everything, through the server; returns the keys of its two workflows.

    The first has batches that were undone, sent with an id, or changed more than they asked for.
    """
    with server.login() as api:
        team = made(api.post("/api/workspace", json={"name": "Team"}))["workspaceKey"]
        entries(api, "default")
        entries(api, team)
        return [busy(api, "default"), busy(api, team)]


def entries(api: httpx.Client, workspace: str) -> None:
    """One entry of each catalog, and two images."""
    place = {"workspace": workspace}
    made(api.post("/api/category", json={"name": "kept", **place}))
    config = {"type": "t", "name": "T", "process": "é\r\n", "version": 2, "color": 1.5, **place}
    made(api.post("/api/nodeconfig", json=config))
    made(api.post("/api/datatype", json={"name": "d", "fields": [{"name": "x"}], **place}))
    for format in ("PNG", "JPEG"):
        sent = {"file": (f"a.{format}", picture(format))}
        made(api.post("/api/image/upload", files=sent, data=place))


def busy(api: httpx.Client, workspace: str) -> str:
    """A workflow with some history."""
    body = {
        "name": "Flow",
        "workspace": workspace,
        "data": {"log": [], "ratio": 2.0},
        "nodes": {"a": {"posX": 1, "text": "é"}, "b": {"posX": 2.5}},
        "edges": {"e": {"source": "a", "target": "b"}, "f": {"source": "b", "target": "b"}},
    }
    key: str = made(api.post("/api/workflow", json=body))["workflowKey"]
    for number in range(3):
        batch(api, key, {"o": 3, "p": ["data", "log"], "v": number}, id=f"{number}")
    batch(api, key, {"o": 2, "p": ["nodes", "a"]})
    batch(api, key, {"o": 1, "p": ["nodes", "c"], "v": {"posX": 3.0}})
    return key


def batch(api: httpx.Client, key: str, *instructions: object, **fields: object) -> dict[str, Any]:
    """Apply a batch by REST."""
    body = {"instructions": instructions, **fields}
    return made(api.post(f"/api/workflow/{key}/instructions", json=body), 200)


def made(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    """The body of an answer of this status."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def export(file: Path, *words: str) -> dict[str, Any]:
    """Export to a file, and return what is in its collections."""
    done = command("exportdb", f"output={file}", *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return contents(file)


def take(file: Path, *words: str) -> CompletedProcess[str]:
    """Import a file."""
    return command("importdb", f"input={file}", *words)


def contents(file: Path) -> dict[str, Any]:
    """The collections of a file."""
    data = file.read_bytes()
    whole = json.loads(gzip.decompress(data) if file.suffix == ".gz" else data)
    collections: dict[str, Any] = whole["collections"]
    return collections


def write(file: Path, collections: dict[str, Any]) -> Path:
    """A backup file with these collections."""
    file.write_text(json.dumps({"metadata": {}, "collections": collections}))
    return file


def collection(name: str, *documents: dict[str, Any], type: int = 2) -> dict[str, Any]:
    """A collection as a file has it, by its name."""
    return {name: {"name": name, "type": type, "documents": list(documents)}}
