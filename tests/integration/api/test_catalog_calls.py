"""Categories, node configurations and data types: one behaviour, three kinds of entries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.api.wire import Caller, People, ok, refused

PROCESS = "await next('0', incoming?.data);\r\n\t// é👍 <b>&amp;\\u0041 ${x} </script>\x7f \n"


@dataclass(frozen=True)
class Catalog:
    """How one kind of entries is called, and what an entry of it holds."""

    path: str
    many: str
    one: str
    unique: str
    fields: dict[str, Any]

    def fresh(self, name: str, **fields: object) -> dict[str, Any]:
        """The fields of an entry nobody else has."""
        return {**self.fields, self.unique: name, **fields}

    def add(self, caller: Caller, name: str, **fields: object) -> str:
        """Add an entry; its key."""
        added = ok(caller.post(self.path, json=self.fresh(name, **fields)), 201)
        assert added.keys() == {f"{self.one}Key"}
        key: str = added[f"{self.one}Key"]
        return key

    def find(self, caller: Caller, key: str) -> dict[str, Any] | None:
        """The entry in the list, if it is there."""
        entries = ok(caller.get(self.path))[self.many]
        return next((each for each in entries if each["_key"] == key), None)


CATEGORY = Catalog(
    "/api/category", "categories", "category", "name", {"name": "", "description": "d"}
)
NODE_CONFIG = Catalog(
    "/api/nodeconfig", "nodeConfigs", "nodeConfig", "type",
    {"type": "", "name": "Text", "process": PROCESS, "version": 3, "handles": {"0": []}},
)  # fmt: skip
DATA_TYPE = Catalog(
    "/api/datatype", "dataTypes", "dataType", "name",
    {"name": "", "description": None, "fields": [{"name": "street", "type": "string"}], "color": 7},
)  # fmt: skip

each_catalog = pytest.mark.parametrize(
    "catalog", [CATEGORY, NODE_CONFIG, DATA_TYPE], ids=lambda catalog: catalog.one
)
each_open_catalog = pytest.mark.parametrize(
    "catalog", [NODE_CONFIG, DATA_TYPE], ids=lambda catalog: catalog.one
)


@each_catalog
def test_an_entry_is_kept_as_it_was_given(editor: Caller, catalog: Catalog) -> None:
    """CATALOG-FIELDS-1, CATALOG-PROCESS-1"""
    key = catalog.add(editor, "kept")
    entry = catalog.find(editor, key)
    assert entry is not None
    assert entry["createdAt"] == entry["updatedAt"] > 1.6e12
    own = {name: entry[name] for name in entry.keys() - {"createdAt", "updatedAt"}}
    assert own == {**catalog.fresh("kept"), "_key": key, "workspace": "default"}


@each_open_catalog
def test_one_entry_is_read_by_itself(editor: Caller, catalog: Catalog) -> None:
    """CATALOG-CALLS-1"""
    key = catalog.add(editor, "read")
    assert ok(editor.get(f"{catalog.path}/{key}")) == {catalog.one: catalog.find(editor, key)}


@each_catalog
def test_a_change_replaces_the_named_fields_only(editor: Caller, catalog: Catalog) -> None:
    """CATALOG-FIELDS-1"""
    key = catalog.add(editor, "changed")
    before = catalog.find(editor, key)
    assert before is not None
    change = {"name": "changed afterwards", "description": "new"}
    entry = ok(editor.put(f"{catalog.path}/{key}", json=change))[catalog.one]
    assert entry == {**before, **change, "updatedAt": entry["updatedAt"]}
    assert entry == catalog.find(editor, key)
    assert entry["updatedAt"] >= before["updatedAt"]


@each_catalog
def test_a_deleted_entry_is_gone(editor: Caller, catalog: Catalog) -> None:
    """CATALOG-CALLS-1"""
    key = catalog.add(editor, "deleted")
    ok(editor.delete(f"{catalog.path}/{key}"), 204)
    assert catalog.find(editor, key) is None
    for method in ("PUT", "DELETE"):
        refused(editor.request(method, f"{catalog.path}/{key}", json={}), 404, "not_found")


@each_catalog
def test_a_taken_name_is_a_conflict_in_its_workspace_only(people: People, catalog: Catalog) -> None:
    """CATALOG-UNIQUE-1"""
    editor = people.editor
    catalog.add(editor, "taken")
    refused(editor.post(catalog.path, json=catalog.fresh("taken")), 409, "conflict")
    other = catalog.add(editor, "other")
    taken = {catalog.unique: "taken"}
    refused(editor.put(f"{catalog.path}/{other}", json=taken), 409, "conflict")
    entry = catalog.find(editor, other)
    assert entry is not None
    assert entry[catalog.unique] == "other"
    catalog.add(editor, "taken", workspace=people.team)


def test_another_version_of_a_type_is_another_entry(editor: Caller) -> None:
    """CATALOG-UNIQUE-1"""
    NODE_CONFIG.add(editor, "versions", version=1)
    NODE_CONFIG.add(editor, "versions", version=2)
    for version in (1, 1.0, 2):
        body = NODE_CONFIG.fresh("versions", version=version)
        refused(editor.post(NODE_CONFIG.path, json=body), 409, "conflict")
    body = {"type": "versions", "name": "x"}
    refused(editor.post(NODE_CONFIG.path, json=body), 409, "conflict")


@each_catalog
def test_of_many_who_take_one_name_at_once_one_gets_it(people: People, catalog: Catalog) -> None:
    """CATALOG-UNIQUE-1"""

    def add(_: int) -> int:
        return people.editor.post(catalog.path, json=catalog.fresh("raced")).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(add, range(8))) == [201] + [409] * 7


@each_catalog
def test_what_only_the_server_writes_cannot_be_written(people: People, catalog: Catalog) -> None:
    """CATALOG-FIELDS-1, SPACE-STAY-1"""
    forged = {"_key": "forged", "_id": "x", "_rev": "x", "createdAt": 5, "updatedAt": 5}
    key = catalog.add(people.editor, "protected", **forged)
    before = catalog.find(people.editor, key)
    assert before is not None
    assert before["createdAt"] > 5 < before["updatedAt"]
    assert before.keys().isdisjoint({"_id", "_rev"})
    ok(people.editor.put(f"{catalog.path}/{key}", json={**forged, "workspace": people.team}))
    after = catalog.find(people.editor, key)
    assert after == {**before, "updatedAt": after and after["updatedAt"]}


@each_open_catalog
@pytest.mark.parametrize(
    "fields",
    [
        {"extra": {"__proto__": {}}},
        {"constructor": 1},
        {"extra": ["a\0b"]},
        {"name": "a\0b"},
        {"extra": 2**53 + 2},
        {"": 1},
    ],
)
def test_a_value_that_no_document_may_hold_is_refused(
    editor: Caller, catalog: Catalog, fields: dict[str, Any]
) -> None:
    body = catalog.fresh("hostile") | fields
    refused(editor.post(catalog.path, json=body), 422, "validation_error")
    key = catalog.add(editor, f"harmless {sorted(fields)}")
    refused(editor.put(f"{catalog.path}/{key}", json=fields), 422, "validation_error")
    ok(editor.delete(f"{catalog.path}/{key}"), 204)


@each_open_catalog
def test_an_entry_has_limits(editor: Caller, catalog: Catalog) -> None:
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    mib = 1024 * 1024
    for extra in (deep, "x" * (mib + 1), ["x" * mib, "y" * mib]):
        body = catalog.fresh("large", extra=extra)
        refused(editor.post(catalog.path, json=body), 413, "too_large")


def test_fields_named_like_what_python_has_are_data_too(editor: Caller) -> None:
    odd = {"model_dump": 1, "model_fields_set": 2, "__class__": 3, "json": 4, "copy": 5}
    key = NODE_CONFIG.add(editor, "odd names", **odd)
    entry = ok(editor.get(f"{NODE_CONFIG.path}/{key}"))["nodeConfig"]
    assert odd.items() - {("__class__", 3)} <= entry.items()


@each_catalog
def test_a_list_is_whole_unless_a_page_of_it_is_asked_for(people: People, catalog: Catalog) -> None:
    """CATALOG-LIST-1"""
    keys = [catalog.add(people.owner, f"page {n}", workspace=people.team) for n in range(5)]
    query = f"workspace={people.team}"
    whole = ok(people.owner.get(f"{catalog.path}?{query}"))
    listed = [entry["_key"] for entry in whole[catalog.many] if entry["_key"] in keys]
    assert sorted(listed) == sorted(keys)
    assert whole["total"] == len(whole[catalog.many])
    page = ok(people.owner.get(f"{catalog.path}?{query}&limit=2&offset=1"))
    assert page == {catalog.many: whole[catalog.many][1:3], "total": whole["total"]}
