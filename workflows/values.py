"""What a value, a key and a path may be, wherever they come from: PROTOCOL's rules on content."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from workflows.errors import Refused

#: A JSON value as plain Python: dict, list, str, int, float, bool or None.
Json: TypeAlias = Any

#: Keys that mean something else to a JavaScript object than to us.
FORBIDDEN = frozenset({"", "__proto__", "constructor", "prototype"})
SAFE_INTEGER = 2**53
_DIGITS = len(str(SAFE_INTEGER))
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """How large things may get.

    `text` counts bytes of UTF-8, `workflow` bytes of JSON, `depth` nested levels, and `batch` the
    characters of text and array elements that one batch may touch.
    """

    text: int = 1024 * 1024
    workflow: int = 16 * 1024 * 1024
    depth: int = 32
    batch: int = 16 * 1024 * 1024


DEFAULT_LIMITS = Limits()
#: For what was accepted before, perhaps under other limits.
UNLIMITED = Limits(sys.maxsize, sys.maxsize, sys.maxsize, sys.maxsize)


def shown(path: list[str]) -> str:
    """A path as error messages name it."""
    text = "/".join(path)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def quoted(text: str) -> str:
    """A text that may hold anything, as error messages quote it."""
    return ascii(text[:_SHOWN])


def whole_number(value: Json) -> int | None:
    """The integer that a JSON number stands for (1.0 is 1, true is none), or None."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and -SAFE_INTEGER <= value <= SAFE_INTEGER else None


def array_index(key: str) -> int | None:
    """The array index that a key stands for, or None if it is none: "0", "7", not "07" or "-1"."""
    if key.isascii() and key.isdecimal() and (key[0] != "0" or key == "0"):
        return int(key) if len(key) <= _DIGITS else sys.maxsize
    return None


def check_path(path: Json, field: str) -> list[str]:
    """The path with its integers as strings. Raises Refused if it is no path."""
    if type(path) is not list or not path:
        raise Refused("invalid_instruction", f"{field} must be a list of keys, at least one")
    for key in path:
        if type(key) is not str:
            return check_path([_path_key(key, field) for key in path], field)
        check_key(key)
    return path


def _path_key(key: Json, field: str) -> str:
    number = key if type(key) is str else whole_number(key)
    if number is None or (type(number) is int and number < 0):
        raise Refused(
            "invalid_instruction", f"every key in {field} must be a string or an integer from 0 on"
        )
    return str(number)


def check_key(key: str) -> None:
    """Raises Refused if an object may not have this key."""
    if key in FORBIDDEN:
        raise Refused("invalid_instruction", f"{key!r} may not be a key; choose another one")
    if not _clean(key):
        raise Refused(
            "invalid_instruction", f"the key {quoted(key)} has a NUL or half a surrogate pair in it"
        )


def check_text(text: Json, longest: int, what: str) -> None:
    """Raises Refused unless this is a text of at most `longest` bytes of UTF-8."""
    if type(text) is not str:
        raise Refused("invalid_instruction", f"{what} must be a text")
    if not _clean(text):
        raise Refused("invalid_instruction", f"{what} has a NUL or half a surrogate pair in it")
    check_size(utf8_length(text), longest)


def check_size(size: int, longest: int) -> None:
    """Raises Refused if a text of `size` bytes of UTF-8 would be longer than `longest`."""
    if size > longest:
        raise Refused("too_large", f"a text may have {longest} bytes at most; split it")


def check_value(value: Json, levels: int, longest: int) -> None:
    """Raises Refused unless it is JSON, at most so many levels deep, with texts at most so long."""
    kind = type(value)
    if kind is str:
        check_text(value, longest, "a text")
    elif kind is int:
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
            raise Refused(
                "invalid_instruction", "integers go from -2^53 to 2^53; send a text instead"
            )
    elif kind is dict or kind is list:
        _check_container(value, levels, longest)
    elif kind is float:
        if not isfinite(value):
            raise Refused("invalid_instruction", "NaN and Infinity are no JSON numbers; send null")
    elif kind is not bool and value is not None:
        raise Refused("invalid_instruction", f"{kind.__name__} is no JSON value")


def _check_container(value: Json, levels: int, longest: int) -> None:
    if levels < 1:
        raise _too_deep()
    if type(value) is list:
        for element in value:
            check_value(element, levels - 1, longest)
        return
    for key, element in value.items():
        check_key(key)
        check_value(element, levels - 1, longest)


def check_depth(value: Json, levels: int) -> int:
    """How many values lie within this one. Raises Refused if it is deeper than `levels`."""
    within, layer = 0, [value] if type(value) in (dict, list) else []
    while layer:
        if levels < 1:
            raise _too_deep()
        levels -= 1
        within += sum(map(len, layer))
        layer = [
            child
            for each in layer
            for child in (each.values() if type(each) is dict else each)
            if type(child) is dict or type(child) is list
        ]
    return within


def utf8_length(text: str) -> int:
    """Bytes of the text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _clean(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep() -> Refused:
    return Refused("too_large", "this would be nested too deeply; flatten it")
