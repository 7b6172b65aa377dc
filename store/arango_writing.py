"""Writes of the ArangoDB store: what stands against them, and which queries they take."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from store import arango_queries as aql
from store.arango_documents import digest, packed, stored_key, unpacked
from store.arango_queries import Query
from store.arango_reading import Ask
from store.base import Body, Conflict, Delete, Expect, Insert, Operation, Patch, Put, TooLarge
from store.collections import COLLECTIONS
from store.operations import Operations, Single, matches, name_of, needs_state
from store.values import unique_texts

T = TypeVar("T")

#: Bytes of the documents of one write: all that a transaction of ArangoDB 3.11 takes is 128 MiB.
LARGEST_WRITE = 100 * 1024 * 1024
#: Bytes of documents that go with one query, and how many keys.
_LARGEST_QUERY, _MOST_KEYS = 16 * 1024 * 1024, 20_000

#: The name of a collection, and the key of a document there.
_Stored: TypeAlias = tuple[str, str]


class _State(NamedTuple):
    """What a write found: bodies, taken ones of the keys, and who holds which unique tuple."""

    bodies: dict[_Stored, Body]
    taken: set[_Stored]
    holders: dict[_Stored, str]


class Write:
    """One atomic write. What does not depend on what is stored is encoded here.

    Raises ValueError if two operations name one document, and what `arango_documents.packed` does.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = taken = Operations(operations)
        self.changes_nothing = taken.changes_nothing
        self.collections = sorted({each.collection.name for each in operations})
        self._names = {_stored(each): name_of(each) for each in taken.single}
        self._inserted = [_stored(each) for each in taken.single if isinstance(each, Insert)]
        self._deleted = [_stored(each) for each in taken.single if isinstance(each, Delete)]
        whole = [each for each in taken.single if isinstance(each, Insert | Put)]
        self._given = {
            _stored(each): packed(each.collection, each.key, each.body) for each in whole
        }
        self._tuples = _tuples({_stored(each): each.body for each in whole})
        _check_size(self._given.values())

    def judge(self, ask: Ask) -> dict[_Stored, msgspec.Raw]:
        """What is patched, as it is to be. Raises Conflict, Corrupt, TooLarge, ValueError."""
        needed = [_stored(each) for each in self._operations.single if needs_state(each)]
        state = _look(ask, needed, self._inserted, self._tuples)
        failed = {_stored(e) for e in self._operations.conditions if not _holds(e, state.bodies)}
        patches = [
            each
            for each in self._operations.single
            if isinstance(each, Patch) and _stored(each) not in failed
        ]
        bodies = {_stored(each): state.bodies[_stored(each)] | each.fields for each in patches}
        patched = {_stored(e): packed(e.collection, e.key, bodies[_stored(e)]) for e in patches}
        tuples = _tuples(bodies)
        holders = state.holders | _look(ask, (), (), tuples).holders
        failed |= state.taken | self._crowded(self._tuples | tuples, holders, set(patched))
        if failed:
            raise Conflict(frozenset(self._names[each] for each in failed))
        _check_size([*self._given.values(), *patched.values()])
        return patched

    def perform(self, ask: Ask) -> None:
        """Judge and write, in a transaction of the caller's. Raises what `judge` does."""
        for query in self._queries(self.judge(ask)):
            ask(query)

    def _crowded(
        self, tuples: Mapping[_Stored, str], holders: Mapping[_Stored, str], patched: set[_Stored]
    ) -> set[_Stored]:
        """The documents whose unique tuple another one has when all is written."""
        leaving = patched | (self._given.keys() - set(self._inserted)) | set(self._deleted)
        staying = {name: held for name, held in holders.items() if name not in leaving}
        count = Counter((name[0], held) for name, held in [*tuples.items(), *staying.items()])
        return {name for name, held in tuples.items() if count[name[0], held] > 1}

    def _queries(self, patched: Mapping[_Stored, msgspec.Raw]) -> Iterator[Query]:
        """What writes it; unique tuples are given up before they are taken."""
        inserted = set(self._inserted)
        replaced = {name: each for name, each in self._given.items() if name not in inserted}
        replaced |= patched
        holding = [name for name in replaced if COLLECTIONS[name[0]].unique]
        locked = [_stored(e) for e in self._operations.single if isinstance(e, Expect)]
        mark = secrets.token_hex(4)
        for collection, keys in _keys(locked):
            yield aql.touch(collection, keys, mark)
        for collection, keys in _keys(self._deleted):
            yield aql.deletion(collection, keys)
        for collection, keys in _keys(holding if len(holding) > 1 else ()):
            yield aql.release(collection, keys)
        for collection, documents in _documents(replaced):
            yield aql.replacement(collection, documents)
        for collection, documents in _documents({name: self._given[name] for name in inserted}):
            yield aql.insertion(collection, documents)
        for each in self._operations.sweeps:
            yield aql.sweep(each)


def _look(
    ask: Ask,
    documents: Iterable[_Stored],
    keys: Iterable[_Stored],
    tuples: Mapping[_Stored, str],
) -> _State:
    """Ask for these documents, which of the keys are taken, and who holds the tuples."""
    held = {(name[0], each) for name, each in tuples.items()}
    asked = [_by_collection(each) for each in (documents, keys, held)]
    state = _State({}, set(), {})
    if not any(asked):
        return state
    bodies, taken, holders = ask(aql.state(*asked)).rows[0]
    for name, found in zip(asked[0], bodies, strict=True):
        for each in found:
            state.bodies[name, each["_key"]] = unpacked(COLLECTIONS[name], each).body
    for name, found in zip(asked[1], taken, strict=True):
        state.taken.update((name, key) for key in found)
    for name, found in zip(asked[2], holders, strict=True):
        state.holders.update({(name, key): each for each, key in found})
    return state


def _holds(operation: Single, bodies: Mapping[_Stored, Body]) -> bool:
    body = bodies.get(_stored(operation))
    return body is not None and matches(operation, body)


def _stored(operation: Single) -> _Stored:
    return operation.collection.name, stored_key(operation.key)


def _tuples(bodies: Mapping[_Stored, Mapping[str, Any]]) -> dict[_Stored, str]:
    """The unique tuples of those documents that are held to one, as they are stored."""
    texts = {name: unique_texts(COLLECTIONS[name[0]], body) for name, body in bodies.items()}
    return {name: digest(each) for name, each in texts.items() if each is not None}


def _by_collection(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """Sorted, so that two writes take what both need in one order."""
    found: dict[str, list[T]] = defaultdict(list)
    for collection, each in sorted(pairs):
        found[collection].append(each)
    return found


def _keys(names: Iterable[_Stored]) -> Iterator[tuple[str, list[str]]]:
    """The keys by collection, in lists that go with one query."""
    for collection, keys in _by_collection(names).items():
        for start in range(0, len(keys), _MOST_KEYS):
            yield collection, keys[start : start + _MOST_KEYS]


def _documents(
    documents: Mapping[_Stored, msgspec.Raw],
) -> Iterator[tuple[str, list[msgspec.Raw]]]:
    """The documents by collection, in lists that go with one query."""
    for collection, keys in _by_collection(documents).items():
        several: list[msgspec.Raw] = []
        size = 0
        for each in (documents[collection, key] for key in keys):
            if several and size + len(each) > _LARGEST_QUERY:
                yield collection, several
                several, size = [], 0
            several.append(each)
            size += len(each)
        yield collection, several


def _check_size(documents: Iterable[msgspec.Raw]) -> None:
    if sum(map(len, documents)) > LARGEST_WRITE:
        raise TooLarge(f"one write has over {LARGEST_WRITE} bytes: write less at once")
