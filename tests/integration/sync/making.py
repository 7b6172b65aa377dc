"""Batches drawn at random: most fit the document they are made for, some do not."""

from __future__ import annotations

import random
from typing import Any

PLACES = ["n0", "n1", "n2", "n3", "n4"]


def some_batch(chance: random.Random, base: dict[str, Any]) -> list[dict[str, Any]]:
    """One to three instructions for somebody who sees `base`."""
    return [some_instruction(chance, base) for _ in range(chance.choice((1, 1, 1, 2, 2, 3)))]


def some_instruction(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    """One of the makers below."""
    makers = (
        _move,
        _add_node,
        _remove_node,
        _add_edge,
        _remove_edge,
        _text,
        _array,
        _key,
        _relocate,
    )
    return chance.choice((*makers, _move, _array, _text, _wrong))(chance, base)


def _move(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    path = ["nodes", _node(chance, base), chance.choice(("posX", "posY"))]
    return {"o": 1, "p": path, "v": chance.randrange(1000)}


def _add_node(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    return {"o": 1, "p": ["nodes", chance.choice(PLACES)], "v": {"posX": chance.randrange(9)}}


def _remove_node(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    return {"o": 2, "p": ["nodes", _node(chance, base)]}


def _add_edge(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    ends = {"source": _node(chance, base), "target": _node(chance, base)}
    return {"o": 1, "p": ["edges", f"e{chance.randrange(6)}"], "v": ends}


def _remove_edge(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    return {"o": 2, "p": ["edges", chance.choice(sorted(base.get("edges") or ["e0"]))]}


def _text(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    path, length = ["data", "text"], len(base.get("data", {}).get("text", ""))
    at = chance.randrange(length + 1)
    return chance.choice(
        [
            {"o": 10, "p": path, "v": chance.choice("abc")},
            {"o": 16, "p": path, "i": at, "v": chance.choice("xyz")},
            {"o": 11, "p": path, "i": at, "l": 1},
            {"o": 5, "p": path, "s": "a", "r": "bb"},
            {"o": 6, "p": path, "s": "b", "r": ""},
            {"o": 12, "p": path, "i": at, "l": 2, "v": "-"},
        ]
    )


def _array(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    path, length = ["data", "log"], len(base.get("data", {}).get("log", []))
    value, at = chance.randrange(100), chance.randrange(length + 1)
    return chance.choice(
        [
            {"o": 3, "p": path, "v": value},
            {"o": 4, "p": path, "i": at, "v": value},
            {"o": 7, "p": path},
            {"o": 8, "p": path},
            {"o": 9, "p": path, "v": value},
            {"o": 14, "p": path, "i": at},
            {"o": 17, "p": path, "f": at, "t": 0},
            {"o": 1, "p": [*path, str(at)], "v": value},
            {"o": 2, "p": [*path, str(at)]},
        ]
    )


def _key(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    name = chance.choice("pqrs")
    return chance.choice(
        [
            {"o": 1, "p": ["data", "map", name], "v": {"on": True, "n": chance.randrange(9)}},
            {"o": 13, "p": ["data", "map", name, "on"]},
            {"o": 15, "p": ["data", "map", name], "v": {"m": chance.randrange(9)}},
            {"o": 2, "p": ["data", "map", name]},
            {"o": 1, "p": [chance.choice(("name", "description"))], "v": name},
        ]
    )


def _relocate(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    path = ["data", "map", chance.choice("pqrs")]
    return chance.choice(
        [
            {"o": 18, "p": path, "d": ["data", "map", chance.choice("pqrs")]},
            {"o": 19, "p": path, "d": ["data", "log"]},
            {"o": 18, "p": ["data", "log", "0"], "d": path},
            {"o": 18, "p": ["nodes", _node(chance, base)], "d": ["nodes", chance.choice(PLACES)]},
        ]
    )


def _wrong(chance: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    return chance.choice(
        [
            {"o": 1, "p": ["edges", "bad"], "v": {"source": "nowhere", "target": "n0"}},
            {"o": 2, "p": ["data", "missing"]},
            {"o": 99, "p": ["name"]},
            {"o": 1, "p": ["nodes", "n0", "_key"], "v": "x"},
            {"o": 13, "p": ["name"]},
        ]
    )


def _node(chance: random.Random, base: dict[str, Any]) -> str:
    there: list[str] = sorted(base.get("nodes") or PLACES)
    return chance.choice(there)
