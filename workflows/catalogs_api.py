"""The calls under /api/category, /api/nodeconfig and /api/datatype: the same, for three kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel

import store.current
from accounts.access import Role
from accounts.api import Request
from accounts.paging import Offset
from accounts.problems import Problem
from workflows import answers, reach, schemas
from workflows.catalogs import CATEGORY, DATA_TYPE, NODE_CONFIG, Catalog, Entry, Kind
from workflows.given import given
from workflows.schemas import FAILS

Limit = Annotated[int | None, Query(ge=1, le=1000)]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the calls for one kind take, and what they answer."""

    new: type[BaseModel]
    changes: type[BaseModel]
    added: type[BaseModel]
    many: type[BaseModel]
    one: type[BaseModel]


def catalog_router(kind: Kind, shapes: Shapes, *, single: bool) -> Router:
    """The calls for one kind; `single`: whether one entry can be read by itself."""
    router = Router(by_alias=True)

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
    add_entry.__annotations__["entry"] = shapes.new
    change_entry.__annotations__["fields"] = shapes.changes

    call, noun, taken = partial(_add, router), kind.noun, {409: Problem}
    call("GET", "", f"list {kind.many}", list_entries, {200: shapes.many})
    call("POST", "", f"add a {noun}", add_entry, {201: shapes.added, **taken, **FAILS})
    if single:
        call("GET", "/{key}", f"read a {noun}", read_entry, {200: shapes.one, **FAILS})
    call("PUT", "/{key}", f"change a {noun}", change_entry, {200: shapes.one, **taken, **FAILS})
    call("DELETE", "/{key}", f"delete a {noun}", remove_entry, {204: None, **FAILS})
    return router


def _add(
    router: Router,
    method: str,
    path: str,
    what: str,
    run: Callable[..., object],
    responses: Mapping[Any, object],
) -> None:
    router.add_api_operation(
        path,
        [method],
        run,
        summary=what.capitalize(),
        operation_id=what.replace(" ", "_"),
        response=responses,
    )


def _catalog(kind: Kind) -> Catalog:
    return Catalog(kind, store.current.current(), reach.limits())


def _entry(request: Request, kind: Kind, key: str, role: Role) -> Entry:
    """An entry that this user has at least this role for. Raises NotFound, Forbidden."""
    catalog = _catalog(kind)
    entry = catalog.get(key)
    reach.require(request.auth, entry["workspace"], role, catalog.missing)
    return entry


category_router = catalog_router(
    CATEGORY,
    Shapes(
        new=schemas.NewCategory,
        changes=schemas.CategoryChanges,
        added=schemas.CategoryKey,
        many=schemas.CategoryList,
        one=schemas.OneCategory,
    ),
    single=False,
)
node_config_router = catalog_router(
    NODE_CONFIG,
    Shapes(
        new=schemas.NewNodeConfig,
        changes=schemas.NodeConfigChanges,
        added=schemas.NodeConfigKey,
        many=schemas.NodeConfigList,
        one=schemas.OneNodeConfig,
    ),
    single=True,
)
data_type_router = catalog_router(
    DATA_TYPE,
    Shapes(
        new=schemas.NewDataType,
        changes=schemas.DataTypeChanges,
        added=schemas.DataTypeKey,
        many=schemas.DataTypeList,
        one=schemas.OneDataType,
    ),
    single=True,
)
