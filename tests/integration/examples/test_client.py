"""The client of examples/, against a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.nodius_client import Nodius, Refused, append_at, remove_at, set_at
from tests.ports import free_ports
from tests.serving import PASSWORD, Serving


@pytest.fixture
def nodius(server: Serving) -> Iterator[Nodius]:
    """The administrator's."""
    with Nodius(server.url, "admin", PASSWORD) as made:
        yield made


@pytest.fixture
def key(nodius: Nodius) -> str:
    """A workflow."""
    made: str = nodius.post("workflow", name="Orders", data={"log": []})["workflowKey"]
    return made


def test_two_see_what_each_other_does(nodius: Nodius, key: str) -> None:
    with nodius.open(key) as one, nodius.open(key) as two:
        assert len(two.others) == 1
        assert one.apply(set_at("nodes/a", {"posX": 0}), append_at("data/log", "made")) == 1
        assert two.look(0.2) == 1
        assert two.document == one.document
        assert two.apply(set_at("nodes/a/posX", 5)) == 2
        assert one.look(0.2) == 2 and one.document["nodes"] == {"a": {"posX": 5}}
        assert one.undo() == 3 and one.document["nodes"] == {"a": {"posX": 0}}
        assert one.redo() == 4 and one.document["nodes"] == {"a": {"posX": 5}}


def test_what_is_refused_says_why_and_changes_nothing(nodius: Nodius, key: str) -> None:
    with nodius.open(key) as flow:
        with pytest.raises(Refused, match="path_not_found"):
            flow.apply(remove_at("nodes/none"))
        assert flow.apply(append_at("data/log", 1)) == 1
    with pytest.raises(Refused, match="invalid_credentials"):
        Nodius(nodius.url, "admin", "wrong-password")
    nodius.delete(f"workflow/{key}")
    with pytest.raises(Refused, match="workflow_not_found"), nodius.open(key):
        pass


def test_what_has_no_answer_when_the_server_dies_is_applied_once(tmp_path: Path) -> None:
    serving = Serving(tmp_path / "data", port=free_ports()[0])
    serving.create_admin()
    with serving, Nodius(serving.url, "admin", PASSWORD) as nodius:
        key = nodius.post("workflow", name="x", data={"log": []})["workflowKey"]
        with nodius.open(key) as flow:
            flow.apply(append_at("data/log", 0))
            serving.kill()
            starting = threading.Thread(target=serving.start)
            starting.start()
            assert flow.apply(append_at("data/log", 1)) == 2
            starting.join()
            assert flow.document["data"]["log"] == [0, 1]
        assert nodius.get(f"history/{key}")["total"] == 2
