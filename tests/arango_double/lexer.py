"""AQL as words."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from tests.arango_double.errors import parse_error

KEYWORDS = frozenset(
    (
        *("FOR", "IN", "FILTER", "SORT", "ASC", "DESC", "LIMIT", "RETURN", "DISTINCT", "LET"),
        *("COLLECT", "WITH", "COUNT", "INTO", "INSERT", "UPDATE", "REPLACE", "REMOVE", "UPSERT"),
        *("OPTIONS", "AND", "OR", "NOT", "TRUE", "FALSE", "NULL", "NEW", "OLD", "OUTBOUND"),
        *("INBOUND", "ANY", "GRAPH", "WINDOW", "SEARCH", "PRUNE", "AGGREGATE", "LIKE"),
    )
)
_WORD = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<quoted>`(?:[^`\\]|\\.)*`)
      | (?P<bind>@@?[A-Za-z_][A-Za-z0-9_]*|@@?[0-9]+)
      | (?P<name>[A-Za-z_$][A-Za-z0-9_]*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||\.\.|=~|!~|[-+*/%<>=!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)


class Word(NamedTuple):
    """A word of a query: its kind, its text (keywords in capitals), and where it stands."""

    kind: str
    text: str
    at: int


def words(query: str) -> list[Word]:
    """The words of a query, with one at the end of kind `end`."""
    found: list[Word] = []
    at = 0
    while at < len(query):
        match = _WORD.match(query, at)
        if match is None:
            raise parse_error(f"unexpected '{query[at]}' at position {at}")
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(_word(kind, match[0], at))
        at = match.end()
    return [*found, Word("end", "", at)]


def _word(kind: str, text: str, at: int) -> Word:
    if kind == "name" and text.upper() in KEYWORDS:
        return Word("keyword", text.upper(), at)
    if kind == "text":
        inner = text[1:-1] if text[0] == '"' else text[1:-1].replace("\\'", "'").replace('"', '\\"')
        return Word("text", str(json.loads(f'"{inner}"', strict=False)), at)
    if kind == "quoted":
        return Word("name", text[1:-1], at)
    return Word(kind, text, at)
