"""What every document store can do: the seam between Nodius and its databases.

A store is blocking and safe to call from several threads. Times, sequences and sizes in bodies are
integers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, TypeVar

from store.collections import Collection

T = TypeVar("T")

#: A document's content: JSON values by field. A value may also be a `msgspec.Raw`, JSON that is
#: encoded already.
Body: TypeAlias = dict[str, Any]
Scalar: TypeAlias = str | int | float | bool | None


class StoreError(Exception):
    """What a store may raise; anything else that leaves it is a bug."""


class Conflict(StoreError):
    """A condition did not hold, or a key or a unique tuple is taken; nothing was written.

    `keys` names every document concerned: for a taken unique tuple the document that was to be
    written.
    """

    def __init__(self, keys: frozenset[tuple[str, str]]) -> None:
        super().__init__("conflict on " + ", ".join(sorted("/".join(key) for key in keys)))
        self.keys = keys


class Refused(StoreError):
    """The database is there and will not do: a password that is wrong, a right that is missing.

    Trying again does not help; the text is one line that says what does.
    """


class Unavailable(StoreError):
    """The database did not answer, or is full; whether a write took effect is not known."""


class TooLarge(StoreError):
    """A document or a transaction is larger than the database takes; nothing was written."""


class Corrupt(StoreError):
    """What is stored of a document is no JSON object; `key` is its collection's name and key."""

    def __init__(self, collection: str, key: str) -> None:
        super().__init__(
            f"the stored document {collection}/{key} is damaged: delete it or restore a backup"
        )
        self.key = (collection, key)


@dataclass(frozen=True, slots=True)
class Document:
    """One stored document: its key within the collection, and its body without the key."""

    key: str
    body: Body


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and how many documents match in all."""

    items: list[Document]
    total: int


class Order(Enum):
    """How results are sorted. Ties of the sort field go by ascending key, in code points."""

    KEY = "key"
    ASCENDING = "ascending"
    DESCENDING = "descending"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A condition of `where`: the field has one of these values."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A condition of `where` on the sort field: above < value <= upto; None leaves a side open."""

    above: int | None = None
    upto: int | None = None


#: Which documents: a value, AnyOf or Between by field. Fields may be "_key", the partition, the
#: sort field, and the facet fields from the first on without a gap; any other raises ValueError.
#: A missing field counts as null, 1 equals 1.0, and true equals neither.
Where: TypeAlias = Mapping[str, Scalar | AnyOf | Between]


@dataclass(frozen=True, slots=True)
class Insert:
    """Add a document; Conflict if its key or its unique tuple is taken."""

    collection: Collection
    key: str
    body: Body


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or replace a document; Conflict if its unique tuple is taken by another one."""

    collection: Collection
    key: str
    body: Body


@dataclass(frozen=True, slots=True)
class Patch:
    """Set the named fields; Conflict if the document is missing or an `expect`ed field differs."""

    collection: Collection
    key: str
    fields: Body
    expect: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document.

    With `expect` it must exist and match, else Conflict; without, a missing one is no error.
    """

    collection: Collection
    key: str
    expect: Mapping[str, Scalar] | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """Change nothing; Conflict if the document is missing or one of the fields differs."""

    collection: Collection
    key: str
    fields: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteAll:
    """Remove every document of a partition, or those whose sort field is at most `upto`."""

    collection: Collection
    partition: str
    upto: int | None = None


Operation: TypeAlias = Insert | Put | Patch | Delete | Expect | DeleteAll


class Reader(ABC):
    """Reads of one store."""

    @abstractmethod
    def get(self, collection: Collection, key: str) -> Document | None:
        """The document with this key, or None; any string is a legal question."""

    @abstractmethod
    def find(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int,
        offset: int = 0,
    ) -> Page:
        """One page of the documents that match, and their total."""

    @abstractmethod
    def iterate(
        self,
        collection: Collection,
        where: Where | None = None,
        *,
        order: Order = Order.KEY,
        limit: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> Iterator[Document]:
        """The documents that match, one after the other, without holding all in memory.

        With `fields` (partition, facet and sort fields only) the bodies hold just those, read from
        the index alone. Outside of `read`, what is written meanwhile may be among them or not.
        """


class DocumentStore(Reader):
    """A database that keeps documents.

    Every method may raise Unavailable, and those that read a body Corrupt.
    """

    @abstractmethod
    def read(self, fn: Callable[[Reader], T]) -> T:
        """Call `fn` with a reader whose reads all see one committed state; return what it returns.

        `fn` may be called more than once, and must not keep the reader or an iterator of it.
        """

    @abstractmethod
    def write(self, operations: Sequence[Operation]) -> None:
        """Do all of the operations or none; when this returns, they survive a crash.

        Conditions see the state before the write, and are all judged even if one fails, so that
        Conflict names every key. Unique tuples are judged by what the write leaves behind, so that
        two documents may swap theirs. The operations touch each document at most once (DeleteAll
        aside, which goes last). Raises Conflict, TooLarge, Corrupt, Unavailable; ValueError if one
        document is named twice, for texts that are not Unicode (lone surrogates) and for a sort
        field that is no 64 bit integer.
        """

    def prepare(self) -> None:
        """Make what the documents lie in, where it is missing; several processes may at once.

        Raises Refused, Unavailable.
        """

    @abstractmethod
    def ping(self) -> None:
        """Return if the database answers; else raise Unavailable, within 5 seconds."""

    @abstractmethod
    def close(self) -> None:
        """Give up this thread's connections; the store may be used again afterwards."""
