"""The operations that move a value from one place in the document to another.

Each applies a prepared instruction in place, returns what undoes it, and raises Refused with the
document as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET

from workflows.errors import Refused
from workflows.places import (
    OBJ_INSERT,
    OBJ_MOVE,
    REM,
    SET,
    Effect,
    Instruction,
    array_at,
    entry_weight,
    position_in,
    put,
    restoring,
    shifted,
    slot_at,
    value_at,
    weight,
)
from workflows.values import Json, Limits, check_depth

# Looking at a nested value costs about as much time as copying this many characters.
_VISIT: Final = 8


def move_value(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """OBJ_MOVE."""
    return _moved(root, instruction, limits, _placed)


def _placed(root: dict[str, Json], instruction: Instruction, source: Json, value: Json) -> Effect:
    path = instruction.d
    inverse, size = put(value_at(root, path[:-1]), path, value, 0)
    return Effect([inverse], size)


def insert_value(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """OBJ_INSERT."""
    return _moved(root, instruction, limits, _placed_within)


def _placed_within(
    root: dict[str, Json], instruction: Instruction, source: Json, value: Json
) -> Effect:
    array = array_at(root, instruction.d)
    index = len(array)
    if instruction.i is not UNSET:
        length = index + (array is source)
        index = min(position_in(instruction, "i", length, beyond=1), index)
    size, cost = entry_weight(array, index), shifted(array, index)
    array.insert(index, value)
    return Effect([Instruction(o=REM, p=[*instruction.d, str(index)])], size, cost)


def _moved(
    root: dict[str, Json],
    instruction: Instruction,
    limits: Limits,
    place: Callable[[dict[str, Json], Instruction, Json, Json], Effect],
) -> Effect:
    """Take the value at p out and have `place` put it to d; its effect undoes no more than that."""
    path = instruction.p
    source, slot = slot_at(root, path)
    value = source[slot]
    cost = _VISIT * _check_moved_depth(value, instruction, limits) + shifted(source, slot)
    del source[slot]
    size = entry_weight(source, slot)
    try:
        placed = place(root, instruction, source, value)
    except Refused:
        _put_back(source, slot, value)
        raise
    inverse = _way_back(root, path, source, slot, placed.inverse[0])
    if not inverse:
        inverse = [*placed.inverse, restoring(source, path, slot, value)]
        cost += weight(value)
    return Effect(inverse, placed.size - size, placed.cost + cost)


def _check_moved_depth(value: Json, instruction: Instruction, limits: Limits) -> int:
    """How many values had to be looked at to know that they are not nested too deeply at d."""
    levels = len(instruction.d) + (instruction.o == OBJ_INSERT)
    return check_depth(value, limits.depth - levels) if levels > len(instruction.p) else 0


def _put_back(source: Json, slot: Any, value: Json) -> None:
    if type(source) is dict:
        source[slot] = value
    else:
        source.insert(slot, value)


def _way_back(
    root: dict[str, Json], path: list[str], source: Json, slot: Any, unplace: Instruction
) -> list[Instruction]:
    """The instructions that move a value back to `path`; none where that takes carrying it.

    It does where the value lies on its own way back, and where something was replaced while array
    indexes mean other elements after the move back.
    """
    where, replaced = unplace.p, unplace.o == SET
    arrays = type(source) is list or type(value_at(root, where[:-1])) is list
    if where == path[: len(where)] or (replaced and arrays):
        return []
    if type(source) is dict:
        back = Instruction(o=OBJ_MOVE, p=where, d=path)
    else:
        back = Instruction(o=OBJ_INSERT, p=where, d=path[:-1], i=slot)
    return [back, unplace] if replaced else [back]
