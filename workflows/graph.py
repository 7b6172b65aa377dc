"""The rules of nodes and edges, and the index that judges a batch by what it touched."""

from __future__ import annotations

import re
from collections.abc import Collection

from workflows.errors import Refused
from workflows.values import Json, quoted

#: Fields that belong to the store, on the first level of a node or edge.
RESERVED = ("_key", "_id", "_rev", "_from", "_to")
_NONE: frozenset[str] = frozenset()
_KEY = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_\-:.@]{1,128}", re.ASCII)


def check_reserved(value: Json) -> None:
    """Raises Refused if what is to be a node or an edge sets a field of the store."""
    if type(value) is dict:
        for field in RESERVED:
            if field in value:
                raise reserved(field)


def reserved(field: str) -> Refused:
    """The refusal to write a field of the store."""
    return Refused("invalid_instruction", f"{field} is the server's; leave it out")


class Graph:
    """Which nodes and edges a document has, and how they hang together, as of its last batch.

    `nodes`: the keys of all nodes; `ends`: source and target by edge key; `incident`: by node key
    the keys of its edges, where it has some.
    """

    __slots__ = ("ends", "incident", "nodes")

    def __init__(self, root: dict[str, Json]) -> None:
        """Index a whole document. Raises Refused if it breaks a rule."""
        self.nodes: set[str] = set()
        self.ends: dict[str, tuple[str, str]] = {}
        self.incident: dict[str, set[str]] = {}
        nodes, edges = root["nodes"].keys(), root["edges"].keys()
        self.dangling(root, nodes, edges)
        self.update(root, nodes, edges)

    def dangling(
        self, root: dict[str, Json], nodes: Collection[str], edges: Collection[str]
    ) -> list[str]:
        """Judge a document in which these nodes and edges were touched since the index was made.

        Returns the keys of the edges that lost an end and must go, ascending. Raises Refused for
        everything else that breaks a rule.
        """
        present, doubtful = root["nodes"], set(edges)
        for key in nodes:
            if key in present:
                _check_node(key, present[key])
            else:
                doubtful |= self.incident.get(key, _NONE)
        return sorted(
            key
            for key in doubtful
            if key in root["edges"] and not self._hangs(key, root["edges"][key], present)
        )

    def _hangs(self, key: str, edge: Json, present: dict[str, Json]) -> bool:
        """Whether the edge has both ends; False if it had them and a node was taken from it."""
        _check_entry("edge", key, edge)
        ends = edge.get("source"), edge.get("target")
        missing = [end for end in ends if type(end) is not str or end not in present]
        if not missing:
            return True
        if key in self.ends and any(type(end) is str and end in self.nodes for end in missing):
            return False
        raise Refused(
            "invalid_graph", f"source and target of the edge {key} must be keys of existing nodes"
        )

    def update(self, root: dict[str, Json], nodes: Collection[str], edges: Collection[str]) -> None:
        """Index a judged document in which these nodes and edges were touched."""
        for key in edges:
            for end in self.ends.pop(key, ()):
                self._unhang(end, key)
            edge = root["edges"].get(key)
            if edge is not None:
                self.ends[key] = ends = edge["source"], edge["target"]
                for end in ends:
                    self.incident.setdefault(end, set()).add(key)
        for key in nodes:
            if key in root["nodes"]:
                self.nodes.add(key)
            else:
                self.nodes.discard(key)

    def _unhang(self, end: str, key: str) -> None:
        edges = self.incident.get(end, set())
        edges.discard(key)
        if not edges:
            self.incident.pop(end, None)


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
