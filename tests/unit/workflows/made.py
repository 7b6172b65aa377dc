"""Documents, instructions and batches as hypothesis makes them, and how they are compared."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from workflows.document import Workflow
from workflows.instructions import Instruction
from workflows.places import Effect

KEYS = ("a", "b", "é👍", "0", "1", "posX", "label", "source", "_key")
TEXTS = st.text('ab 👍é"\\\n\x7f', max_size=6)
NUMBERS = st.integers(-3, 3) | st.sampled_from([2**53, -(2**53), 0.5, -0.0, 1e20, 1.0])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
FLAT = SCALARS | st.lists(SCALARS, max_size=3)
VALUES = (
    SCALARS
    | st.lists(FLAT, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), FLAT, max_size=2)
    | st.fixed_dictionaries({"a": st.dictionaries(st.sampled_from(KEYS), FLAT, max_size=2)})
)
DOCUMENTS = st.fixed_dictionaries(
    {"list": st.lists(VALUES, max_size=3), "text": TEXTS, "flag": st.booleans()},
    optional=dict.fromkeys(("a", "b", "_key", "é👍"), VALUES),
)
NODE_KEYS = ("n0", "n1", "n2")
EDGE_KEYS = ("e0", "e1", "e2", "e3")


def exactly(value: Any) -> str:
    """A JSON value as text that is the same only for the same value; keys have no order."""
    return json.dumps(value, sort_keys=True)


def plain(value: Any) -> str:
    """As `exactly`, but 1.0 is 1."""
    return exactly(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def instruction(fields: dict[str, Any]) -> Instruction:
    """An instruction as it comes from the wire: sharing nothing with what it was made of."""
    return msgspec.json.decode(json.dumps(fields), type=Instruction)


def apart(effect: Effect) -> list[Instruction]:
    """The inverse, sharing nothing with the document."""
    return msgspec.json.decode(msgspec.json.encode(effect.inverse), type=list[Instruction])


def decoded(instructions: bytes) -> list[Instruction]:
    """The instructions of a JSON array."""
    return msgspec.json.decode(instructions, type=list[Instruction])


#: The fields each operation needs, and the type of value it works on, where that matters.
NEEDS: dict[int, tuple[str, type]] = {
    **{1: ("v", object), 2: ("", object), 13: ("", bool), 15: ("v", dict)},
    **{3: ("v", list), 4: ("iv", list), 7: ("", list), 8: ("", list), 9: ("v", list)},
    **{14: ("i", list), 17: ("ft", list), 18: ("d", object), 19: ("d", object)},
    **{5: ("sr", str), 6: ("sr", str), 10: ("v", str), 11: ("il", str), 12: ("ilv", str)},
    16: ("iv", str),
}
POSITIONS = st.integers(0, 4)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "v": VALUES,
    "s": st.sampled_from(["a", "👍", "ab", "é"]),
    "r": TEXTS,
    **dict.fromkeys("ilft", POSITIONS),
}


def places_in(value: Any) -> list[tuple[list[str], Any]]:
    """Every path within a value with what is there, and for each container a path that is new."""
    if isinstance(value, dict):
        entries, places = list(value.items()), [(["new"], None)]
    elif isinstance(value, list):
        entries, places = [*zip(map(str, range(len(value))), value, strict=True)], []
        places.append(([str(len(value))], None))
    else:
        return []
    for key, each in entries:
        places.append(([key], each))
        places += [([key, *path], within) for path, within in places_in(each)]
    return places


@st.composite
def instructions_on(draw: st.DrawFn, root: dict[str, Any]) -> dict[str, Any]:
    """Instructions that lead to places of this document, mostly such as can be applied."""
    o = draw(st.sampled_from(sorted(NEEDS)))
    fields, kind = NEEDS[o]
    places = places_in(root)
    fitting = [path for path, value in places if isinstance(value, kind)]
    paths = st.sampled_from([path for path, _ in places])
    arrays = [path for path, value in places if isinstance(value, list)]
    made = {"o": o, "p": draw(st.sampled_from(fitting) if fitting else paths)}
    for field in fields.replace("d", ""):
        made[field] = draw(TEXTS if field == "v" and kind is str else FIELDS[field])
    if "d" in fields:
        made["d"] = draw(st.sampled_from(arrays) if o == 19 and arrays else paths)
    if o == 15:
        made["v"] = draw(st.dictionaries(st.sampled_from(KEYS), FLAT, max_size=3))
    optional = {16: "t", 19: "i"}.get(o)
    if optional and draw(st.booleans()):
        made[optional] = draw(POSITIONS)
    return made


def edges_between(nodes: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Edges of these nodes."""
    ends = st.sampled_from(nodes)
    edge = st.fixed_dictionaries({"source": ends, "target": ends}, optional={"label": VALUES})
    return st.dictionaries(st.sampled_from(EDGE_KEYS), edge, max_size=4)


@st.composite
def roots(draw: st.DrawFn) -> dict[str, Any]:
    """Whole documents of workflows."""
    node = st.fixed_dictionaries({}, optional={"posX": NUMBERS, "label": VALUES, "a": VALUES})
    nodes = draw(st.dictionaries(st.sampled_from(NODE_KEYS), node, min_size=1, max_size=3))
    return {
        "name": draw(TEXTS),
        "category": draw(st.none() | TEXTS),
        "description": None,
        "data": draw(DOCUMENTS),
        "nodes": nodes,
        "edges": draw(edges_between(sorted(nodes))),
    }


def index(workflow: Workflow) -> dict[str, frozenset[str]]:
    """What a workflow knows about its graph."""
    return {key: frozenset(edges) for key, edges in workflow.graph.incident.items()}


def changes_of(root: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Instructions on this workflow's document, many of them on its graph."""
    nodes, edges = st.sampled_from(NODE_KEYS), st.sampled_from(EDGE_KEYS)
    node, edge = st.tuples(st.just("nodes"), nodes), st.tuples(st.just("edges"), edges)
    end = st.tuples(st.just("edges"), edges, st.sampled_from(["source", "target"]))
    whole = st.fixed_dictionaries({"source": nodes, "target": nodes})
    some = st.tuples(
        st.just(["nodes"]), st.dictionaries(nodes, st.just({"posX": 1}), max_size=3)
    ) | st.tuples(st.just(["edges"]), st.dictionaries(edges, whole, max_size=3))
    inside = st.sampled_from([("data", "a"), ("data", "list", "0")])
    on_graph = st.one_of(
        st.builds(lambda o, of: {"o": o, "p": of[0], "v": of[1]}, st.sampled_from([1, 15]), some),
        st.fixed_dictionaries({"o": st.just(18), "p": node | edge | inside, "d": node | edge}),
        st.fixed_dictionaries({"o": st.just(18), "p": node | edge, "d": inside}),
        st.fixed_dictionaries({"o": st.just(19), "p": node, "d": st.just(("data", "list"))}),
        st.fixed_dictionaries({"o": st.just(2), "p": node | edge}),
        st.fixed_dictionaries({"o": st.just(1), "p": node, "v": st.just({"posX": 1})}),
        st.fixed_dictionaries({"o": st.just(1), "p": edge, "v": whole}),
        st.fixed_dictionaries({"o": st.just(1), "p": end, "v": nodes}),
    )
    return instructions_on(root) | on_graph
