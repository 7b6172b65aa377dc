"""What the original system's export becomes in our own format."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup.errors import Invalid
from backup.original import LEFT_OUT, Converted, convert, is_original
from tests.unit.backup.original_expected import EXPECTED, KEPT, converted
from tests.unit.backup.original_export import export
from tests.unit.backup.original_names import ORDERS, PAGE, PNG, TOKEN, hexed
from tests.unit.backup.original_samples import SAMPLES, refusal
from tests.unit.workflows.made import roots
from workflows.document import Workflow

Document = dict[str, Any]


def test_the_export_holds_every_collection_of_the_original() -> None:
    assert export()["collections"].keys() == EXPECTED.keys() | KEPT
    assert all(map(is_original, export()["collections"]))
    assert not any(map(is_original, ("workflows", "nodes", "kept", "Nodius_graphs", "nodius")))
    assert {name for name, documents in EXPECTED.items() if not documents} == LEFT_OUT


@pytest.mark.parametrize("name", EXPECTED)
def test_a_collection_becomes_what_stands_for_it_here(name: str) -> None:
    assert converted(name) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(KEPT))
def test_what_has_no_place_here_is_kept_as_it_was(name: str) -> None:
    assert converted(name) == [
        Converted(
            "kept",
            {
                "_key": f"{name}:{document['_key']}",
                "collection": name,
                "type": 2,
                "document": document,
            },
        )
        for document in export()["collections"][name]["documents"]
    ]


def test_the_workflows_of_the_export_can_be_opened() -> None:
    everything = [each for name in EXPECTED for each in converted(name)]
    assert set(opened(everything)) == {ORDERS, PAGE}


def test_conversion_leaves_the_document_as_it_was_and_comes_to_the_same_again() -> None:
    before = export()
    after = copy.deepcopy(before)
    for name, collection in after["collections"].items():
        for document in collection["documents"]:
            first = convert(name, collection["type"], document)
            assert first == convert(name, collection["type"], document)
    assert after == before


def opened(everything: list[Converted]) -> dict[str, Workflow]:
    """The workflows among these, with their nodes and edges."""
    workflows: dict[str, Document] = {
        each.document["_key"]: {
            **{field: each.document[field] for field in ("name", "category", "description")},
            "data": each.document["data"],
            "nodes": {},
            "edges": {},
        }
        for each in everything
        if each.collection == "workflows"
    }
    for each in everything:
        if each.collection in ("nodes", "edges"):
            belonging = workflows[each.document["workflowKey"]][each.collection]
            belonging[each.document["key"]] = each.document["value"]
    return {key: Workflow(root) for key, root in workflows.items()}


@given(roots(), st.sampled_from([hexed("any"), "g", "with-dashes"]), st.booleans())
def test_a_graph_becomes_a_workflow_that_opens(
    root: Document, graph: str, only_links: bool
) -> None:
    root["data"].pop("_key", None)
    head = {"name": root["name"], "category": root["category"]}
    everything = convert("nodius_graphs", 2, {**root["data"], **head, "_key": graph})
    names = {"graphKey": graph, "_id": "x", "_rev": "y"}
    for key, value in root["nodes"].items():
        everything += convert("nodius_nodes", 2, {**value, **names, "_key": f"{graph}-{key}"})
    for key, value in root["edges"].items():
        ends = {name: value[name] for name in ("source", "target")}
        links = {
            link: f"nodius_nodes/{graph}-{end}"
            for link, end in zip(("_from", "_to"), ends.values(), strict=True)
        }
        fields = {**value, **dict.fromkeys(ends)} if only_links else value
        document = {**fields, **links, **names, "_key": f"{graph}-{key}"}
        everything += convert("nodius_edges", 3, document)
    plain = opened(everything)[graph].plain()
    assert plain == {**root, "data": {**root["data"], "sheets": {"0": "main"}}}


WRONG: dict[str, tuple[str, list[Any]]] = {
    "name": ("nodius_graphs", [None, 7, [], ...]),
    "category": ("nodius_category", [None, 7, ...]),
    "description": ("nodius_graphs", [7, [], {}, False]),
    "sheetsList": ("nodius_graphs", [[], "main", 0, {"0": 1}]),
    "posX": ("nodius_nodes", [None, "1", True, []]),
    "posY": ("nodius_nodes", [None, "1", False, {}]),
    "source": ("nodius_edges", [7, []]),
    "displayName": ("nodius_node_config", [None, 7, ...]),
    "node": ("nodius_node_config", [[], "x", {"process": 7}]),
    "version": ("nodius_node_config", ["1", 1.5, True, 2**54]),
    "types": ("nodius_data_type", [None, {}, "x", ...]),
    "enum": ("nodius_enum", [None, {}, "x", ...]),
    "mimeType": ("nodius_images", [None, 7, ...]),
    "userId": ("nodius_images", [7]),
    "username": ("nodius_users", [None, 7, ...]),
    "email": ("nodius_users", [7, []]),
    "password": ("nodius_users", [None, 7, ...]),
    "roles": ("nodius_users", ["admin", {"admin": 1}, [7]]),
    "workspaces": ("nodius_users", ["x", 0, [None], {}]),
}


@pytest.mark.parametrize("field", WRONG)
def test_a_field_of_the_wrong_type_is_named(field: str) -> None:
    collection, values = WRONG[field]
    for value in values:
        reason = refusal(collection, **{field: value})
        assert reason.split(",")[0].split()[0] in (field, "process")
        assert " must be " in reason


#: By collection, the fields that a document has and of which types they are.
SHAPES: dict[str, dict[str, tuple[type, ...]]] = {
    "workflows": {
        **dict.fromkeys(("name", "workspace"), (str,)),
        **dict.fromkeys(("category", "description"), (str, type(None))),
        **dict.fromkeys(("createdAt", "updatedAt", "seq"), (int,)),
        "data": (dict,),
    },
    "nodes": {"workflowKey": (str,), "key": (str,), "value": (dict,)},
    "edges": {"workflowKey": (str,), "key": (str,), "value": (dict,)},
    "node_configs": {
        **dict.fromkeys(("type", "name", "workspace"), (str,)),
        **dict.fromkeys(("version", "createdAt", "updatedAt"), (int,)),
        "process": (str, type(None)),
    },
    "categories": {
        **dict.fromkeys(("name", "workspace"), (str,)),
        **dict.fromkeys(("createdAt", "updatedAt"), (int,)),
        "description": (str, type(None)),
    },
    "data_types": {
        **dict.fromkeys(("name", "workspace"), (str,)),
        **dict.fromkeys(("createdAt", "updatedAt"), (int,)),
        "description": (str, type(None)),
        "fields": (list,),
    },
    "images": {
        **dict.fromkeys(("name", "workspace", "userId", "mime", "data"), (str,)),
        "createdAt": (int,),
    },
    "users": {
        **dict.fromkeys(("username", "email", "password"), (str,)),
        **{"roles": (list,), "active": (bool,), "staff": (bool,)},
        **{"providerId": (type(None),), "createdAt": (int,)},
    },
    "workspaces": {"name": (str,), "createdAt": (int,)},
    "memberships": {"workspace": (str,), "user": (str,), "role": (str,)},
    "kept": {"collection": (str,), "type": (int,), "document": (dict,)},
}
#: Those that may have more fields than these.
OPEN = {"node_configs", "data_types"}

FIELD_NAMES = sorted(
    {field for sample in SAMPLES.values() for field in sample}
    | set(WRONG)
    | {"_from", "_to", "_id", "workspace", "createdTime", "lastUpdatedTime", "uploadedAt"}
    | {"createdAt", "lastLogin", "lastRefresh", "fields", "process", "x"}
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from(["root", "g", "g-n", "nodius_nodes/g-n", "2026-02-11T08:30:15Z", PNG, TOKEN])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELD_NAMES) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.sampled_from([*SAMPLES, "nodius_", "nodius_cluster", "nodius_graphs_history"]),
    st.sampled_from([2, 3]),
    st.dictionaries(st.sampled_from(FIELD_NAMES) | st.text(max_size=3), ANYTHING, max_size=4),
    st.booleans(),
)
def test_any_document_is_refused_or_becomes_such_as_we_have(
    collection: str, kind: int, fields: Document, complete: bool
) -> None:
    document = SAMPLES.get(collection, {}) | fields if complete else fields
    try:
        found = convert(collection, kind, document)
    except Invalid as refused:
        assert str(refused) and TOKEN not in str(refused)
        return
    assert (found == []) == (collection in LEFT_OUT)
    for each in found:
        shape = SHAPES[each.collection]
        own = dict(each.document)
        assert type(own.pop("_key")) is str
        assert own.keys() >= shape.keys()
        assert own.keys() == shape.keys() or each.collection in OPEN
        assert not [name for name in own if name.startswith("_")]
        for name, types in shape.items():
            assert type(own[name]) in types, name
