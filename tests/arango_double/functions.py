"""The functions of AQL that the double knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.arango_double.values import Value, rank, sort_key, text_of


def _length(value: Value) -> int:
    if value is None:
        return 0
    return len(value) if isinstance(value, str | list | dict) else len(text_of(value))


def _keep(value: Value, *names: Value) -> Value:
    wanted = {each for name in names for each in (name if isinstance(name, list) else [name])}
    return {name: each for name, each in value.items() if name in wanted}


def _unset(value: Value, *names: Value) -> Value:
    dropped = {each for name in names for each in (name if isinstance(name, list) else [name])}
    return {name: each for name, each in value.items() if name not in dropped}


def _merge(*values: Value) -> Value:
    merged: dict[str, Any] = {}
    for each in values[0] if len(values) == 1 and isinstance(values[0], list) else values:
        merged |= each
    return merged


def _numbers(values: Value) -> list[Any]:
    return [each for each in values if each is not None]


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "LENGTH": _length,
    "COUNT": _length,
    "KEEP": _keep,
    "UNSET": _unset,
    "MERGE": _merge,
    "CONCAT": lambda *values: "".join(map(text_of, values)),
    "TO_STRING": text_of,
    "IS_NULL": lambda value: value is None,
    "FIRST": lambda values: values[0] if values else None,
    "LAST": lambda values: values[-1] if values else None,
    "SUM": lambda values: sum(_numbers(values)),
    "MIN": lambda values: min(_numbers(values), key=sort_key, default=None),
    "MAX": lambda values: max(_numbers(values), key=sort_key, default=None),
    "HAS": lambda value, name: isinstance(value, dict) and name in value,
    "NOT_NULL": lambda *values: next((each for each in values if each is not None), None),
    "ATTRIBUTES": lambda value: list(value) if isinstance(value, dict) else None,
    "TYPENAME": lambda value: ("null", "bool", "number", "string", "array", "object")[rank(value)],
}
