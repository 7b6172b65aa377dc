"""The operations on values and arrays: each applies a prepared instruction in place.

Each returns what undoes it, and raises Refused before it has changed anything.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from workflows.errors import Refused
from workflows.places import (
    ARR_MOVE,
    BOOL_TOG,
    DICT_MERGE,
    REM,
    SET,
    Effect,
    Instruction,
    array_at,
    entry_weight,
    index_in,
    not_a,
    out_of_range,
    position_in,
    put,
    restoring,
    shifted,
    slot_at,
    value_at,
    weight,
)
from workflows.values import Json, Limits, check_value


def set_value(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """SET."""
    path, value = instruction.p, instruction.v
    check_value(value, limits.depth - len(path), limits.text)
    inverse, size = put(value_at(root, path[:-1]), path, value, weight(value))
    return Effect([inverse], size)


def remove(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """REM."""
    path = instruction.p
    container, slot = slot_at(root, path)
    return _taken(container, path, slot)


def _taken(container: Json, path: list[str], slot: Any) -> Effect:
    cost, value = shifted(container, slot), container.pop(slot)
    size = weight(value) + entry_weight(container, slot)
    return Effect([restoring(container, path, slot, value)], -size, cost)


def merge(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """DICT_MERGE."""
    path, value = instruction.p, instruction.v
    if type(value) is not dict:
        raise Refused("invalid_instruction", "v must be an object")
    check_value(value, limits.depth - len(path), limits.text)
    container = value_at(root, path[:-1])
    target = _existing(container, path)
    if type(target) is not dict:
        undone, size = put(container, path, dict(value), weight(value))
        return Effect([undone], size)
    if not value:
        return Effect([Instruction(o=DICT_MERGE, p=path, v={})], 0)
    replaced = {key: target[key] for key in value if key in target}
    # An object's entries without its braces; those that come to others bring a comma.
    size = weight(value) - (weight(replaced) if replaced else 1 if target else 2)
    inverse = [_unmerged([*path, key], replaced.get(key, UNSET)) for key in value]
    target.update(value)
    return Effect(inverse, size)


def _unmerged(path: list[str], old: Json) -> Instruction:
    return Instruction(o=REM, p=path) if old is UNSET else Instruction(o=SET, p=path, v=old)


def _existing(container: Json, path: list[str]) -> Json:
    """What is at a path that SET may write, or None."""
    if type(container) is dict:
        return container.get(path[-1])
    index = index_in(container, path[-1], path, beyond=1)
    return container[index] if index < len(container) else None


def toggle(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """BOOL_TOG."""
    container, slot = slot_at(root, instruction.p)
    value = container[slot]
    if type(value) is not bool:
        raise not_a("true or false", instruction.p)
    container[slot] = not value
    return Effect([Instruction(o=BOOL_TOG, p=instruction.p)], 1 if value else -1)


def append(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_ADD."""
    array = _receiving(root, instruction, limits)
    return _inserted(array, instruction, len(array))


def insert(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_INS."""
    array = _receiving(root, instruction, limits)
    return _inserted(array, instruction, position_in(instruction, "i", len(array), beyond=1))


def prepend(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_UNSHIFT."""
    return _inserted(_receiving(root, instruction, limits), instruction, 0)


def _receiving(root: dict[str, Json], instruction: Instruction, limits: Limits) -> list[Json]:
    check_value(instruction.v, limits.depth - len(instruction.p) - 1, limits.text)
    return array_at(root, instruction.p)


def _inserted(array: list[Json], instruction: Instruction, index: int) -> Effect:
    cost, size = shifted(array, index), entry_weight(array, index) + weight(instruction.v)
    array.insert(index, instruction.v)
    return Effect([Instruction(o=REM, p=[*instruction.p, str(index)])], size, cost)


def pop(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_POP."""
    array = _filled(root, instruction)
    return _element_taken(array, instruction, len(array) - 1)


def shift(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_SHIFT."""
    return _element_taken(_filled(root, instruction), instruction, 0)


def remove_index(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_REM_IDX."""
    array = array_at(root, instruction.p)
    return _element_taken(array, instruction, position_in(instruction, "i", len(array)))


def _filled(root: dict[str, Json], instruction: Instruction) -> list[Json]:
    array = array_at(root, instruction.p)
    if not array:
        raise out_of_range(instruction.p, 0)
    return array


def _element_taken(array: list[Json], instruction: Instruction, index: int) -> Effect:
    return _taken(array, [*instruction.p, str(index)], index)


def move_element(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """ARR_MOVE."""
    path, array = instruction.p, array_at(root, instruction.p)
    source = position_in(instruction, "f", len(array))
    target = min(position_in(instruction, "t", len(array), beyond=1), len(array) - 1)
    array.insert(target, array.pop(source))
    inverse = Instruction(o=ARR_MOVE, p=path, f=target, t=source)
    return Effect([inverse], 0, len(array) - min(source, target))
