"""Where undo finds arrays in a document whose nodes and edges are packed."""

from __future__ import annotations

import pytest

from sync.undoing import Arrays
from workflows.document import Workflow


class Looked(Workflow):
    """A workflow that counts how often it is looked at."""

    looks = 0

    def at(self, path: list[str]) -> object:
        self.looks += 1
        return super().at(path)


def made() -> Looked:
    return Looked(
        {
            "name": "",
            "category": None,
            "description": None,
            "data": {"list": [[], 1]},
            "nodes": {"n": {"list": [{"inner": []}], "text": "t"}},
            "edges": {},
        }
    )


@pytest.mark.parametrize(
    ("path", "there_is"),
    [
        ("data/list", True),
        ("data/list/0", True),
        ("data/list/1", False),
        ("nodes/n/list", True),
        ("nodes/n/list/0", False),
        ("nodes/n/list/0/inner", True),
        ("nodes/n/text", False),
        ("nodes/n/text/x", False),
        ("nodes/n", False),
        ("nodes/none/list", False),
        ("nodes", False),
        ("edges/none", False),
        ("name", False),
    ],
)
def test_arrays_are_found_within_what_is_packed(path: str, there_is: bool) -> None:
    assert Arrays(made())(tuple(path.split("/"))) is there_is


def test_a_node_is_unpacked_once_however_often_it_is_asked_about() -> None:
    workflow = made()
    arrays = Arrays(workflow)
    for n in range(1000):
        arrays(("nodes", "n", str(n)))
    assert workflow.looks == 1
    arrays.forget()
    assert arrays(("nodes", "n", "list")) and workflow.looks == 2
