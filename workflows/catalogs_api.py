"""The calls under /api/category, /api/nodeconfig and /api/datatype: the same, for three kinds."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel

import store.current
from accounts.access import Role
from accounts.api import Request
from workflows import answers, reach
from workflows.catalogs import CATEGORY, DATA_TYPE, NODE_CONFIG, Catalog, Entry, Kind
from workflows.given import given
from workflows.schemas import (
    FAILS,
    CategoryChanges,
    DataTypeChanges,
    NewCategory,
    NewDataType,
    NewNodeConfig,
    NodeConfigChanges,
    Offset,
    Problem,
)

Limit = Annotated[int | None, Query(ge=1, le=1000)]


def catalog_router(
    kind: Kind, new: type[BaseModel], changes: type[BaseModel], *, single: bool
) -> Router:
    """The calls for one kind; `single`: whether one entry can be read by itself."""
    router = Router()

    def list_entries(
        request: Request, workspace: str | None = None, limit: Limit = None, offset: Offset = 0
    ) -> HttpResponse:
        workspaces = reach.listed(request.auth, workspace)
        entries, total = _catalog(kind).page(workspaces, limit, offset)
        return answers.json({kind.many: entries, "total": total})

    def add_entry(request: Request, entry: BaseModel) -> Status[dict[str, str]]:
        fields = dict(entry)
        workspace = reach.for_new(request.auth, fields.pop("workspace"))
        return Status(201, {kind.key: _catalog(kind).add(workspace, fields)})

    def read_entry(request: Request, key: str) -> HttpResponse:
        return answers.json({kind.one: _entry(request, kind, key, Role.VIEWER)})

    def change_entry(request: Request, key: str, fields: BaseModel) -> HttpResponse:
        _entry(request, kind, key, Role.EDITOR)
        return answers.json({kind.one: _catalog(kind).change(key, given(fields))})

    def remove_entry(request: Request, key: str) -> Status[None]:
        _entry(request, kind, key, Role.EDITOR)
        _catalog(kind).remove(key)
        return Status(204, None)

    # ninja reads the type of a body here; it differs by kind, which no static annotation can say.
    add_entry.__annotations__["entry"] = new
    change_entry.__annotations__["fields"] = changes
    router.add_api_operation("", ["GET"], list_entries, **_documented(f"list {kind.many}"))
    router.add_api_operation("", ["POST"], add_entry, **_documented(f"add a {kind.noun}", 201))
    if single:
        router.add_api_operation(
            "/{key}", ["GET"], read_entry, **_documented(f"read a {kind.noun}")
        )
    router.add_api_operation(
        "/{key}", ["PUT"], change_entry, **_documented(f"change a {kind.noun}")
    )
    router.add_api_operation(
        "/{key}", ["DELETE"], remove_entry, **_documented(f"delete a {kind.noun}", 204)
    )
    return router


def _catalog(kind: Kind) -> Catalog:
    return Catalog(kind, store.current.current(), reach.limits())


def _entry(request: Request, kind: Kind, key: str, role: Role) -> Entry:
    """An entry that this user has at least this role for. Raises NotFound, Forbidden."""
    catalog = _catalog(kind)
    entry = catalog.get(key)
    reach.require(request.auth, entry["workspace"], role, catalog.missing)
    return entry


def _documented(what: str, status: int = 200) -> dict[str, Any]:
    answer = {200: dict[str, Any], 201: dict[str, str], 204: None}[status]
    return {
        "summary": what.capitalize(),
        "operation_id": what.replace(" ", "_"),
        "response": {status: answer, **FAILS, frozenset({409, 413}): Problem},
    }


category_router = catalog_router(CATEGORY, NewCategory, CategoryChanges, single=False)
node_config_router = catalog_router(NODE_CONFIG, NewNodeConfig, NodeConfigChanges, single=True)
data_type_router = catalog_router(DATA_TYPE, NewDataType, DataTypeChanges, single=True)
