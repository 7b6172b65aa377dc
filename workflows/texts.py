"""The operations on texts: each applies a prepared instruction in place.

Positions count UTF-16 units. Each returns what undoes it, and raises Refused before it has changed
anything.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from workflows.errors import Refused
from workflows.places import (
    SET,
    STR_INS,
    Effect,
    Instruction,
    not_a,
    position_in,
    slot_at,
    weight,
)
from workflows.units import Units, units
from workflows.values import SAFE_INTEGER, Json, Limits, check_size, check_text, utf8_length


def _text(
    root: dict[str, Json], instruction: Instruction, limits: Limits, *fields: str
) -> tuple[Json, Any, str]:
    """Where the text is, and the text; those fields of the instruction must be texts too."""
    for field in fields:
        check_text(getattr(instruction, field), limits.text, field)
    container, slot = slot_at(root, instruction.p)
    text = container[slot]
    if type(text) is not str:
        raise not_a("a text", instruction.p)
    return container, slot, text


def _spliced(
    place: tuple[Json, Any, str],
    instruction: Instruction,
    limits: Limits,
    parts: tuple[str, str, str],
    start: int,
    inserted: str,
) -> Effect:
    """Replace the middle one of the parts, which begins at the unit `start`."""
    container, slot, old = place
    before, removed, after = parts
    text = before + inserted + after
    check_size(utf8_length(text), limits.text)
    container[slot] = text
    end = start + units(inserted) if inserted else UNSET
    inverse = Instruction(o=STR_INS, p=instruction.p, i=start, v=removed, t=end)
    return Effect([inverse], weight(inserted) - weight(removed), len(old) + len(inserted))


def replace_first(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """STR_REP."""
    place = _text(root, instruction, limits, "s", "r")
    before, found, after = place[2].partition(_searched(instruction))
    if not found:
        return _unchanged(instruction, place[2])
    parts = before, found, after
    return _spliced(place, instruction, limits, parts, units(before), instruction.r)


def replace_all(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """STR_REP_ALL."""
    container, slot, old = _text(root, instruction, limits, "s", "r")
    searched, instead = _searched(instruction), instruction.r
    count = old.count(searched)
    if not count:
        return _unchanged(instruction, old)
    # Judged before it is built: a short instruction could make a text that fills the memory.
    growth = utf8_length(instead) - utf8_length(searched)
    check_size(utf8_length(old) + count * growth, limits.text)
    text = container[slot] = old.replace(searched, instead)
    inverse = Instruction(o=SET, p=instruction.p, v=old)
    size = count * (weight(instead) - weight(searched))
    return Effect([inverse], size, len(old) + len(text))


def _searched(instruction: Instruction) -> str:
    searched: str = instruction.s
    if not searched:
        raise Refused("invalid_instruction", "s must not be empty; say what to replace")
    return searched


def _unchanged(instruction: Instruction, text: str) -> Effect:
    return Effect([Instruction(o=STR_INS, p=instruction.p, i=0, v="")], 0, len(text))


def append_text(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """STR_APP."""
    place = _text(root, instruction, limits, "v")
    text = place[2]
    return _spliced(place, instruction, limits, (text, "", ""), units(text), instruction.v)


def remove_text(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """STR_REM."""
    return _replaced_at(root, instruction, limits, _text(root, instruction, limits), "")


def replace_at(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """STR_REP_AT."""
    place = _text(root, instruction, limits, "v")
    return _replaced_at(root, instruction, limits, place, instruction.v)


def _replaced_at(
    root: dict[str, Json],
    instruction: Instruction,
    limits: Limits,
    place: tuple[Json, Any, str],
    inserted: str,
) -> Effect:
    text = Units(place[2])
    start = position_in(instruction, "i", text.length)
    end = min(start + position_in(instruction, "l", SAFE_INTEGER), text.length)
    return _spliced(place, instruction, limits, text.cut(start, end), start, inserted)


def insert_text(root: dict[str, Json], instruction: Instruction, limits: Limits) -> Effect:
    """STR_INS."""
    place = _text(root, instruction, limits, "v")
    text = Units(place[2])
    start = end = position_in(instruction, "i", text.length, beyond=1)
    if instruction.t is not UNSET:
        end = position_in(instruction, "t", text.length, first=start, beyond=1)
    return _spliced(place, instruction, limits, text.cut(start, end), start, instruction.v)
