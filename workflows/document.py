"""A workflow's document: what it may hold, and how a batch changes it, all or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from workflows.errors import Refused
from workflows.graph import RESERVED, Graph, Touched, check_reserved, ends_of, reserved
from workflows.instructions import (
    DEFAULT_LIMITS,
    UNLIMITED,
    Instruction,
    Limits,
    apply,
    prepare,
)
from workflows.parts import Part, pack, unpack, whole
from workflows.places import DICT_MERGE, OBJ_INSERT, OBJ_MOVE, REM, SET, encode, value_at
from workflows.values import Json, check_key, check_value

#: What a document consists of: the types each field may have.
_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "name": (str,),
    "category": (str, type(None)),
    "description": (str, type(None)),
    "data": (dict,),
    "nodes": (dict,),
    "edges": (dict,),
}
_NAMES: Final = {str: "a text", dict: "an object", type(None): "null"}
_GRAPH: Final = frozenset({"nodes", "edges"})
_MOVES: Final = frozenset({OBJ_MOVE, OBJ_INSERT})
_ALTERING_THE_TOP: Final = frozenset({REM, *_MOVES})

_decode = msgspec.json.Decoder().decode
_decode_groups = msgspec.json.Decoder(list[list[Instruction]]).decode


class Applied(msgspec.Struct, frozen=True):
    """What a batch did.

    `instructions` is a JSON array: what was applied, `extended` by the removals of edges that lost
    an end. `inverse` is one of arrays: instructions that undo it, one after the other, in groups of
    which none may be left out alone. The rest says what was touched: fields of the document other
    than nodes and edges, and the keys of nodes and edges.
    """

    instructions: bytes
    inverse: bytes
    extended: bool
    fields: frozenset[str]
    nodes: frozenset[str]
    edges: frozenset[str]


class Workflow:
    """One document, in place: `root`, its `size` in bytes of JSON, and the `graph` it describes.

    Nodes and edges are packed in `root` until a batch touches them, and again by `rest`.
    """

    __slots__ = ("graph", "limits", "root", "size")

    def __init__(
        self, root: dict[str, Json], limits: Limits = DEFAULT_LIMITS, *, stored: bool = False
    ) -> None:
        """Take over a whole document; `stored`: it was accepted before, perhaps under other limits.

        Its nodes and edges may be packed. Raises Refused if it breaks a rule.
        """
        bounds = UNLIMITED if stored else limits
        _check_document(root, bounds)
        self.root = root
        self.limits = limits
        self.graph = Graph(root)
        for field in _GRAPH:
            root[field] = {key: pack(part) for key, part in root[field].items()}
        self.size = len(self.encode())
        _check_growth(self.size, self.size, bounds)

    def apply(self, instructions: Sequence[Instruction]) -> Applied:
        """Apply a batch. Raises Refused, and then the document is as it was.

        The values of the instructions become part of the document: give each instruction only once.
        """
        return self._run(instructions, self.limits)

    def replay(self, instructions: Sequence[Instruction]) -> Applied:
        """Apply a batch that was accepted before, perhaps under other limits. Raises Refused."""
        return self._run(instructions, UNLIMITED)

    def encode(self) -> bytes:
        """The document as JSON."""
        return encode(self.root | {field: whole(self.root[field]) for field in _GRAPH})

    def plain(self) -> dict[str, Json]:
        """The document as values of its own, nothing packed."""
        plain: dict[str, Json] = _decode(self.encode())
        return plain

    def at(self, path: list[str]) -> Json:
        """The value at a path; what is packed stays so. Raises Refused if there is none."""
        field, *inner = path
        if field not in _GRAPH or not inner:
            return value_at(self.root, path)
        part = self.root[field].get(inner[0])
        return value_at({} if part is None else {inner[0]: unpack(part)}, inner)

    def rest(self, field: str, key: str) -> bytes | None:
        """Pack a node or an edge, until it is touched again; None if there is none."""
        parts = self.root[field]
        if key not in parts:
            return None
        parts[key] = packed = pack(parts[key])
        return packed

    def _run(self, instructions: Sequence[Instruction], limits: Limits) -> Applied:
        batch = _Batch(self.root, limits)
        # What only shows at the end of a batch is the fault of one instruction if there is but one.
        at_fault = only = 0 if len(instructions) == 1 else None
        try:
            for index, instruction in enumerate(instructions):
                at_fault = index
                batch.step(instruction)
            at_fault = only
            for key in self.graph.dangling(self.root, batch.touched):
                batch.step(Instruction(o=REM, p=["edges", key]))
            _check_growth(batch.size, self.size + batch.size, limits)
        except Refused as refused:
            batch.roll_back()
            raise Refused(refused.code, refused.message, at_fault) from None
        self.graph.update(self.root, batch.touched)
        self.size += batch.size
        return batch.applied(len(instructions))


class _Batch:
    """A batch under way: what it has done, touched and unpacked so far."""

    __slots__ = ("cost", "done", "inverses", "limits", "packed", "root", "size", "touched")

    def __init__(self, root: dict[str, Json], limits: Limits) -> None:
        self.root = root
        self.limits = limits
        self.size = self.cost = 0
        # Encoded at once, because later instructions may change the same values.
        self.done: list[bytes] = []
        self.inverses: list[bytes] = []
        self.touched = Touched()
        self.packed: list[tuple[str, str, bytes]] = []

    def step(self, instruction: Instruction) -> None:
        """Apply the next instruction. Raises Refused."""
        perform = prepare(instruction)
        self._admit(instruction)
        effect = perform(self.root, instruction, self.limits)
        groups = [effect.inverse] if instruction.o in _MOVES else [[i] for i in effect.inverse]
        self.inverses.append(encode(groups)[1:-1])
        self.done.append(encode(instruction))
        self.size += effect.size
        self.cost += effect.cost
        if self.cost > self.limits.batch:
            raise Refused("too_large", "this batch changes too much text and too many elements")

    def roll_back(self) -> None:
        """Undo all that was done."""
        for group in _decode_groups(self._inverse()):
            for instruction in group:
                apply(self.root, instruction)
        for field, key, packed in self.packed:
            self.root[field][key] = packed

    def applied(self, asked: int) -> Applied:
        """What was done, of a batch that had so many instructions when it was asked for."""
        return Applied(
            b"[" + b",".join(self.done) + b"]",
            self._inverse(),
            len(self.done) > asked,
            frozenset(self.touched.fields),
            frozenset(self.touched.nodes),
            frozenset(self.touched.edges),
        )

    def _inverse(self) -> bytes:
        return b"[" + b",".join(reversed(self.inverses)) + b"]"

    def _admit(self, instruction: Instruction) -> None:
        """Note what the instruction touches. Raises Refused if a document has no place for that."""
        path = instruction.p
        self._touch(path)
        if len(path) == 1:
            self._admit_at_top(instruction)
        elif len(path) == 2 and path[0] in _GRAPH and instruction.o in (SET, DICT_MERGE):
            check_reserved(instruction.v)
        if instruction.o in _MOVES:
            self._admit_destination(instruction)

    def _touch(self, path: list[str]) -> None:
        field = path[0]
        if field not in _FIELDS:
            raise Refused(
                "invalid_instruction", f"a workflow has no such field; it has {', '.join(_FIELDS)}"
            )
        if field not in _GRAPH:
            self.touched.fields.add(field)
        elif len(path) > 1:
            self._touch_part(field, path[1])
            if len(path) > 2 and path[2] in RESERVED:
                raise reserved(path[2])

    def _touch_part(self, field: str, key: str) -> None:
        """Note how a node or an edge was before the batch, and unpack it."""
        if key in (self.touched.nodes if field == "nodes" else self.touched.edges):
            return
        part = self.root[field].get(key)
        if type(part) is bytes:
            self.packed.append((field, key, part))
            self.root[field][key] = part = unpack(part)
        if field == "nodes":
            self.touched.nodes[key] = part is not None
        else:
            self.touched.edges[key] = None if part is None else ends_of(part)

    def _admit_at_top(self, instruction: Instruction) -> None:
        field, value = instruction.p[0], instruction.v
        if instruction.o in _ALTERING_THE_TOP:
            raise Refused("invalid_instruction", f"{field} itself can only be set")
        if instruction.o in (SET, DICT_MERGE):
            _check_field(field, value)
            if instruction.o == DICT_MERGE and dict not in _FIELDS[field]:
                raise Refused("invalid_instruction", f"{field} is no object to merge into")
            if field in _GRAPH:
                self._admit_entries(instruction.o, field, value)

    def _admit_entries(self, o: int, field: str, entries: dict[str, Json]) -> None:
        for key in (*entries, *self.root[field]) if o == SET else entries:
            self._touch_part(field, key)
        for entry in entries.values():
            check_reserved(entry)

    def _admit_destination(self, instruction: Instruction) -> None:
        path = instruction.d
        self._touch(path)
        if len(path) == 1:
            raise Refused("invalid_instruction", f"nothing can be moved to {path[0]} itself")
        if len(path) == 2 and path[0] in _GRAPH:
            check_reserved(value_at(self.root, instruction.p))


def _check_field(field: str, value: Any) -> None:
    if type(value) not in _FIELDS[field]:
        raise Refused(
            "invalid_instruction",
            f"{field} must be {' or '.join(_NAMES[kind] for kind in _FIELDS[field])}",
        )


def _check_document(root: Json, limits: Limits) -> None:
    if type(root) is not dict or root.keys() != _FIELDS.keys():
        raise Refused(
            "invalid_instruction", f"a workflow has exactly the fields {', '.join(_FIELDS)}"
        )
    for field, value in root.items():
        _check_field(field, value)
        if field in _GRAPH:
            _check_parts(value, limits)
        else:
            check_value(value, limits.depth - 1, limits.text)


def _check_parts(parts: dict[str, Part], limits: Limits) -> None:
    for key, part in parts.items():
        value = unpack(part)
        check_key(key)
        check_value(value, limits.depth - 2, limits.text)
        check_reserved(value)


def _check_growth(growth: int, size: int, limits: Limits) -> None:
    if growth > 0 and size > limits.workflow:
        raise Refused(
            "too_large",
            f"a workflow may have {limits.workflow} bytes at most; remove something, or split it",
        )
