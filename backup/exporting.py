"""From a store, and Django's tables, to a file; people may edit: each workflow is of one moment."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from backup import people
from backup.documents import COLLECTIONS, encoded
from backup.file import Section
from backup.report import Report
from backup.staging import Staging
from media_store.errors import ImageError
from media_store.repository import Image, Images
from store.base import Document, DocumentStore, Order, Reader, StoreError, Unavailable
from store.collections import (
    CATEGORIES,
    DATA_TYPES,
    EDGES,
    HISTORY,
    IMAGES,
    KEPT,
    NODE_CONFIGS,
    NODES,
    RECEIPTS,
    Collection,
)
from workflows.errors import Damaged, NotFound
from workflows.graph import ends_of
from workflows.instructions import Limits
from workflows.loading import load
from workflows.parts import pack, unpack
from workflows.records import part_key
from workflows.repository import Repository

_CATALOGS = (CATEGORIES, NODE_CONFIGS, DATA_TYPES)


class Export:
    """One export. Every method may raise store.base.Unavailable and sqlite3.Error."""

    def __init__(
        self, repository: Repository, images: Images, limits: Limits, report: Report
    ) -> None:
        self._repository = repository
        self._store: DocumentStore = repository.store
        self._images = images
        self._limits = limits
        self._report = report
        self._staging = Staging()

    def close(self) -> None:
        """Forget what was gathered."""
        self._staging.close()

    def gather(self, step: Callable[[], object]) -> None:
        """Read all workflows, each at one moment; `step` is called after each."""
        for key in self._repository.all_keys():
            try:
                self._store.read(lambda reader, key=key: self._gather(reader, key))  # type: ignore[misc]
            except NotFound:
                # Deleted since the keys were read.
                self._staging.drop(key)
            except Unavailable:
                raise
            except (Damaged, StoreError, msgspec.MsgspecError, KeyError, TypeError) as error:
                self._staging.drop(key)
                self._report.problem("workflows", key, f"it is damaged ({error})")
            step()

    def sections(self) -> Iterator[Section]:
        """All collections, as a file has them."""
        direct: Mapping[str, Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]] = {
            "workspaces": people.workspaces,
            "users": people.users,
            "memberships": people.memberships,
            "images": self._pictures,
            **{each.name: lambda each=each: self._entries(each) for each in _CATALOGS},  # type: ignore[misc]
        }
        for name, kind in COLLECTIONS.items():
            found = direct.get(name)
            told = self._counted(name) if found is None else self._told(name, found())
            yield Section(name, kind, told)
        yield from self._kept()

    def _gather(self, reader: Reader, key: str) -> None:
        # It may be read more than once.
        self._staging.drop(key)
        loaded = load(reader, key, self._limits)
        head, root = msgspec.structs.asdict(loaded.head), loaded.workflow.root
        # An import begins another line of history in any case.
        fields = {name: value for name, value in head.items() if name not in ("key", "epoch")}
        self._stage("workflows", key, key, {**fields, "data": root["data"]})
        for collection in (NODES, EDGES):
            for part, value in root[collection.name].items():
                self._stage_part(collection, key, part, pack(value))
        for collection in (HISTORY, RECEIPTS):
            where = {"workflowKey": key}
            for each in reader.iterate(collection, where, order=Order.ASCENDING):
                self._stage(collection.name, key, each.key, each.body)

    def _stage_part(self, collection: Collection, key: str, part: str, value: bytes) -> None:
        body = {"workflowKey": key, "key": part, "value": msgspec.Raw(value)}
        if collection is EDGES:
            source, target = ends_of(unpack(value))
            body["_from"] = f"{NODES.name}/{part_key(key, source)}"
            body["_to"] = f"{NODES.name}/{part_key(key, target)}"
        self._stage(collection.name, key, part_key(key, part), body)

    def _stage(self, collection: str, workflow: str, key: str, body: Mapping[str, Any]) -> None:
        self._staging.add(collection, key, encoded(collection, key, body), workflow)

    def _entries(self, collection: Collection) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for each in self._store.iterate(collection):
            yield each.key, each.body

    def _pictures(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for each in self._store.iterate(IMAGES):
            try:
                # It may have other bytes since, or be gone.
                image = self._images.get(each.key)
                yield image.key, _described(image, self._images.content(image))
            except ImageError as error:
                if self._store.get(IMAGES, each.key) is not None:
                    self._report.problem(IMAGES.name, each.key, str(error))

    def _told(
        self, name: str, documents: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> Iterator[bytes]:
        for key, fields in documents:
            self._report.done(name, new=True)
            yield encoded(name, key, fields)

    def _counted(self, name: str) -> Iterator[bytes]:
        for _, document in self._staging.each(name):
            self._report.done(name, new=True)
            yield document

    def _kept(self) -> Iterator[Section]:
        """What an import kept without a place here, in the collections that it came in."""
        names = dict[str, int]()
        for each in self._store.iterate(KEPT, fields=("collection", "type")):
            names.setdefault(each.body["collection"], each.body["type"])
        for name, kind in sorted(names.items()):
            found = self._store.iterate(KEPT, {"collection": name})
            yield Section(name, kind, self._as_they_were(name, found))

    def _as_they_were(self, name: str, found: Iterable[Document]) -> Iterator[bytes]:
        for each in found:
            self._report.done(name, new=True)
            yield msgspec.json.encode(each.body["document"], order="deterministic")


def _described(image: Image, content: bytes) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(image).items() if name not in ("key", "folder")}
    return {**fields, "data": base64.b64encode(content).decode()}
