"""What instructions are made of: fields, effects, and the places in a document they lead to."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET

from workflows.errors import Refused
from workflows.values import Json, array_index, shown, whole_number

SET: Final = 1
REM: Final = 2
ARR_ADD: Final = 3
ARR_INS: Final = 4
STR_REP: Final = 5
STR_REP_ALL: Final = 6
ARR_POP: Final = 7
ARR_SHIFT: Final = 8
ARR_UNSHIFT: Final = 9
STR_APP: Final = 10
STR_REM: Final = 11
STR_REP_AT: Final = 12
BOOL_TOG: Final = 13
ARR_REM_IDX: Final = 14
DICT_MERGE: Final = 15
STR_INS: Final = 16
ARR_MOVE: Final = 17
OBJ_MOVE: Final = 18
OBJ_INSERT: Final = 19

encode = msgspec.json.Encoder().encode


class Instruction(msgspec.Struct, omit_defaults=True, gc=False):
    """One instruction as it came: any JSON object is one; `prepare` says whether a good one."""

    o: Any = UNSET
    p: Any = UNSET
    v: Any = UNSET
    i: Any = UNSET
    s: Any = UNSET
    r: Any = UNSET
    l: Any = UNSET  # noqa: E741 - the name on the wire
    f: Any = UNSET
    t: Any = UNSET
    d: Any = UNSET


class Effect(msgspec.Struct, frozen=True):
    """What an instruction did.

    `inverse` undoes it when applied in order; it may share values with the document: encode it, or
    use it, before the next instruction. `size` is the change in bytes of JSON, `cost` the
    characters of text and array elements touched.
    """

    inverse: list[Instruction]
    size: int
    cost: int = 0


def weight(value: Json) -> int:
    """Bytes of JSON of a value."""
    return len(encode(value))


def value_at(root: Json, path: list[str]) -> Json:
    """The value at a path. Raises Refused if there is none."""
    value = root
    for key in path:
        if type(value) is not dict:
            value = value[index_in(value, key, path)]
        elif key in value:
            value = value[key]
        else:
            raise _missing(path)
    return value


def slot_at(root: Json, path: list[str]) -> tuple[Json, Any]:
    """The container, and the key or index in it, of the value at a path, which must exist."""
    container, key = value_at(root, path[:-1]), path[-1]
    if type(container) is not dict:
        return container, index_in(container, key, path)
    if key not in container:
        raise _missing(path)
    return container, key


def index_in(container: Json, key: str, path: list[str], beyond: int = 0) -> int:
    """Where `key` points to in what must be an array, or up to `beyond` past its end.

    Raises Refused.
    """
    if type(container) is not list:
        raise Refused(
            "type_mismatch", f"{shown(path)} leads through a value without keys; correct the path"
        )
    index = array_index(key)
    if index is None:
        raise Refused(
            "invalid_instruction", f"{shown(path)} leads through an array; give an index from 0 on"
        )
    if index >= len(container) + beyond:
        raise out_of_range(path, len(container))
    return index


def _missing(path: list[str]) -> Refused:
    return Refused("path_not_found", f"there is nothing at {shown(path)}; look at the newest state")


def out_of_range(path: list[str], length: int) -> Refused:
    """The refusal of a position in what has this length."""
    return Refused("index_out_of_range", f"{shown(path)}: the length is {length}; stay within it")


def entry_weight(container: Json, slot: Any) -> int:
    """Bytes of JSON of an entry besides its value, in the container as it is without the entry."""
    comma = 1 if container else 0
    return weight(slot) + 1 + comma if type(container) is dict else comma


def put(container: Json, path: list[str], value: Json, heavy: int) -> tuple[Instruction, int]:
    """Set the value at a path into its container; returns what undoes it, and the change in size.

    `heavy` is the value's weight, or 0 if it is in the document already. Raises Refused.
    """
    slot: Any = path[-1]
    if type(container) is not dict:
        slot = index_in(container, slot, path, beyond=1)
        if slot == len(container):
            size = heavy + entry_weight(container, slot)
            container.append(value)
            return Instruction(o=REM, p=path), size
    elif slot not in container:
        size = heavy + entry_weight(container, slot)
        container[slot] = value
        return Instruction(o=REM, p=path), size
    old = container[slot]
    container[slot] = value
    return Instruction(o=SET, p=path, v=old), heavy - weight(old)


def restoring(container: Json, path: list[str], slot: Any, value: Json) -> Instruction:
    """What puts a value back to the path it was taken from."""
    if type(container) is dict:
        return Instruction(o=SET, p=path, v=value)
    return Instruction(o=ARR_INS, p=path[:-1], i=slot, v=value)


def shifted(container: Json, slot: Any) -> int:
    """How many elements move when one is put in, or taken out, at this key or index."""
    return len(container) - slot if type(container) is list else 0


def not_a(kind: str, path: list[str]) -> Refused:
    """The refusal of a value of another kind than the instruction works on."""
    return Refused("type_mismatch", f"{shown(path)} is not {kind}; look at the newest state")


def number_in(instruction: Instruction, field: str) -> int:
    """The integer in a field. Raises Refused if it holds something else."""
    number = whole_number(getattr(instruction, field))
    if number is None:
        raise Refused("invalid_instruction", f"{field} must be an integer")
    return number


def array_at(root: dict[str, Json], path: list[str]) -> list[Json]:
    """The array at a path. Raises Refused if there is none."""
    array: Json = value_at(root, path)
    if type(array) is not list:
        raise not_a("an array", path)
    return array


def position_in(
    instruction: Instruction, field: str, length: int, *, first: int = 0, beyond: int = 0
) -> int:
    """The position in a field, from `first` to below `length + beyond`. Raises Refused."""
    number = number_in(instruction, field)
    if not first <= number < length + beyond:
        raise out_of_range(instruction.p, length)
    return number
