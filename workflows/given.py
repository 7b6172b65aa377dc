"""Reads what clients give in bodies, where the schemas leave it open."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import BaseModel

from workflows.errors import Refused
from workflows.graph import RESERVED
from workflows.instructions import Instruction
from workflows.schemas import Parts


def given(model: BaseModel) -> dict[str, Any]:
    """The fields that were in the body, those the model does not name too if it keeps more."""
    return {name: value for name, value in model if name in model.model_fields_set}


def by_key(which: str, parts: Parts) -> dict[str, Any]:
    """Nodes or edges by their key. Raises Refused if a key is missing or there twice."""
    named = parts if isinstance(parts, dict) else _named(which, parts)
    return {key: _writable(part) for key, part in named.items()}


def batch_of(given_instructions: list[Any]) -> list[Instruction]:
    """A batch of instructions. Raises Refused with the index of what cannot be one."""
    return [_instruction(index, each) for index, each in enumerate(given_instructions)]


def _named(which: str, parts: list[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for index, part in enumerate(parts):
        key = part.get("_key") if isinstance(part, dict) else None
        if not isinstance(key, str):
            raise Refused("invalid_graph", f"{which}[{index}] needs a `_key`, a text.")
        if key in named:
            raise Refused("invalid_graph", f"{which}[{index}] has the `_key` of an earlier one.")
        named[key] = part
    return named


def _writable(part: object) -> object:
    if not isinstance(part, dict) or part.keys().isdisjoint(RESERVED):
        return part
    return {name: value for name, value in part.items() if name not in RESERVED}


def _instruction(index: int, value: object) -> Instruction:
    try:
        return msgspec.convert(value, Instruction)
    except msgspec.ValidationError as error:
        raise Refused("invalid_instruction", f"This is no instruction: {error}", index) from None
