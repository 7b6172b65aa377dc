"""The rules of nodes and edges, and the index that judges a batch by what it touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from workflows.errors import Refused
from workflows.parts import Part, unpack
from workflows.values import Json, quoted

#: Fields that belong to the store, on the first level of a node or edge.
RESERVED = ("_key", "_id", "_rev", "_from", "_to")
_KEY = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_\-:.@]{1,128}", re.ASCII)
#: Source and target of an edge.
Ends: TypeAlias = tuple[str, str]
#: Edges of one node from which on they are a set: below, a tuple takes a third of the memory.
_MANY = 16


def check_reserved(value: Json) -> None:
    """Raises Refused if what is to be a node or an edge sets a field of the store."""
    if type(value) is dict:
        for field in RESERVED:
            if field in value:
                raise reserved(field)


def reserved(field: str) -> Refused:
    """The refusal to write a field of the store."""
    return Refused("invalid_instruction", f"{field} is the server's; leave it out")


def ends_of(edge: Json) -> Ends:
    """Source and target of an edge that was judged."""
    return edge["source"], edge["target"]


class Touched:
    """What a batch has touched: fields of the document other than nodes and edges; for each such
    node, whether it was there before; for each such edge, where it hung before, if it was there.
    """

    __slots__ = ("edges", "fields", "nodes")

    def __init__(self) -> None:
        self.fields: set[str] = set()
        self.nodes: dict[str, bool] = {}
        self.edges: dict[str, Ends | None] = {}


class Graph:
    """Which edges each node of a document has, as of its last batch: `incident`, by node key, for
    nodes that have some.
    """

    __slots__ = ("incident",)

    def __init__(self, root: Mapping[str, Json]) -> None:
        """Index a whole document. Raises Refused if it breaks a rule."""
        self.incident: dict[str, tuple[str, ...] | set[str]] = {}
        nodes: Mapping[str, Part] = root["nodes"]
        for key, node in nodes.items():
            _check_node(key, unpack(node))
        # One text stands for a node wherever it is named.
        names = {key: key for key in nodes}
        for key, part in root["edges"].items():
            edge = unpack(part)
            _check_entry("edge", key, edge)
            if _missing(edge, nodes):
                raise _dangles(key)
            for end in ends_of(edge):
                self._hang(names[end], key)

    def dangling(self, root: Mapping[str, Json], touched: Touched) -> list[str]:
        """Judge a document in which parts were touched since the index was made.

        Returns the keys of the edges that lost an end and must go, ascending. Raises Refused for
        everything else that breaks a rule.
        """
        nodes, edges, doubtful = root["nodes"], root["edges"], set(touched.edges)
        for key in touched.nodes:
            if key in nodes:
                _check_node(key, unpack(nodes[key]))
            else:
                doubtful.update(self.incident.get(key, ()))
        return sorted(
            [
                key
                for key in doubtful
                if key in edges and _lost_an_end(key, unpack(edges[key]), nodes, touched)
            ]
        )

    def update(self, root: Mapping[str, Json], touched: Touched) -> None:
        """Index a judged document in which parts were touched."""
        edges = root["edges"]
        for key, before in touched.edges.items():
            for end in before or ():
                self._unhang(end, key)
            if key in edges:
                for end in ends_of(unpack(edges[key])):
                    self._hang(end, key)

    def _hang(self, end: str, key: str) -> None:
        edges = self.incident.get(end, ())
        if isinstance(edges, set):
            edges.add(key)
        elif key not in edges:
            more = (*edges, key)
            self.incident[end] = more if len(more) < _MANY else set(more)

    def _unhang(self, end: str, key: str) -> None:
        edges = self.incident.get(end, ())
        if isinstance(edges, set):
            edges.discard(key)
        else:
            self.incident[end] = edges = tuple(each for each in edges if each != key)
        if not edges:
            self.incident.pop(end, None)


def _lost_an_end(key: str, edge: Json, nodes: Mapping[str, Part], touched: Touched) -> bool:
    """Whether the edge was there before, and a node was taken from it. Raises Refused."""
    _check_entry("edge", key, edge)
    missing = _missing(edge, nodes)
    if not missing:
        return False
    # What named a node before and names none now was touched.
    taken = any(type(end) is str and touched.nodes.get(end, False) for end in missing)
    if taken and touched.edges.get(key, ()) is not None:
        return True
    raise _dangles(key)


def _missing(edge: dict[str, Json], nodes: Mapping[str, Part]) -> list[Json]:
    """The ends of the edge that name no node."""
    ends = edge.get("source"), edge.get("target")
    return [end for end in ends if type(end) is not str or end not in nodes]


def _dangles(key: str) -> Refused:
    return Refused(
        "invalid_graph", f"source and target of the edge {key} must be keys of existing nodes"
    )


def _check_entry(kind: str, key: str, value: Json) -> None:
    if not _KEY.fullmatch(key):
        raise Refused(
            "invalid_graph",
            f"the {kind} key {quoted(key)} must be 1 to 128 of A–Z a–z 0–9 _ - : . @",
        )
    if type(value) is not dict:
        raise Refused("invalid_graph", f"the {kind} {key} must be an object")


def _check_node(key: str, node: Json) -> None:
    _check_entry("node", key, node)
    for field in ("posX", "posY"):
        if field in node and type(node[field]) not in (int, float):
            raise Refused("invalid_graph", f"{field} of the node {key} must be a number")
