"""From a file to a store, and Django's tables: nothing before the file was read to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec

from backup import file, incoming, original, people
from backup.documents import COLLECTIONS, PARTS
from backup.errors import Broken, Invalid
from backup.incoming import fields_of, struct_of
from backup.report import Report
from backup.staging import Staging
from media_store.decoders import Decoders
from media_store.errors import ImageError
from media_store.repository import Images
from store.base import AnyOf, Conflict, Put, TooLarge
from store.collections import CATEGORIES, DATA_TYPES, IMAGES, KEPT, NODE_CONFIGS, Collection
from workflows.errors import WorkflowError
from workflows.imports import take_in
from workflows.instructions import Limits
from workflows.records import now
from workflows.repository import Repository

#: Documents without rules of their own that are written at once.
PIECE = 200
_CATALOGS = (CATEGORIES, NODE_CONFIGS, DATA_TYPES)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an import goes; with `dry` everything is judged and nothing written."""

    repository: Repository
    images: Images
    decoders: Decoders
    limits: Limits
    dry: bool


class Import:
    """One import: `read` the file, then `run`. `step` is called after each document."""

    def __init__(self, target: Target, report: Report, step: Callable[[], object]) -> None:
        self._target = target
        self._report = report
        self._step = step
        self._staged = Staging()
        self._theirs = Staging()
        self._kinds: dict[str, int] = {}
        #: Workflows of which something cannot be taken over, and what.
        self._spoilt: dict[str, str] = {}
        self._workspaces: set[str] = set()

    def close(self) -> None:
        """Forget the file."""
        self._staged.close()
        self._theirs.close()

    @property
    def collections(self) -> list[str]:
        """What the file has something of."""
        return self._staged.collections()

    @property
    def size(self) -> int:
        """How many steps `run` will take."""
        names = [*(name for name in COLLECTIONS if name not in PARTS), KEPT.name]
        return sum(self._staged.count(name) for name in names)

    def read(self, path: Path) -> None:
        """Read a file to its end. Raises Broken; nothing was changed."""
        with file.opened(path) as stream:
            self._read(stream)
        for name in self._theirs.collections():
            for key, document in self._theirs.each(name):
                self._convert(name, key, msgspec.json.decode(document))

    def run(self) -> None:
        """Take in what can be; the rest is told. Raises store.base.Unavailable."""
        self._people()
        for collection in _CATALOGS:
            self._catalog(collection)
        for key, document in self._staged.each("images"):
            self._image(key, document)
        for key, _ in self._staged.each("workflows"):
            self._workflow(key)
        for name in PARTS:
            for key, workflow in self._staged.strays(name):
                self._report.problem(name, key, f"the file has no workflow {workflow[:150]!a}")
        self._keep()

    def _read(self, stream: IO[bytes]) -> None:
        for found in file.read(stream):
            if isinstance(found, file.Listed):
                self._kinds[found.collection] = found.kind
                if COLLECTIONS.get(found.collection, found.kind) != found.kind:
                    raise Broken(f"the collection {found.collection!r} is of another type")
                continue
            self._stage(found.collection, found.document)
            self._step()

    def _stage(self, name: str, document: dict[str, Any]) -> None:
        key = document["_key"]
        if original.is_original(name):
            new = self._theirs.add(name, key, msgspec.json.encode(document))
        elif name in COLLECTIONS:
            new = self._add(name, document)
        else:
            raise Broken(f"there is no collection {name[:150]!a} in Nodius")
        if not new:
            raise Broken(f"two documents of {name!r} have the key {key[:150]!a}")

    def _add(self, name: str, document: dict[str, Any]) -> bool:
        key = document["_key"]
        workflow = key if name == "workflows" else document.get("workflowKey")
        belongs = name == "workflows" or name in PARTS
        group = workflow if belongs and isinstance(workflow, str) else ""
        return self._staged.add(name, key, msgspec.json.encode(document), group)

    def _convert(self, name: str, key: str, document: dict[str, Any]) -> None:
        try:
            converted = original.convert(name, self._kinds[name], document)
        except Invalid as invalid:
            self._report.problem(name, key, str(invalid))
            workflow = key if name == "nodius_graphs" else document.get("graphKey")
            if isinstance(workflow, str):
                self._spoilt.setdefault(workflow, f"{name} {key[:150]!a}: {invalid}")
            return
        for each in converted:
            # Workspaces and memberships are told by every user who has to do with them.
            if not self._add(each.collection, each.document) and each.collection in (
                set(COLLECTIONS) - {"workspaces", "memberships"}
            ):
                self._report.problem(name, key, "another document of the file becomes the same")

    def _people(self) -> None:
        dry = self._target.dry
        for key, document in self._staged.each("workspaces"):
            with self._judged("workspaces", key):
                told = struct_of(people.WorkspaceDocument, document)
                new = people.put_workspace(key, told, dry=dry)
                self._report.done("workspaces", new=new)
        for key, document in self._staged.each("users"):
            with self._judged("users", key):
                new = people.put_user(key, struct_of(people.UserDocument, document), dry=dry)
                self._report.done("users", new=new)
        for key, document in self._staged.each("memberships"):
            with self._judged("memberships", key):
                member = struct_of(people.MembershipDocument, document)
                self._need_workspace(member.workspace)
                if not people.has_user(member.user) and not (
                    dry and self._staged.get("users", member.user)
                ):
                    raise Invalid(f"there is no user {member.user[:150]!a}")
                new = people.put_membership(member, dry=dry)
                self._report.done("memberships", new=new)

    def _catalog(self, collection: Collection) -> None:
        name, limits = collection.name, self._target.limits
        for key, document in self._staged.each(name):
            with self._judged(name, key):
                fields = incoming.entry(name, document, limits)
                self._need_workspace(fields["workspace"])
                new = self._target.repository.store.get(collection, key) is None
                self._write([Put(collection, key, fields)], "its name is another one's already")
                self._report.done(name, new=new)

    def _image(self, key: str, document: bytes) -> None:
        with self._judged("images", key):
            shown = incoming.image(self._target.decoders, key, document)
            self._need_workspace(shown.about.workspace)
            new = self._target.repository.store.get(IMAGES, key) is None
            if not self._target.dry:
                self._target.images.put(key, shown.about, shown.picture)
            self._report.done("images", new=new)

    def _workflow(self, key: str) -> None:
        with self._judged("workflows", key):
            if key in self._spoilt:
                raise Invalid(self._spoilt[key])
            workflow = incoming.workflow(self._staged, key, self._target.limits)
            self._need_workspace(workflow.workspace)
            if self._target.dry:
                new = not self._target.repository.lines([key])
            else:
                new = take_in(self._target.repository, workflow)
            self._report.done("workflows", new=new)
            self._count_parts(key, new=new)

    def _count_parts(self, key: str, *, new: bool) -> None:
        """What there is of a workflow that exists goes on with a history of its own."""
        for name in PARTS if new else PARTS[:2]:
            count = sum(1 for _ in self._staged.parts(key, name))
            self._report.done(name, new=new, count=count)

    def _keep(self) -> None:
        documents = self._staged.each(KEPT.name)
        while some := [(key, fields_of(each)) for key, each in islice(documents, PIECE)]:
            keys = [key for key, _ in some]
            found = self._target.repository.store.iterate(KEPT, {"_key": AnyOf(tuple(keys))})
            there = {each.key for each in found}
            with self._judged(KEPT.name, keys[0]):
                self._write([Put(KEPT, key, fields) for key, fields in some], "it is kept already")
                for key, fields in some:
                    self._report.done(fields["collection"], new=key not in there)

    def _write(self, operations: list[Put], taken: str) -> None:
        if self._target.dry:
            return
        try:
            self._target.repository.store.write(operations)
        except Conflict:
            raise Invalid(taken) from None

    def _need_workspace(self, key: str) -> None:
        """Have this workspace, if need be one without members. Raises Invalid."""
        if key in self._workspaces:
            return
        if not people.has_workspace(key) and not (
            self._target.dry and self._staged.get("workspaces", key)
        ):
            made = people.WorkspaceDocument(name=key, createdAt=now())
            people.put_workspace(key, made, dry=self._target.dry)
            self._report.done("workspaces", new=True)
        self._workspaces.add(key)

    @contextmanager
    def _judged(self, name: str, key: str) -> Iterator[None]:
        """Tell what is wrong with a document, and go on with the next."""
        try:
            yield
        except (Invalid, ImageError, TooLarge, WorkflowError, ValueError) as error:
            self._report.problem(name, key, str(error))
        self._step()
