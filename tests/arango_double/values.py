"""Values as AQL has them: one order for all types, and texts in the order of American English.

The order of texts is near to ICU's and far from that of code points, so that whoever relies on code
points is found out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, TypeAlias

Value: TypeAlias = Any

_SIMPLE = re.compile(r"[0-9a-z]*")
_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%"


def rank(value: Value) -> int:
    """Which type comes first."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1
    if isinstance(value, int | float):
        return 2
    if isinstance(value, str):
        return 3
    return 4 if isinstance(value, list) else 5


def sort_key(value: Value) -> tuple[Any, ...]:
    """What sorts as the value does."""
    place = rank(value)
    if place == 0:
        return (0,)
    if place in (1, 2):
        return (place, value)
    if place == 3:
        return (3, collation(value))
    if place == 4:
        return (4, [sort_key(each) for each in value])
    names = sorted(value)
    return (5, [(name, sort_key(value[name])) for name in names])


@lru_cache(maxsize=200_000)
def collation(text: str) -> tuple[str, str, str]:
    """What sorts as the text does: without accents and case first, then accents, then case."""
    if _SIMPLE.fullmatch(text):
        return (text, "", text)
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)
    )
    first = "".join(_weight(each) for each in plain.casefold())
    return (first, text.swapcase(), text)


def _weight(each: str) -> str:
    if each.isspace():
        return "\x01"
    if each in _PUNCTUATION:
        return chr(2 + _PUNCTUATION.index(each))
    # Other signs come before digits and letters.
    return each if each.isalnum() else "\x1f" + each


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same: 1 is 1.0, and true is no number."""
    if rank(left) != rank(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        names = left.keys() | right.keys()
        return all(equal(left.get(name), right.get(name)) for name in names)
    return bool(left == right)


def truth(value: Value) -> bool:
    """Whether a value counts as true."""
    return value not in (None, False, 0, "") or isinstance(value, list | dict)


def text_of(value: Value) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def member(value: Value, name: Value) -> Value:
    """An attribute of an object, or an element of a list; null where there is none."""
    if isinstance(value, dict):
        return value.get(text_of(name))
    if isinstance(value, list) and isinstance(name, int) and not isinstance(name, bool):
        return value[name] if -len(value) <= name < len(value) else None
    return None
