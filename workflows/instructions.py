"""The 19 instructions: what is one, what each does to a document in place, and what undoes it.

Documents are plain dicts and lists. What a workflow allows beyond that is for `workflows.document`
to say.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec import UNSET

from workflows import moves, operations, places, texts
from workflows.errors import Refused
from workflows.places import OBJ_MOVE, Effect, Instruction
from workflows.values import (
    DEFAULT_LIMITS,
    UNLIMITED,
    Json,
    Limits,
    check_path,
    whole_number,
)

__all__ = ["DEFAULT_LIMITS", "UNLIMITED", "Effect", "Instruction", "Limits", "apply", "prepare"]

Handler: TypeAlias = Callable[[dict[str, Json], Instruction, Limits], Effect]


class _Operation:
    """One row of the table: the handler, and which fields besides o and p its instructions have."""

    __slots__ = ("handler", "needed", "nothing", "spare", "spare_fields")

    def __init__(self, handler: Handler, needed: str = "", optional: str = "") -> None:
        self.handler = handler
        self.needed = tuple(needed)
        self.spare = tuple(field for field in "visrlftd" if field not in needed + optional)
        self.nothing = (UNSET,) * len(self.spare)
        self.spare_fields: Callable[[Instruction], tuple[Any, ...]] = attrgetter(*self.spare)

    def tidy(self, instruction: Instruction) -> None:
        """Drop the fields that mean nothing here. Raises Refused if one is missing."""
        for field in self.needed:
            if getattr(instruction, field) is UNSET:
                raise Refused("invalid_instruction", f"this instruction needs the field {field}")
        if self.spare_fields(instruction) != self.nothing:
            for field in self.spare:
                setattr(instruction, field, UNSET)


_OPERATIONS = {
    places.SET: _Operation(operations.set_value, "v"),
    places.REM: _Operation(operations.remove),
    places.ARR_ADD: _Operation(operations.append, "v"),
    places.ARR_INS: _Operation(operations.insert, "iv"),
    places.STR_REP: _Operation(texts.replace_first, "sr"),
    places.STR_REP_ALL: _Operation(texts.replace_all, "sr"),
    places.ARR_POP: _Operation(operations.pop),
    places.ARR_SHIFT: _Operation(operations.shift),
    places.ARR_UNSHIFT: _Operation(operations.prepend, "v"),
    places.STR_APP: _Operation(texts.append_text, "v"),
    places.STR_REM: _Operation(texts.remove_text, "il"),
    places.STR_REP_AT: _Operation(texts.replace_at, "ilv"),
    places.BOOL_TOG: _Operation(operations.toggle),
    places.ARR_REM_IDX: _Operation(operations.remove_index, "i"),
    places.DICT_MERGE: _Operation(operations.merge, "v"),
    places.STR_INS: _Operation(texts.insert_text, "iv", optional="t"),
    places.ARR_MOVE: _Operation(operations.move_element, "ft"),
    places.OBJ_MOVE: _Operation(moves.move_value, "d"),
    places.OBJ_INSERT: _Operation(moves.insert_value, "d", optional="i"),
}


def apply(root: dict[str, Json], instruction: Instruction, limits: Limits | None = None) -> Effect:
    """Apply one instruction in place; None stands for no limits.

    The instruction is brought to its normal form, and its values become part of the document: give
    each only once. Raises Refused, and then the document is as it was.
    """
    return prepare(instruction)(root, instruction, limits or UNLIMITED)


def prepare(instruction: Instruction) -> Handler:
    """What applies an instruction, which is brought to its normal form: no field without a meaning.

    The handler is for this instruction only, and raises Refused as `apply` does. Raises Refused if
    the instruction is none, wherever it would be applied.
    """
    number = whole_number(instruction.o)
    operation = None if number is None else _OPERATIONS.get(number)
    if number is None or operation is None:
        raise Refused("invalid_instruction", "o must be the number of an instruction, 1 to 19")
    instruction.o = number
    instruction.p = check_path(instruction.p, "p")
    operation.tidy(instruction)
    if number >= OBJ_MOVE:
        instruction.d = check_path(instruction.d, "d")
        if instruction.d[: len(instruction.p)] == instruction.p:
            raise Refused("invalid_instruction", "a value cannot be moved into itself; change d")
    return operation.handler
