"""Field by field, what documents of the original system become, and which are refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backup.errors import Invalid
from backup.original import convert
from tests.unit.backup.original_expected import IN_DEFAULT, converted, member
from tests.unit.backup.original_export import export
from tests.unit.backup.original_names import LOGO, PNG, TOKEN
from tests.unit.backup.original_samples import SAMPLES, one, refusal
from workflows.schemas import Category, DataType, NodeConfig

Document = dict[str, Any]

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
