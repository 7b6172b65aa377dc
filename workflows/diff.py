"""From one document to another: the smallest instructions that lead there."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.parts import pack, unpack
from workflows.places import REM, SET, Instruction, encode
from workflows.values import Json


def difference(before: dict[str, Json], after: dict[str, Json]) -> list[Instruction]:
    """The REM and SET by key that make `before` into `after`, as one batch.

    Objects are compared key by key; lists and other values are set whole. Nothing is there for what
    is equal as JSON: 1 and 1.0 are, true and 1 are not. Nodes and edges of `before` may be packed.
    The instructions hold values of `after`.
    """
    return list(_changes([], before, after))


def _changes(
    path: list[str], before: dict[str, Json], after: dict[str, Json]
) -> Iterator[Instruction]:
    for key in before:
        if key not in after:
            yield Instruction(o=REM, p=[*path, key])
    for key, value in after.items():
        here = [*path, key]
        if key not in before:
            yield Instruction(o=SET, p=here, v=value)
        # Most nodes of a big workflow are as they were, and bytes are compared fastest.
        elif len(path) != 1 or pack(before[key]) != encode(value):
            yield from _change(here, unpack(before[key]), value)


def _change(path: list[str], before: Json, after: Json) -> Iterator[Instruction]:
    if type(before) is dict and type(after) is dict:
        yield from _changes(path, before, after)
    elif not same(before, after):
        yield Instruction(o=SET, p=path, v=after)


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal as JSON."""
    if type(one) is dict and type(other) is dict:
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and (type(one) is bool) == (type(other) is bool)
