"""Backup files: read and written piece by piece, so that their size does not matter."""

from __future__ import annotations

import gzip
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeAlias, cast

import ijson  # type: ignore[import-untyped]
import msgspec

from backup.errors import Broken

#: Bytes of one document, and how deeply it may nest: no store takes more of either.
LARGEST, DEEPEST = 64 * 1024 * 1024, 190
_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_NOT_ONE = "this is no backup file: it needs an object with metadata and collections"

Event: TypeAlias = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A document of a collection, as it is in a file."""

    collection: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A collection, told at its end: `kind` is ArangoDB's number for it."""

    collection: str
    kind: int


@dataclass(frozen=True, slots=True)
class Section:
    """A collection to be written: its documents are JSON."""

    collection: str
    kind: int
    documents: Iterable[bytes]


class _Counted:
    """A stream that knows how much was read of it, and refuses to give much without a result."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises Broken if no document has come to its end for too many."""
        if self._since > LARGEST:
            raise Broken(f"a document in it has over {LARGEST} bytes, which no store takes")
        data = self._stream.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self._since += len(data)
        return data

    def mark(self) -> None:
        """Something came to its end."""
        self._since = 0


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file to `read` from, unpacked if its name ends in .gz. Raises Broken."""
    try:
        with _unpacked(path) as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Broken(f"{path}: this is no whole gzip file; get it again") from None
    except OSError as error:
        raise Broken(f"{path}: {error.strerror or error}") from None


def _unpacked(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def read(stream: IO[bytes]) -> Iterator[Found | Listed]:
    """What a file holds, in its order. Raises Broken, at the latest when it ends too early.

    Whoever has not come to the end does not know yet whether it is a whole file.
    """
    counted = _Counted(stream)
    start = counted.read(len(_BOM))
    try:
        yield from _sections(counted, _events(counted, b"" if start == _BOM else start))
    except ijson.JSONError as error:
        raise Broken(_explained(str(error))) from None


def _explained(reason: str) -> str:
    """What a parser's message of several lines comes to."""
    if "premature EOF" in reason:
        return "the file ends too early: it was cut off; get it again"
    return f"the file is no JSON ({reason.splitlines()[0]!a}); get it again"


def _events(counted: _Counted, start: bytes) -> Iterator[Event]:
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, use_float=True)
    data = start
    while True:
        if data:
            parser.send(data)
            yield from events
            del events[:]
        data = counted.read()
        if not data:
            break
    parser.close()
    yield from events


def _sections(counted: _Counted, events: Iterator[Event]) -> Iterator[Found | Listed]:
    seen = set()
    for name in _fields(events, next(events, None)):
        if name in seen:
            raise Broken(f"it names {name!r} twice")
        seen.add(name)
        if name == "collections":
            for collection in _fields(events, next(events, None)):
                yield from _collection(counted, events, collection)
        else:
            _value(events, next(events))
        counted.mark()
    if not {"metadata", "collections"} <= seen:
        raise Broken(_NOT_ONE)
    for _ in events:
        raise Broken("something follows its end")


def _collection(
    counted: _Counted, events: Iterator[Event], collection: str
) -> Iterator[Found | Listed]:
    others: dict[str, Any] = {}
    documents = False
    for name in _fields(events, next(events, None)):
        event = next(events)
        if name != "documents":
            others[name] = _value(events, event)
            continue
        if event[0] != "start_array" or documents:
            raise Broken(f"the documents of {collection!r} are no list")
        documents = True
        for first in events:
            if first[0] == "end_array":
                break
            yield Found(collection, _document(collection, _value(events, first)))
            counted.mark()
    kind = others.get("type")
    if not documents or others.get("name") != collection or kind not in (2, 3):
        raise Broken(f"the collection {collection!r} has not the fields name, type and documents")
    yield Listed(collection, int(kind))


def _document(collection: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("_key"), str):
        raise Broken(f"a document of {collection!r} is no object with a text as _key")
    return value


def _fields(events: Iterator[Event], start: Event | None) -> Iterator[str]:
    """The names of an object's fields; who asks for the next has read the value of the last."""
    if start is None or start[0] != "start_map":
        raise Broken(_NOT_ONE)
    for kind, name in events:
        if kind == "end_map":
            return
        yield name


def _value(events: Iterator[Event], event: Event, depth: int = 0) -> Any:
    kind, value = event
    if depth > DEEPEST:
        raise Broken(f"it is nested deeper than {DEEPEST} levels, which no store takes")
    if kind == "start_map":
        fields: dict[str, Any] = {}
        for kind, name in events:
            if kind == "end_map":
                return fields
            fields[name] = _value(events, next(events), depth + 1)
    if kind == "start_array":
        items: list[Any] = []
        for item in events:
            if item[0] == "end_array":
                return items
            items.append(_value(events, item, depth + 1))
    return value


@contextmanager
def created(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, packed if its name ends in .gz; it is there whole, or not at all.

    Readable for its owner only. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(path.stem, "wb", compresslevel=6, fileobj=file) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write(stream: IO[bytes], metadata: dict[str, str], sections: Iterable[Section]) -> None:
    """Write a backup file, a document a line."""
    stream.write(b'{"metadata": ' + msgspec.json.encode(metadata) + b',\n"collections": {')
    for number, section in enumerate(sections):
        name = msgspec.json.encode(section.collection)
        head = b'%s: {"name": %s, "type": %d, "documents": [' % (name, name, section.kind)
        stream.write((b",\n" if number else b"\n") + head)
        for position, document in enumerate(section.documents):
            stream.write((b",\n" if position else b"\n") + document)
        stream.write(b"]}")
    stream.write(b"}}\n")
