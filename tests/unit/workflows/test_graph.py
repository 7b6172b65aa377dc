"""The rules of nodes and edges, judged after a batch on what it touched."""

from __future__ import annotations

import timeit
from typing import Any

import msgspec
import pytest

from tests.unit.workflows.test_document import (
    GRAPH,
    batch_of,
    document,
    hold_together,
    lead_there_and_back,
    merge,
    move,
    refusal,
    rem,
    to,
)
from workflows.document import Workflow

FLOW = document(
    nodes={"n1": {}, "n2": {}, "n3": {"posX": 1}},
    edges={
        "e1": {"source": "n1", "target": "n2"},
        "e2": {"source": "n3", "target": "n2"},
        "e0": {"source": "n3", "target": "n1"},
        "loop": {"source": "n3", "target": "n3"},
    },
)


def flow() -> Workflow:
    return Workflow(msgspec.json.decode(msgspec.json.encode(FLOW)))


def edge(source: Any, target: Any) -> dict[str, Any]:
    return {"source": source, "target": target}


@pytest.mark.parametrize(
    ("batch", "removed"),
    [
        ([rem("nodes/n1")], ["e0", "e1"]),
        ([rem("nodes/n3")], ["e0", "e2", "loop"]),
        ([to("nodes", {"n1": {}, "n3": {}})], ["e1", "e2"]),
        ([to("nodes", {})], ["e0", "e1", "e2", "loop"]),
        ([move("nodes/n2", "nodes/moved")], ["e1", "e2"]),
        ([move("nodes/n1", "data/kept")], ["e0", "e1"]),
        ([move("nodes/n1", "nodes/n2")], ["e0", "e1"]),
        ([rem("nodes/n1"), rem("edges/e0")], ["e1"]),
        ([rem("nodes/n1"), to("edges/e0/target", "n2")], ["e1"]),
        ([rem("nodes/n1"), to("nodes/n1", {})], []),
        ([rem("nodes/n1"), to("edges/e1", edge("n1", "n3"))], ["e0", "e1"]),
        ([to("edges/e1/target", "n3"), rem("nodes/n3")], ["e0", "e1", "e2", "loop"]),
        ([rem("nodes/n1"), to("edges/e1/target", "never")], ["e0", "e1"]),
        ([rem("nodes/n1"), to("edges/e1/target", 5)], ["e0", "e1"]),
        ([rem("edges/e1"), to("edges/e1", edge("n1", "n3")), rem("nodes/n1")], ["e0", "e1"]),
    ],
    ids=str,
)
def test_edges_that_lose_an_end_are_removed_in_ascending_order(
    batch: list[dict[str, Any]], removed: list[str]
) -> None:
    """GRAPH-EDGE-1"""
    workflow = flow()
    applied = workflow.apply(batch_of(*batch))
    extension = [rem(f"edges/{key}") for key in removed]
    assert msgspec.json.decode(applied.instructions) == batch + extension
    assert applied.extended == bool(removed)
    assert applied.edges.issuperset(removed)
    hold_together(workflow)
    lead_there_and_back(applied, FLOW, workflow.plain())


@pytest.mark.parametrize(
    "batch",
    [
        [to("nodes/a b", {})],
        [to("nodes/..", {})],
        [to("nodes/.", {})],
        [to("nodes/" + "x" * 129, {})],
        [to("nodes/é", {})],
        [to("nodes/n1\n", {})],
        [to("nodes/n1", 5)],
        [to("nodes/n1", [])],
        [to("nodes", {"a": 5})],
        [merge("nodes", {"a/b": {}})],
        [to("nodes/n1/posX", "left")],
        [to("nodes/n1/posY", None)],
        [to("nodes/n3/posX", True)],
        [merge("nodes/n3", {"posX": []})],
        [move("data/text", "nodes/n1/posX")],
        [to("edges/a b", edge("n1", "n2"))],
        [to("edges/e", 5)],
        [to("edges/e1", None)],
        [to("edges/e", {"source": "n1"})],
        [to("edges/e", edge("n1", ["n2"]))],
        [to("edges/e", edge("n1", {}))],
        [to("edges/e", edge("n1", None))],
        [to("edges/e1/target", "no")],
        [to("edges/e1/target", 5)],
        [rem("edges/e1/source")],
        [move("edges/e1/source", "data/x")],
        [{"o": 10, "p": ["edges", "e1", "source"], "v": "x"}],
        [to("edges/new", edge("n1", "n2")), rem("nodes/n1")],
        [rem("nodes/n1"), to("edges/new", edge("n1", "n2"))],
        [to("nodes/brief", {}), to("edges/e1/target", "brief"), rem("nodes/brief")],
        [move("edges/e1", "edges/new"), rem("nodes/n1")],
        [rem("nodes/n1"), to("edges/e1", 5)],
    ],
    ids=str,
)
def test_a_batch_that_breaks_the_graph_is_refused(batch: list[dict[str, Any]]) -> None:
    """GRAPH-KEY-1, GRAPH-NODE-1, GRAPH-EDGE-2"""
    refused = refusal(flow(), *batch)
    assert refused.code == GRAPH
    assert refused.index == (0 if len(batch) == 1 else None)


def test_what_breaks_the_graph_is_named() -> None:
    assert "n1" in refusal(flow(), to("nodes/n1/posX", "left")).message
    assert "e1" in refusal(flow(), to("edges/e1/target", "no")).message
    assert "a b" in refusal(flow(), to("edges/a b", {})).message


def test_a_graph_that_is_whole_again_at_the_end_of_a_batch_is_no_fault() -> None:
    workflow = flow()
    batch = to("edges/new", edge("n9", "n1")), to("nodes/n9", {}), to("edges/e1/target", "n9")
    assert not workflow.apply(batch_of(*batch)).extended
    hold_together(workflow)


def test_a_change_costs_the_same_in_a_small_and_in_a_large_workflow() -> None:
    def seconds(nodes: int) -> float:
        workflow = flow()
        more = {f"more{number}": {"posX": number} for number in range(nodes)}
        workflow.apply(batch_of(merge("nodes", more)))
        change = to("nodes/n3/posX", 5)
        return min(timeit.repeat(lambda: workflow.apply(batch_of(change)), number=10, repeat=100))

    assert seconds(10_000) < 10 * seconds(10)  # looking at all of them would make it thousands
