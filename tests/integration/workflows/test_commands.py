"""`prunehistory` and `newepoch`, as processes of their own beside a server that runs."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from tests.serving import Serving, command
from tests.wire import Wire


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def told(result: Any) -> list[str]:
    """What a command that succeeded has printed."""
    assert (result.returncode, result.stderr) == (0, ""), result
    lines: list[str] = result.stdout.splitlines()
    return lines


def token_of(caller: httpx.Client) -> str:
    return caller.headers["Authorization"].removeprefix("Bearer ")


def new(caller: httpx.Client, batches: int = 0) -> str:
    """A workflow with so many batches."""
    made = caller.post("/api/workflow", json={"name": "Flow", "data": {"log": []}})
    key: str = made.json()["workflowKey"]
    for each in range(1, batches + 1):
        append(caller, key, each)
    return key


def append(caller: httpx.Client, key: str, value: int) -> dict[str, Any]:
    """Append to data/log, once however often it is asked for."""
    body = {"id": f"{value}", "instructions": [{"o": 3, "p": ["data", "log"], "v": value}]}
    answer = caller.post(f"/api/workflow/{key}/instructions", json=body)
    assert answer.status_code == 200, answer.text
    answered: dict[str, Any] = answer.json()
    return answered


def log(caller: httpx.Client, key: str, **query: int) -> Any:
    answer = caller.get(f"/api/workflow/{key}", params=query)
    return answer.json()["workflow"]["data"]["log"] if answer.status_code == 200 else None


def history(caller: httpx.Client, key: str) -> tuple[list[int], int]:
    answer = caller.get(f"/api/history/{key}", params={"limit": 1000}).json()
    return [each["seq"] for each in answer["history"]], answer["total"]


def test_prunehistory_says_what_it_removed_and_keeps_what_is_needed(data_dir: Path) -> None:
    """OPT-PRUNE-1, OPT-PRUNE-2, WS-ONCE-5"""
    with Serving(data_dir) as server:
        server.create_admin()
        with server.login() as caller:
            one, two, few = new(caller, 5), new(caller, 4), new(caller, 2)
            answered = append(caller, one, 1)
        assert answered["seq"] == 1
        server.stop()
        where = f"data_dir={data_dir}"
        assert told(command("prunehistory", where)) == ["Removed 0 batches of 0 workflows."]
        assert told(command("prunehistory", "keep=3", f"workflow={one}", where)) == [
            f"{one}: removed 2 batches, 3 left",
            "Removed 2 batches of 1 workflows.",
        ]
        assert told(command("prunehistory", "keep=0", "days=1", where))[-1].startswith("Removed 0 ")
        assert sorted(told(command("prunehistory", "--keep", "2", where))) == sorted(
            [
                f"{one}: removed 1 batches, 2 left",
                f"{two}: removed 2 batches, 2 left",
                "Removed 3 batches of 2 workflows.",
            ]
        )
        server.start()
        with server.login() as caller:
            assert [history(caller, key) for key in (one, two, few)] == [
                ([5, 4], 2),
                ([4, 3], 2),
                ([2, 1], 2),
            ]
            states = [log(caller, one, seq=seq) for seq in (0, 2, 3, 5)]
            assert states == [None, None, [1, 2, 3], [1, 2, 3, 4, 5]]
            assert append(caller, one, 1) == answered, "exactly once outlives the history"
            assert append(caller, one, 6)["seq"] == 6
            assert log(caller, one) == [1, 2, 3, 4, 5, 6]


def test_prunehistory_says_of_which_workflows_the_snapshot_is_behind(data_dir: Path) -> None:
    """OPT-PRUNE-1"""
    with Serving(data_dir, autosave=3600) as server:
        server.create_admin()
        with server.login() as caller, Wire(server, token_of(caller)) as wire:
            key, where = new(caller), f"data_dir={data_dir}"
            wire.join(key)
            for each in (1, 2, 3):
                append(caller, key, each)
            lines = told(command("prunehistory", "keep=1", where))
            assert lines[1:] == ["Removed 0 batches of 0 workflows."]
            assert lines[0].startswith(f"{key}: 2 more stay, as its snapshot is behind")
            assert history(caller, key) == ([3, 2, 1], 3)
            wire.send("save", workflowKey=key)
            while wire.receive()["type"] != "saved":
                continue
            assert told(command("prunehistory", "keep=1", where)) == [
                f"{key}: removed 2 batches, 1 left",
                "Removed 2 batches of 1 workflows.",
            ]
            assert log(caller, key) == [1, 2, 3]


def test_prunehistory_runs_beside_a_server_that_is_used(data_dir: Path) -> None:
    """OPT-PRUNE-1, WS-ONCE-5"""
    with Serving(data_dir) as server:
        server.create_admin()
        seqs: list[int] = []
        enough = Event()
        with server.login() as caller, server.login() as other:
            key = new(caller)

            def write() -> None:
                while not enough.is_set() or len(seqs) < 60:
                    seqs.append(append(other, key, len(seqs) + 1)["seq"])

            thread = Thread(target=write)
            thread.start()
            try:
                for keep in (20, 10, 5):
                    told(command("prunehistory", f"keep={keep}", f"data_dir={data_dir}"))
            finally:
                enough.set()
                thread.join()
            assert seqs == list(range(1, len(seqs) + 1)), "every batch was answered, in order"
            kept, total = history(caller, key)
            assert total == len(kept) < len(seqs), "something was removed"
            assert kept == seqs[::-1][: len(kept)]
            again = [append(caller, key, each)["seq"] for each in (1, 2, len(seqs))]
            assert again == [1, 2, len(seqs)]
            assert log(caller, key) == seqs, "nothing was applied twice"


def test_newepoch_is_told_in_number_and_the_server_goes_on(data_dir: Path) -> None:
    """OPT-EPOCH-1"""
    with Serving(data_dir) as server:
        server.create_admin()
        with server.login() as caller:
            keys = [new(caller, 2) for _ in range(3)]
            done = told(command("newepoch", f"data_dir={data_dir}"))
            assert done == ["3 workflows have a new epoch."]
            assert [log(caller, key) for key in keys] == [[1, 2]] * 3
            assert append(caller, keys[0], 2)["seq"] == 2, "ids are known across it"
            assert append(caller, keys[0], 3)["seq"] == 3


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["prunehistory", "keep=-1"], 2, "a whole number"),
        (["prunehistory", "keep=some"], 2, "a whole number"),
        (["prunehistory", "days=x"], 2, "a whole number"),
        (["prunehistory", "kep=3"], 2, "keep"),
        (["prunehistory", "workflow=none"], 2, "no workflow 'none'"),
        (["newepoch", "keep=3"], 2, "no option 'keep'"),
        (["newepoch", "database=postgres://u:p@127.0.0.1:1/n"], 2, "database"),
        (["prunehistory", "database=postgres://u:p@127.0.0.1:1/n"], 2, "database"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    data_dir: Path, words: list[str], status: int, said: str
) -> None:
    """OPT-PRUNE-2, OPT-WRONG-1"""
    result = command(*words, f"data_dir={data_dir}")
    assert (result.returncode, len(result.stderr.splitlines())) == (status, 1), result
    assert said in result.stderr
