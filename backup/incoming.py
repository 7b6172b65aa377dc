"""What a file says of workflows, catalogs and images, judged before any of it goes in."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET
from pydantic import BaseModel, ValidationError

from backup.errors import Invalid
from backup.staging import Staging
from media_store.decoders import Decoders
from media_store.errors import Busy, ImageError
from media_store.picture import MAX_KEPT, Picture
from media_store.repository import About
from workflows.document import Workflow
from workflows.errors import Refused
from workflows.imports import Incoming
from workflows.instructions import Instruction, Limits, prepare
from workflows.records import Receipt, Row, Times, part_key, row_key
from workflows.schemas import (
    CatalogEntry,
    Category,
    DataType,
    NewCategory,
    NewDataType,
    NewNodeConfig,
    NodeConfig,
)
from workflows.values import SAFE_INTEGER, check_value

S = TypeVar("S", bound=msgspec.Struct)

#: What the store and the file say of a document, beside its own fields.
_NAMES = ("_id", "_key", "_rev")
_KEY = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_\-:.@]{1,128}", re.ASCII)
_GRAPH = ("nodes", "edges")
#: Deeper than any option allows a workflow to be: the history may be from under other limits.
_DEEP = 190

_decode_batch = msgspec.json.Decoder(list[Instruction]).decode
_decode_groups = msgspec.json.Decoder(list[list[Instruction]]).decode


class WorkflowDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workflow in a file, but for its nodes, edges and history."""

    name: str
    category: str | None
    description: str | None
    workspace: str
    createdAt: int
    updatedAt: int
    seq: int
    data: dict[str, Any]


class PartDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A node or an edge in a file; what it is itself is not looked at yet."""

    workflowKey: str
    key: str
    value: msgspec.Raw


class ImageDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image in a file, its bytes in base64. What only our own files say of it may be missing."""

    name: str
    workspace: str
    userId: str
    createdAt: int
    mime: str
    data: str
    hash: str | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An image that can be kept."""

    about: About
    picture: Picture


def fields_of(document: bytes) -> dict[str, Any]:
    """A document without what the file adds."""
    fields: dict[str, Any] = msgspec.json.decode(document)
    return {name: value for name, value in fields.items() if name not in _NAMES}


def struct_of(kind: type[S], document: bytes) -> S:
    """A document as this struct. Raises Invalid."""
    try:
        return msgspec.convert(fields_of(document), kind)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None


def _read(kind: type[S], document: bytes) -> S:
    try:
        return msgspec.json.decode(document, type=kind)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None


def workflow(staging: Staging, key: str, limits: Limits) -> Incoming:
    """A workflow with all that belongs to it. Raises Invalid."""
    if not _KEY.fullmatch(key):
        raise Invalid("its key must be 1 to 128 of A–Z a–z 0–9 _ - : . @")
    found = staging.get("workflows", key) or b"{}"
    document = struct_of(WorkflowDocument, found)
    check_numbers(seq=document.seq, createdAt=document.createdAt, updatedAt=document.updatedAt)
    root = {field: getattr(document, field) for field in ("name", "category", "description")}
    for field in _GRAPH:
        if staging.size(key, field) > 2 * limits.workflow + 1024:
            raise Invalid(f"a workflow may have {limits.workflow} bytes at most")
    try:
        whole = Workflow(
            {
                **root,
                "data": document.data,
                **{each: _parts(staging, key, each) for each in _GRAPH},
            },
            limits,
        )
    except Refused as refused:
        raise Invalid(refused.message) from None
    history = _Rows(staging, key, document.seq)
    history.check()
    times = Times(document.createdAt, document.updatedAt)
    return Incoming(
        key, document.workspace, document.seq, times, whole, history, _Receipts(staging, key)
    )


def entry(name: str, document: bytes, limits: Limits) -> dict[str, Any]:
    """An entry of a catalog, as the store has it. Raises Invalid."""
    made, model = _CATALOGS[name]
    fields = fields_of(document)
    try:
        made.model_validate(fields)
        checked = model.model_validate({"_key": "x", **fields})
        check_value(fields, limits.depth, 2 * limits.text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Invalid(f"{place}: {first['msg']}") from None
    except Refused as refused:
        raise Invalid(refused.message) from None
    check_numbers(createdAt=checked.createdAt, updatedAt=checked.updatedAt)
    unknown = fields.keys() - model.model_fields.keys()
    if unknown and model.model_config.get("extra") != "allow":
        raise Invalid(f"it has no field {min(unknown)!r}")
    if any(each.startswith("_") for each in unknown):
        raise Invalid("a field of its own must not begin with _")
    return fields


def image(decoders: Decoders, key: str, document: bytes) -> Shown:
    """An image, decoded. Raises Invalid.

    Of bytes that were made here, as their hash says, none is changed; others are made anew.
    """
    if not _KEY.fullmatch(key):
        raise Invalid("its key must be 1 to 128 of A–Z a–z 0–9 _ - : . @")
    told = struct_of(ImageDocument, document)
    check_numbers(createdAt=told.createdAt)
    try:
        check_value([told.name, told.workspace, told.userId], 2, 1000)
        content = base64.b64decode(told.data, validate=True)
        if len(content) > MAX_KEPT:
            raise Invalid(f"an image may have {MAX_KEPT} bytes")
        made = decoders.remake(content)
    except binascii.Error:
        raise Invalid("its data is no base64") from None
    except Busy:
        raise
    except (ImageError, Refused) as error:
        raise Invalid(str(error)) from None
    same = Picture(made.mime, made.width, made.height, content)
    about = About(told.name, told.workspace, told.userId, told.createdAt)
    ours = (same.hash, same.mime, same.width, same.height)
    return Shown(about, same if ours == (told.hash, told.mime, told.width, told.height) else made)


def check_numbers(**numbers: int) -> None:
    """Raises Invalid for a number below 0, or that not every client holds exactly."""
    for name, number in numbers.items():
        if not 0 <= number <= SAFE_INTEGER:
            raise Invalid(f"{name} must be from 0 to 2^53")


def _parts(staging: Staging, workflow: str, collection: str) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    for key, document in staging.parts(workflow, collection):
        part = _read(PartDocument, document)
        if key != part_key(workflow, part.key):
            raise Invalid(f"one of its {collection} has the key {key[:150]!a}, which is another's")
        parts[part.key] = bytes(part.value)
    return parts


class _Records:
    """Batches of a workflow in a file, ascending."""

    collection = "receipts"
    kind: type[Receipt] = Receipt

    def __init__(self, staging: Staging, workflow: str) -> None:
        self._staging = staging
        self._workflow = workflow

    def _each(self) -> Iterator[Receipt]:
        for key, document in self._staging.parts(self._workflow, self.collection):
            record = _read(self.kind, document)
            check_numbers(seq=record.seq, timestamp=record.timestamp)
            if key != row_key(self._workflow, record.seq) or record.workflowKey != self._workflow:
                raise Invalid(f"one of its {self.collection} has the key of another batch")
            yield record


class _Receipts(_Records):
    def __iter__(self) -> Iterator[Receipt]:
        return self._each()


class _Rows(_Records):
    collection = "history"
    kind = Row

    def __init__(self, staging: Staging, workflow: str, seq: int) -> None:
        super().__init__(staging, workflow)
        self._seq = seq

    def __iter__(self) -> Iterator[Row]:
        for record in self._each():
            if isinstance(record, Row):
                yield record

    def check(self) -> None:
        """Raises Invalid unless these are the newest batches, without a gap."""
        previous = None
        for row in self:
            if previous is not None and row.seq != previous + 1:
                raise Invalid(f"its history has a gap before batch {row.seq}")
            previous = row.seq
            _check_batch(row)
        if previous not in (None, self._seq):
            raise Invalid(f"its history ends at batch {previous}, and not at {self._seq}")


def _check_batch(row: Row) -> None:
    try:
        groups = [_decode_batch(row.instructions), *_decode_groups(row.inverse)]
        for instruction in chain.from_iterable(groups):
            prepare(instruction)
            check_value(instruction.v if instruction.v is not UNSET else None, _DEEP, SAFE_INTEGER)
        check_value([row.userId, row.clientId, row.id], 2, 1000)
    except (msgspec.ValidationError, Refused) as error:
        raise Invalid(f"batch {row.seq} of its history cannot be one: {error}") from None


#: What makes an entry, and what it is then.
_CATALOGS: Mapping[str, tuple[type[BaseModel], type[CatalogEntry]]] = {
    "categories": (NewCategory, Category),
    "node_configs": (NewNodeConfig, NodeConfig),
    "data_types": (NewDataType, DataType),
}
