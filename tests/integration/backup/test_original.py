"""An export of the original system becomes what people can work with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.backup.filled import batch, contents, export, made, take
from tests.serving import Serving
from tests.unit.backup.original_export import export as original
from tests.unit.backup.original_names import (
    ADMIN,
    FROM_FILE,
    HASH,
    LOGO,
    MIA,
    ORDERS,
    PAGE,
    PASSWORD,
    PHOTO,
    PROCESS,
    SUM,
    TOKEN,
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server of what the original's export became."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "original.json").write_text(json.dumps(original()))
    done = take(folder / "original.json", f"data_dir={folder / 'data'}")
    assert (done.returncode, done.stderr) == (0, ""), done
    with Serving(folder / "data") as server:
        yield server


def test_users_log_in_with_their_old_passwords_and_roles(imported: Serving) -> None:
    """BACKUP-ORIGINAL-2"""
    with imported.login("admin", PASSWORD) as api:
        user = made(api.get("/api/auth/me"), 200)["user"]
        assert (user["id"], user["roles"]) == (ADMIN, ["admin", "user"])
    with imported.login("mia", PASSWORD) as api:
        workspaces = made(api.get("/api/workspace"), 200)["workspaces"]
        roles = {each["_key"]: each["role"] for each in workspaces}
        assert roles[MIA] == "owner" and roles["default"] == "editor"
        flows = made(api.get("/api/workflow"), 200)["workflows"]
        assert {each["_key"] for each in flows} == {ORDERS, PAGE}


def test_graphs_are_workflows_that_open_and_can_be_edited(imported: Serving) -> None:
    """BACKUP-ORIGINAL-1"""
    with imported.login("admin", PASSWORD) as api:
        flow = made(api.get(f"/api/workflow/{ORDERS}"), 200)["workflow"]
        assert (flow["name"], flow["category"]) == ("Orders & <returns>", "R&D")
        assert flow["workspace"] == "default"
        assert flow["data"]["sheets"] == {"0": "main", "1": "R&D"}
        assert flow["data"]["metadata"]["limitWorkingArea"] == {"width": 9, "height": 8.5}
        nodes = {each["_key"]: each for each in flow["nodes"]}
        assert {key: each["sheet"] for key, each in nodes.items()} == {
            "root": "0",
            "rop1": "0",
            FROM_FILE: "1",
        }
        assert (nodes["rop1"]["type"], nodes["rop1"]["process"]) == (SUM, PROCESS)
        ends = {each["_key"]: (each["source"], each["target"]) for each in flow["edges"]}
        assert ends == {"rop2": ("root", "rop1"), "rop3": ("rop1", FROM_FILE)}
        assert batch(api, ORDERS, {"o": 1, "p": ["nodes", "root", "posX"], "v": 5})["seq"] == 1


def test_catalogs_and_images_are_there(imported: Serving) -> None:
    """BACKUP-ORIGINAL-1"""
    with imported.login("admin", PASSWORD) as api:
        configs = made(api.get("/api/nodeconfig"), 200)["nodeConfigs"]
        assert {(each["type"], each["name"]) for each in configs} >= {(SUM, "Sum & tax")}
        types = made(api.get("/api/datatype"), 200)["dataTypes"]
        assert len(types) == 2 and any(each.get("enum") for each in types)
        assert made(api.get("/api/category"), 200)["total"] == 2
    with imported.client() as anyone:
        for token in (LOGO, PHOTO):
            shown = anyone.get(f"/api/image/{token}")
            assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")


def test_what_has_no_place_here_is_exported_as_it_was_and_live_tokens_are_not(
    imported: Serving, tmp_path: Path
) -> None:
    """BACKUP-ORIGINAL-3"""
    found = export(tmp_path / "export.json", f"data_dir={imported.data_dir}")
    came: dict[str, Any] = original()["collections"]
    kept = {
        "nodius_graphs_history",
        "nodius_html_class",
        "nodius_ai_threads",
        "nodius_node_configs",
    }
    assert {name for name in found if name.startswith("nodius_")} == kept
    for name in kept:
        wanted = {each["_key"]: each for each in came[name]["documents"]}
        assert {each["_key"]: each for each in found[name]["documents"]} == wanted
    text = (tmp_path / "export.json").read_text()
    assert TOKEN not in text and HASH in text


def test_importing_it_again_replaces_what_it_made(imported: Serving, tmp_path: Path) -> None:
    """BACKUP-ORIGINAL-1"""
    place = f"data_dir={tmp_path / 'data'}"
    file = tmp_path / "original.json"
    file.write_text(json.dumps(original()))
    for _ in range(2):
        done = take(file, place)
        assert (done.returncode, done.stderr) == (0, ""), done
    assert "inserted, 0 errors" in done.stdout and "0 replaced, 0 inserted" not in done.stdout
    export(tmp_path / "one.json", place)
    assert take(tmp_path / "one.json", f"data_dir={tmp_path / 'other'}").returncode == 0
    export(tmp_path / "two.json", f"data_dir={tmp_path / 'other'}")
    assert contents(tmp_path / "one.json") == contents(tmp_path / "two.json")


def test_what_cannot_be_taken_over_is_named_with_the_workflow_it_spoils(tmp_path: Path) -> None:
    """BACKUP-ORIGINAL-4, T22"""
    broken = original()
    nodes = broken["collections"]["nodius_nodes"]["documents"]
    next(each for each in nodes if each["_key"] == f"{PAGE}-root")["posX"] = "left"
    users = broken["collections"]["nodius_users"]["documents"]
    users[1]["password"] = "$2b$31$" + "a" * 53
    edges = broken["collections"]["nodius_edges"]["documents"]
    edges.append({**edges[0], "_key": f"{ORDERS}-lost", "source": "nowhere"})
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(broken))
    done = take(file, f"data_dir={tmp_path / 'data'}")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done
    assert PAGE in done.stderr and ORDERS in done.stderr and "no bcrypt hash" in done.stderr
    with Serving(tmp_path / "data") as server, server.login("admin", PASSWORD) as api:
        assert made(api.get("/api/workflow"), 200)["total"] == 0
        assert made(api.get("/api/image"), 200)["total"] == 2
