"""Exports and imports beside a server on which people edit."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from sqlite3 import OperationalError, connect
from threading import Event
from typing import Any

import httpx
import pytest

from nodius_site.options import ROOT
from tests.integration.backup.filled import batch, busy, contents, export, made, take
from tests.serving import ENVIRONMENT, Serving
from tests.wire import Wire
from workflows.document import Workflow
from workflows.instructions import Instruction


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    """A server with an administrator."""
    serving = Serving(tmp_path / "data")
    serving.create_admin()
    with serving:
        yield serving


def token_of(api: httpx.Client) -> str:
    return str(api.headers["Authorization"].removeprefix("Bearer "))


def history(api: httpx.Client, key: str) -> list[dict[str, Any]]:
    """All batches, oldest first."""
    found: list[dict[str, Any]] = []
    before = 2**53
    while before > 1:
        query = {"limit": 1000, "before": before}
        page = made(api.get(f"/api/history/{key}", params=query), 200)["history"]
        if not page:
            break
        found, before = [*page[::-1], *found], page[-1]["seq"]
    return found


class Writer:
    """Appends numbers to data/log by REST, each once however often it has to ask."""

    def __init__(self, api: httpx.Client, key: str) -> None:
        self.api = api
        self.key = key
        self.answered: list[int] = []
        self.enough = Event()

    def write(self) -> None:
        """Write until it is enough."""
        number = 100
        while not self.enough.is_set():
            number += 1
            change = {"o": 3, "p": ["data", "log"], "v": number}
            body = {"id": f"{number}", "instructions": [change]}
            while (answer := self._post(body)).status_code == 503:
                continue
            assert answer.status_code == 200, answer.text
            self.answered.append(answer.json()["seq"])

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        return self.api.post(f"/api/workflow/{self.key}/instructions", json=body, timeout=30)

    def wait_for(self, count: int) -> None:
        """Return when so many more were answered."""
        wanted, deadline = len(self.answered) + count, time.monotonic() + 30
        while len(self.answered) < wanted:
            assert time.monotonic() < deadline, "the writer is not answered any more"
            time.sleep(0.005)


def test_a_workflow_that_people_write_to_is_replaced_and_nothing_answered_is_lost(
    server: Serving, tmp_path: Path
) -> None:
    """BACKUP-IMPORT-4, WS-GIVEUP-1"""
    place = f"data_dir={server.data_dir}"
    with server.login() as api, server.login() as other, Wire(server, token_of(api)) as wire:
        key, elsewhere = busy(api, "default"), busy(api, "default")
        export(tmp_path / "export.json", place)
        before = history(api, key)
        wire.join(key)
        writer = Writer(other, key)
        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(writer.write)
            try:
                for _ in range(3):
                    writer.wait_for(20)
                    done = take(tmp_path / "export.json", place)
                    assert done.returncode == 0, done
                writer.wait_for(20)
            finally:
                writer.enough.set()
            written.result(30)
        assert wire.closed() == 1013
        rows = history(api, key)
        assert [each["seq"] for each in rows] == list(range(1, len(rows) + 1))
        assert rows[: len(before)] == before
        imports = [each["seq"] for each in rows if each["userId"] == "importdb"]
        assert len(imports) == 3
        own = [each["seq"] for each in rows if each["seq"] > len(before)]
        assert sorted([*writer.answered, *imports]) == own
        flow = made(api.get(f"/api/workflow/{key}"), 200)["workflow"]
        assert flow["seq"] == len(rows)
        assert flow["data"]["log"][:3] == [0, 1, 2]
        assert len(flow["data"]["log"]) == 3 + sum(each > imports[-1] for each in own)
        assert made(api.get(f"/api/workflow/{elsewhere}"), 200)["workflow"]["seq"] == 5


def test_an_export_has_each_workflow_as_it_was_after_one_batch(
    server: Serving, tmp_path: Path
) -> None:
    """BACKUP-EXPORT-3"""
    with server.login() as api, server.login() as other:
        key = busy(api, "default")
        writer = Writer(other, key)
        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(writer.write)
            try:
                writer.wait_for(10)
                found = export(tmp_path / "export.json", f"data_dir={server.data_dir}")
            finally:
                writer.enough.set()
            written.result(30)
    head = found["workflows"]["documents"][0]
    rows = sorted(found["history"]["documents"], key=lambda each: each["seq"])
    assert [each["seq"] for each in rows] == list(range(1, head["seq"] + 1))
    assert head["seq"] > 5
    state = Workflow(
        {
            "name": "Flow",
            "category": None,
            "description": None,
            "data": {"log": [], "ratio": 2},
            "nodes": {"a": {"posX": 1, "text": "é"}, "b": {"posX": 2.5}},
            "edges": {"e": {"source": "a", "target": "b"}, "f": {"source": "b", "target": "b"}},
        }
    )
    for row in rows:
        state.replay([Instruction(**each) for each in row["instructions"]])
    plain = state.plain()
    assert head["data"] == plain["data"]
    for part in ("nodes", "edges"):
        there = {each["key"]: each["value"] for each in found[part]["documents"]}
        assert there == plain[part]


def test_an_import_that_is_killed_leaves_whole_workflows_and_can_be_done_again(
    tmp_path: Path,
) -> None:
    """BACKUP-IMPORT-3"""
    source = tmp_path / "source"
    with Serving(source) as server:
        server.create_admin()
        with server.login() as api:
            for _ in range(40):
                busy(api, "default")
    wanted = export(tmp_path / "export.json", f"data_dir={source}")
    target = ["store=sql", f"data_dir={tmp_path / 'target'}"]
    words: list[str | Path] = [
        sys.executable,
        ROOT / "manage.py",
        "importdb",
        f"input={tmp_path / 'export.json'}",
    ]
    for there in (0, 1, 7, 23):
        process = subprocess.Popen(
            [*words, *target], env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while workflows_in(tmp_path / "target") <= there:
            assert time.monotonic() < deadline, "it goes on"
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it was still at it"
    partly = export(tmp_path / "partly.json", *target)
    for flow in partly["workflows"]["documents"]:
        key = flow["_key"]
        for part in ("nodes", "edges", "history"):
            assert [each for each in partly[part]["documents"] if each["workflowKey"] == key] == [
                each for each in wanted[part]["documents"] if each["workflowKey"] == key
            ]
    assert take(tmp_path / "export.json", *target).returncode == 0
    assert export(tmp_path / "again.json", *target) == wanted


def workflows_in(data_dir: Path) -> int:
    """How many there are in the store, which another process writes to."""
    try:
        with closing(
            connect(f"file:{data_dir / 'documents.sqlite3'}?mode=ro", uri=True)
        ) as database:
            found: int = database.execute(
                "SELECT count(*) FROM store_document WHERE collection = 'workflows'"
            ).fetchone()[0]
            return found
    except OperationalError:
        return 0


def test_a_new_workflow_and_a_changed_one_are_seen_by_a_server_that_runs(
    server: Serving, tmp_path: Path
) -> None:
    """BACKUP-IMPORT-4"""
    place = f"data_dir={server.data_dir}"
    with server.login() as api:
        key, gone = busy(api, "default"), busy(api, "default")
        wanted = export(tmp_path / "export.json", place)
        batch(api, key, {"o": 1, "p": ["name"], "v": "Changed"})
        assert api.delete(f"/api/workflow/{gone}").status_code == 204
        assert take(tmp_path / "export.json", place).returncode == 0
        assert made(api.get(f"/api/workflow/{key}"), 200)["workflow"]["name"] == "Flow"
        again = made(api.get(f"/api/workflow/{gone}"), 200)["workflow"]
        was = next(each for each in wanted["workflows"]["documents"] if each["_key"] == gone)
        assert {name: again[name] for name in ("seq", "createdAt", "updatedAt")} == {
            name: was[name] for name in ("seq", "createdAt", "updatedAt")
        }
        assert batch(api, gone, {"o": 1, "p": ["name"], "v": "On"})["seq"] == again["seq"] + 1
    assert contents(tmp_path / "export.json") == wanted
