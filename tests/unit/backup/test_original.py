"""What the original system's export becomes in our own format."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backup.errors import Invalid
from backup.original import LEFT_OUT, Converted, convert, is_original
from tests.unit.backup.original_export import (
    ADDRESS,
    ADMIN,
    COLOR,
    CREATED,
    FORM,
    FROM_FILE,
    HASH,
    HTML,
    LOGO,
    MIA,
    ORDERS,
    PAGE,
    PARTS,
    PHOTO,
    PNG,
    PROCESS,
    SUM,
    TOKEN,
    TOM,
    UPDATED,
    WORKFLOWS,
    export,
    handles,
    hexed,
    tree,
)
from tests.unit.workflows.made import roots
from workflows.document import Workflow
from workflows.schemas import Category, DataType, NodeConfig

Document = dict[str, Any]

#: Collections whose documents become one or more of another kind, and a document of each.
SAMPLES: dict[str, Document] = {
    "nodius_graphs": {"_key": "g", "name": "Flow", "workspace": "root"},
    "nodius_nodes": {"_key": "g-n", "graphKey": "g", "type": "html"},
    "nodius_edges": {"_key": "g-e", "graphKey": "g", "source": "a", "target": "b"},
    "nodius_node_config": {"_key": "c", "displayName": "Sum", "node": {}},
    "nodius_category": {"_key": "c", "category": "parts"},
    "nodius_data_type": {"_key": "d", "name": "address", "types": []},
    "nodius_enum": {"_key": "e", "name": "color", "enum": []},
    "nodius_images": {"_key": "1", "token": "t", "name": "i", "mimeType": "image/png", "data": PNG},
    "nodius_users": {"_key": "7", "username": "mia", "password": HASH},
    "nodius_else": {"_key": "x"},
}
TIMES = {"createdAt": 0, "updatedAt": 0}
IN_DEFAULT = {"workspace": "default", **TIMES}


def one(collection: str, **changes: Any) -> Document:
    """What comes first of a sample with these changes; those that are `...` are left out."""
    fields = SAMPLES[collection] | changes
    given = {name: value for name, value in fields.items() if value is not ...}
    return convert(collection, 2, given)[0].document


def refusal(collection: str, **changes: Any) -> str:
    """Why a sample with these changes cannot be taken over."""
    with pytest.raises(Invalid) as refused:
        one(collection, **changes)
    return str(refused.value)


def node(graph: str, key: str, value: Document) -> Converted:
    return part("nodes", graph, key, value)


def edge(graph: str, key: str, value: Document) -> Converted:
    return part("edges", graph, key, value)


def part(collection: str, graph: str, key: str, value: Document) -> Converted:
    names = {"_key": f"{graph}-{key}", "workflowKey": graph, "key": key}
    return Converted(collection, {**names, "value": value})


def member(workspace: str, user: str, role: str = "editor") -> Converted:
    names = {"_key": f"{workspace}-{user}", "workspace": workspace, "user": user}
    return Converted("memberships", {**names, "role": role})


def user(key: str, username: str, created: int, **fields: Any) -> Converted:
    usual: Document = {
        "_key": key,
        "username": username,
        "email": "",
        "roles": ["user"],
        "active": True,
        "staff": False,
        "password": f"bcrypt${HASH}",
        "providerId": None,
        "createdAt": created,
    }
    return Converted("users", usual | fields)


def own(key: str, name: str, created: int) -> Converted:
    return Converted("workspaces", {"_key": key, "name": name, "createdAt": created})


def image(token: str, **fields: str) -> Converted:
    uploaded = {"createdAt": 1770798615250, "mime": "image/png", "data": PNG}
    return Converted("images", {"_key": token, **fields, **uploaded})


WHOLE = {"createdAt": CREATED, "updatedAt": UPDATED}
SIZE = {"width": 323.3039100656893, "height": 154.98540090239624}
PLACE = {"sheet": "0", "size": SIZE, "handles": handles()}
LINE = {"sheet": "0", "sourceHandle": "1", "targetHandle": "0"}
BORDER = {
    "radius": 8,
    "width": 1,
    "type": "solid",
    "normal": {"color": "var(--nodius-primary-dark)"},
    "hover": {"color": "var(--nodius-primary-light)"},
}
NODE = {"posX": 0, "posY": 0, "handles": handles(), "size": {"width": 300, "height": 300}}
FIELD = {"name": "street", "typeId": "str", "required": True, "isArray": False}

#: What the export comes to, by collection.
EXPECTED: dict[str, list[Converted]] = {
    "nodius_cluster": [],
    "nodius_graphs": [
        Converted(
            "workflows",
            {
                "_key": ORDERS,
                "name": "Orders & <returns>",
                "category": "R&D",
                "description": 'What "shop" does',
                "workspace": "default",
                **WHOLE,
                "seq": 0,
                "data": {
                    "version": 0,
                    "permission": 0,
                    "metadata": {
                        "noMultipleSheet": False,
                        "limitWorkingArea": {"width": 9, "height": 8.5},
                    },
                    "sheets": {"0": "main", "1": "R&D"},
                },
            },
        ),
        Converted(
            "workflows",
            {
                "_key": PAGE,
                "name": "Page-graph",
                "category": "default",
                "description": None,
                "workspace": MIA,
                **WHOLE,
                "seq": 0,
                "data": {
                    "htmlKeyLinked": HTML,
                    "version": 0,
                    "permission": 0,
                    "sheets": {"0": "main"},
                },
            },
        ),
    ],
    "nodius_nodes": [
        node(
            ORDERS,
            "root",
            {**PLACE, "type": "starter", "posX": 0, "posY": -0.5, "process": "", "data": None},
        ),
        node(
            ORDERS,
            "rop1",
            {
                **PLACE,
                "type": SUM,
                "typeVersion": 3,
                "posX": 2704.8875358645255,
                "posY": -742.4237414186014,
                "process": PROCESS,
                "data": {"en": "<p>1 -&nbsp;</p>"},
            },
        ),
        node(
            ORDERS,
            FROM_FILE,
            {
                **PLACE,
                "sheet": "1",
                "type": "entryType",
                "posX": 381.5,
                "posY": 7,
                "process": "",
                "data": {"_key": ADDRESS, "fixedValue": {"street": "Main St &amp; 1st"}},
            },
        ),
        node(
            PAGE,
            "root",
            {
                "sheet": "0",
                "type": "html",
                "size": {"width": 640, "height": 360, "dynamic": True},
                "posX": -877.6856268261765,
                "posY": -917.4325773736496,
                "process": "initHtml(node.data);",
                "handles": {
                    "0": {
                        "position": "fix",
                        "point": [{"id": "0", "type": "out", "accept": "event[]"}],
                    }
                },
                "data": tree("root"),
            },
        ),
    ],
    "nodius_edges": [
        edge(
            ORDERS,
            "rop2",
            {**LINE, "source": "root", "target": "rop1", "label": "a &amp; b"},
        ),
        edge(ORDERS, "rop3", {**LINE, "source": "rop1", "target": FROM_FILE}),
    ],
    "nodius_node_config": [
        Converted(
            "node_configs",
            {
                "_key": SUM,
                "type": SUM,
                "name": "Sum & tax",
                "process": PROCESS,
                "version": 3,
                "workspace": "default",
                **WHOLE,
                "description": 'adds "up"',
                "category": "R&D",
                "alwaysRendered": True,
                "content": tree("roou"),
                "border": BORDER,
                "node": {"type": SUM, **NODE, "process": PROCESS, "data": {"en": "", "fr": ""}},
                "icon": "Calculator",
            },
        ),
        Converted(
            "node_configs",
            {
                "_key": FORM,
                "type": FORM,
                "name": "Form",
                "process": "",
                "version": 0,
                "workspace": MIA,
                "createdAt": CREATED,
                "updatedAt": CREATED,
                "description": "",
                "category": "default",
                "alwaysRendered": False,
                "content": {"type": "html", "content": ""},
                "border": BORDER,
                "node": {"type": FORM, **NODE, "process": ""},
            },
        ),
    ],
    "nodius_category": [
        Converted(
            "categories", {"_key": WORKFLOWS, "name": "R&D", "description": None, **IN_DEFAULT}
        ),
        Converted(
            "categories",
            {"_key": PARTS, "name": "parts", "description": None, "workspace": MIA, **TIMES},
        ),
    ],
    "nodius_data_type": [
        Converted(
            "data_types",
            {
                "_key": ADDRESS,
                "name": "a &amp; b",
                "description": "",
                "fields": [
                    FIELD,
                    {**FIELD, "name": "color", "typeId": "enum", "defaultValue": COLOR},
                ],
                **IN_DEFAULT,
            },
        ),
    ],
    "nodius_enum": [
        Converted(
            "data_types",
            {
                "_key": COLOR,
                "name": "color",
                "description": "which one",
                "fields": [],
                "enum": ["red", "green"],
                **IN_DEFAULT,
            },
        ),
    ],
    "nodius_images": [
        image(LOGO, name="Logo & <name>", workspace="default", userId=ADMIN),
        image(PHOTO, name="photo", workspace=MIA, userId=MIA),
    ],
    "nodius_users": [
        user(
            *(ADMIN, "admin", CREATED),
            email="admin@example.com",
            roles=["admin", "user"],
            staff=True,
        ),
        member("default", ADMIN),
        own(ADMIN, "admin", CREATED),
        member(ADMIN, ADMIN, "owner"),
        user(MIA, "mia", UPDATED),
        member("default", MIA),
        own(MIA, "mia", UPDATED),
        member(MIA, MIA, "owner"),
        member(ADMIN, MIA),
        member("team", MIA),
        user(TOM, "tom", UPDATED),
        member("default", TOM),
        own(TOM, "tom", UPDATED),
        member(TOM, TOM, "owner"),
    ],
}
#: Kept as they are.
KEPT = {
    "nodius_html_class",
    "nodius_graphs_history",
    "nodius_ai_threads",
    "nodius_node_configs",
    "nodius_node_category",
    "nodius_builder_component",
}


def converted(name: str) -> list[Converted]:
    """What a collection of the export comes to."""
    collection = export()["collections"][name]
    return [
        each
        for document in collection["documents"]
        for each in convert(name, collection["type"], document)
    ]


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


# --- names ---------------------------------------------------------------------------------------

HTML_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
)  # fmt: skip


@given(st.text("&<>\"'amp;ltgquo#39 é", max_size=20))
@example("&amp;lt;")
def test_a_text_that_was_escaped_once_is_as_it_was_typed(typed: str) -> None:
    escaped = typed.translate(HTML_ESCAPES)
    labels = {"category": escaped, "description": escaped}
    graph = one("nodius_graphs", name=escaped, **labels)
    config = one("nodius_node_config", displayName=escaped, **labels)
    category = one("nodius_category", category=escaped)
    assert [graph[each] for each in ("name", "category", "description")] == [typed] * 3
    assert [config[each] for each in ("name", "category", "description")] == [typed] * 3
    assert category["name"] == typed


def test_a_text_is_unescaped_no_further_than_the_original_escaped() -> None:
    assert one("nodius_graphs", name="&amp;amp; &copy; &nbsp; &lt")["name"] == (
        "&amp; &copy; &nbsp; &lt"
    )


def test_what_was_never_escaped_stays() -> None:
    name = "a &amp; b"
    assert one("nodius_data_type", name=name, description=name)["description"] == name
    assert one("nodius_enum", name=name)["name"] == name
    assert one("nodius_images", name=name)["name"] == name
    assert one("nodius_users", username=name)["username"] == name
    assert one("nodius_graphs", sheetsList={"0": name})["data"]["sheets"] == {"0": name}
    assert one("nodius_nodes", process=name)["value"]["process"] == name
    assert one("nodius_node_config", node={"process": name})["process"] == name


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [
        (5, 5),
        (1762808217925.0, 1762808217925),
        ("1970-01-01T00:00:00.005Z", 5),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:01", 1000),
        ("1970-01-01T00:00:00.0019Z", 1),
        ("2026-02-11", 1770768000000),
    ],
)
def test_a_time_is_milliseconds_however_it_was_written(time: Any, milliseconds: int) -> None:
    assert one("nodius_graphs", createdTime=time)["createdAt"] == milliseconds
    assert one("nodius_images", uploadedAt=time)["createdAt"] == milliseconds
    assert one("nodius_users", createdAt=time)["createdAt"] == milliseconds


@pytest.mark.parametrize(
    "time", [1.5, -1, 2**53 + 1, 1e300, True, [], {}, "", "today", "1969-12-31", "1762808217925"]
)
def test_what_is_no_time_is_refused(time: Any) -> None:
    for collection, field in (
        ("nodius_graphs", "createdTime"),
        ("nodius_node_config", "lastUpdatedTime"),
        ("nodius_data_type", "createdTime"),
        ("nodius_images", "uploadedAt"),
        ("nodius_users", "createdAt"),
    ):
        assert refusal(collection, **{field: time}).startswith(f"{field} must be milliseconds")


@pytest.mark.parametrize("missing", [None, ...])
def test_a_missing_time_is_the_other_one(missing: Any) -> None:
    graph = one("nodius_graphs", createdTime=7, lastUpdatedTime=missing)
    assert (graph["createdAt"], graph["updatedAt"]) == (7, 7)
    graph = one("nodius_graphs", createdTime=missing, lastUpdatedTime=8)
    assert (graph["createdAt"], graph["updatedAt"]) == (8, 8)
    graph = one("nodius_graphs", createdTime=missing, lastUpdatedTime=missing)
    assert (graph["createdAt"], graph["updatedAt"]) == (0, 0)
    assert one("nodius_users", createdAt=missing, lastLogin=9)["createdAt"] == 9
    assert one("nodius_images", uploadedAt=missing)["createdAt"] == 0


# --- keys and workspaces -------------------------------------------------------------------------

BAD_KEYS = ["../", "..", ".", "_system", "k" * 129, "k" * 300, "a\0", "é", "a b", "a/b", "a\n", ""]


@pytest.mark.parametrize("key", [*BAD_KEYS, None, 7, ...])
def test_a_key_that_no_store_takes_is_refused(key: Any) -> None:
    for collection in SAMPLES:
        assert "must be 1 to 128 of" in refusal(collection, _key=key)
    assert "graphKey must" in refusal("nodius_nodes", graphKey=key)
    assert "graphKey must" in refusal("nodius_edges", graphKey=key)
    assert "token must" in refusal("nodius_images", token=key)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_within_a_graph_is_judged_like_any(key: str) -> None:
    refusal("nodius_nodes", _key=f"g-{key}")
    refusal("nodius_edges", source=f"g-{key}")
    refusal("nodius_edges", target=..., _to=f"nodius_nodes/g-{key}")


def test_a_collection_has_to_have_a_name_that_can_be_part_of_a_key() -> None:
    for name in ("nodius_/", "nodius_é", f"nodius_{'x' * 128}"):
        with pytest.raises(Invalid, match="after the name of its collection"):
            convert(name, 2, {"_key": "x"})


@pytest.mark.parametrize("workspace", ["root", "default", "", None, ...])
def test_what_belonged_to_everybody_is_in_the_default_workspace(workspace: Any) -> None:
    for collection in SAMPLES.keys() - {"nodius_nodes", "nodius_edges", "nodius_else"}:
        if collection != "nodius_users":
            assert one(collection, workspace=workspace)["workspace"] == "default"


def test_a_workspace_keeps_its_key_if_that_is_one() -> None:
    assert one("nodius_category", workspace="10234")["workspace"] == "10234"
    bad: Any
    for bad in ("../", 7, [], "_x"):
        assert refusal("nodius_category", workspace=bad).startswith("workspace must be")


# --- workflows, nodes and edges ------------------------------------------------------------------


def test_a_graph_without_sheets_has_the_first_one() -> None:
    for missing in (None, ...):
        assert one("nodius_graphs", sheetsList=missing)["data"] == {"sheets": {"0": "main"}}
    # Each has its own.
    one("nodius_graphs")["data"]["sheets"].clear()
    assert one("nodius_graphs")["data"] == {"sheets": {"0": "main"}}


def test_the_fields_of_a_graph_go_into_data_but_for_those_of_the_database() -> None:
    graph = one("nodius_graphs", _rev="r", _sheets={}, sheets={"0": {}}, nodeKeyLinked="k", data=1)
    assert graph["data"] == {"sheets": {"0": "main"}, "nodeKeyLinked": "k", "data": 1}


def test_a_part_is_named_by_what_follows_the_key_of_its_graph() -> None:
    for graph, key, within in (
        ("g", "g-n", "n"),
        ("g", "g-n-1", "n-1"),
        ("a-b", "a-b-n", "n"),
        ("g", "n", "n"),
        ("g", "other-n", "n"),
        ("g", "other-n-1", "n-1"),
    ):
        found = one("nodius_nodes", _key=key, graphKey=graph)
        assert (found["_key"], found["key"]) == (f"{graph}-{within}", within)
        assert found["workflowKey"] == graph


def test_a_node_loses_the_fields_of_the_database_and_what_was_computed_of_it() -> None:
    found = one("nodius_nodes", _id="i", _rev="r", _from="f", embedding=[0.5], data={"_key": "d"})
    assert found["value"] == {"type": "html", "data": {"_key": "d"}}


def test_an_edge_hangs_where_its_links_say_if_it_does_not_say_so_itself() -> None:
    links = {"_from": "nodius_nodes/g-x", "_to": "nodius_nodes/g-y-z"}
    for missing in (None, "", ...):
        found = one("nodius_edges", source=missing, target=missing, **links)
        assert found["value"] == {"source": "x", "target": "y-z"}
    assert one("nodius_edges", **links)["value"] == {"source": "a", "target": "b"}
    assert one("nodius_edges", source="g-x")["value"]["source"] == "x"


def test_an_edge_to_another_graph_keeps_a_key_that_is_no_node_here() -> None:
    found = one("nodius_edges", target=..., _to="nodius_nodes/other-x")
    assert found["value"]["target"] == "other-x"


def test_an_edge_without_an_end_is_refused() -> None:
    assert refusal("nodius_edges", source=...).startswith("source, or else _from, must be")
    assert refusal("nodius_edges", target=..., _to="x").startswith("target, or else _to, must be")


# --- catalogs ------------------------------------------------------------------------------------


def test_a_category_has_the_fields_of_one_only() -> None:
    category = one("nodius_category", type="workflow", description="all", color="red")
    assert category == {"_key": "c", "name": "parts", "description": "all", **IN_DEFAULT}


@pytest.mark.parametrize("node", [None, ..., {}, {"process": None}])
def test_a_node_configuration_does_without_a_process_and_a_version(node: Any) -> None:
    config = one("nodius_node_config", node=node, type="x", name="y", process=3)
    assert (config["type"], config["name"], config["process"]) == ("c", "Sum", None)
    assert config["version"] == 1
    assert one("nodius_node_config", version=2.0)["version"] == 2


def test_entries_of_catalogs_are_such_as_the_catalogs_take() -> None:
    models: dict[str, type[Category] | type[NodeConfig] | type[DataType]] = {
        "nodius_category": Category,
        "nodius_node_config": NodeConfig,
        "nodius_data_type": DataType,
        "nodius_enum": DataType,
    }
    for name, model in models.items():
        for each in converted(name):
            model.model_validate(each.document, strict=True)


# --- images and users ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", ["", "AAA", "AAAA=", "A===", "AA-_", "AAA\n", f"data:image/png;base64,{PNG}", 5, None]
)
def test_an_image_whose_bytes_are_no_base64_is_refused(data: Any) -> None:
    assert refusal("nodius_images", data=data).startswith("data must be")


def test_an_image_of_nobody_is_one() -> None:
    for missing in (None, ...):
        assert one("nodius_images", userId=missing)["userId"] == ""


def test_no_live_token_is_taken_over() -> None:
    assert TOKEN in msgspec.json.encode(export()).decode()
    for name, collection in export()["collections"].items():
        for document in collection["documents"]:
            found = convert(name, 2, document) + convert("nodius_copy_of_users", 2, document)
            assert TOKEN not in msgspec.json.encode([each.document for each in found]).decode()
    # What is public is none, and neither is a text that has one in it.
    others = {"token": LOGO, "note": f"see {TOKEN}", "count": 1}
    assert one("nodius_else", **others)["document"] == {"_key": "x", **others}


def test_only_its_owner_brings_a_workspace() -> None:
    found = convert("nodius_users", 2, SAMPLES["nodius_users"] | {"workspaces": ["8", "8", "root"]})
    assert found[1:] == [member("default", "7"), member("8", "7")]


@pytest.mark.parametrize("key", ["default", "root"])
def test_nobody_owns_the_default_workspace_by_a_name(key: str) -> None:
    found = convert("nodius_users", 2, SAMPLES["nodius_users"] | {"_key": key})
    assert found[1:] == [member("default", key)]


def test_a_user_without_roles_is_one() -> None:
    for missing in (None, ..., [], ["guest"]):
        found = one("nodius_users", roles=missing)
        assert (found["roles"], found["staff"]) == (["user"], False)


# --- anything ------------------------------------------------------------------------------------

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
