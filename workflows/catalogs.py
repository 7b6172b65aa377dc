"""Catalogs of what workflows are made from: categories, node configurations, data types.

They differ in their fields only. An entry belongs to a workspace, and stays in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from store.base import AnyOf, Conflict, Delete, DocumentStore, Insert, Patch, Where
from store.collections import CATEGORIES, DATA_TYPES, NODE_CONFIGS, Collection
from workflows.errors import Invalid, NotFound, Refused, Taken
from workflows.repository import now
from workflows.values import Limits, check_value

#: An entry as it is answered: `_key`, `workspace`, `createdAt`, `updatedAt`, and its own fields.
Entry: TypeAlias = dict[str, Any]

ALL = 2**31 - 1
PROTECTED = frozenset({"workspace", "createdAt", "updatedAt"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One catalog: where it is stored, what people call an entry, and what answers do."""

    collection: Collection
    noun: str
    one: str
    many: str

    @property
    def key(self) -> str:
        """How answers call the key of an entry."""
        return f"{self.one}Key"


CATEGORY = Kind(CATEGORIES, "category", "category", "categories")
NODE_CONFIG = Kind(NODE_CONFIGS, "node configuration", "nodeConfig", "nodeConfigs")
DATA_TYPE = Kind(DATA_TYPES, "data type", "dataType", "dataTypes")


class Catalog:
    """Reads and writes the entries of one kind. Every method may raise store.base.Unavailable."""

    def __init__(self, kind: Kind, store: DocumentStore, limits: Limits) -> None:
        self.kind = kind
        self.store = store
        self.limits = limits

    @property
    def missing(self) -> str:
        """What is told of an entry that does not exist, and of one that is not for the user."""
        return (
            f"This {self.kind.noun} does not exist, or you are no member of its workspace; "
            "the list shows those you may see."
        )

    def page(
        self, workspaces: tuple[str, ...] | None, limit: int | None, offset: int
    ) -> tuple[list[Entry], int]:
        """The entries of these workspaces (None: of all), oldest first, and how many there are.

        Without a limit it is all of them.
        """
        where: Where = {} if workspaces is None else {"workspace": AnyOf(workspaces)}
        found = self.store.find(
            self.kind.collection, where, limit=ALL if limit is None else limit, offset=offset
        )
        return [{"_key": each.key, **each.body} for each in found.items], found.total

    def get(self, key: str) -> Entry:
        """One entry. Raises NotFound."""
        found = self.store.get(self.kind.collection, key)
        if found is None:
            raise NotFound(self.missing)
        return {"_key": key, **found.body}

    def add(self, workspace: str, fields: Mapping[str, Any]) -> str:
        """Keep a new entry; its key. Raises Invalid, Refused (too_large), Taken."""
        at = now()
        body = {**self._accepted(fields), "workspace": workspace, "createdAt": at, "updatedAt": at}
        # Keys ascend with time, so that a list without any other order is in that of creation.
        key = f"{at:012x}{secrets.token_hex(10)}"
        try:
            self.store.write([Insert(self.kind.collection, key, body)])
        except Conflict:
            raise self._taken() from None
        return key

    def change(self, key: str, fields: Mapping[str, Any]) -> Entry:
        """Replace the named fields; the entry as it is then.

        Raises Invalid, Refused (too_large), NotFound, Taken.
        """
        named = {**self._accepted(fields), "updatedAt": now()}
        try:
            self.store.write([Patch(self.kind.collection, key, named)])
        except Conflict:
            self.get(key)
            raise self._taken() from None
        return self.get(key)

    def remove(self, key: str) -> None:
        """Delete an entry. Raises NotFound."""
        try:
            self.store.write([Delete(self.kind.collection, key, expect={})])
        except Conflict:
            raise NotFound(self.missing) from None

    def _accepted(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that a client may write; names with `_` in front are the store's."""
        own = {
            name: value
            for name, value in fields.items()
            if name not in PROTECTED and not name.startswith("_")
        }
        try:
            check_value(own, self.limits.depth, self.limits.text)
        except Refused as refused:
            if refused.code == "too_large":
                raise
            raise Invalid(refused.message) from None
        most = 2 * self.limits.text
        if len(msgspec.json.encode(own)) > most:
            raise Refused("too_large", f"A {self.kind.noun} may have {most} bytes; shorten it.")
        return own

    def _taken(self) -> Taken:
        fields = " and ".join(
            field for field in self.kind.collection.unique if field != "workspace"
        )
        return Taken(
            f"The workspace has a {self.kind.noun} with this {fields} already; choose another one."
        )
