"""`exportdb` and `importdb` as processes of their own, on data folders of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.arango import ArangoServer
from tests.integration.backup.filled import (
    batch,
    busy,
    collection,
    contents,
    export,
    fill,
    made,
    take,
    write,
)
from tests.postgres import PostgresServer
from tests.serving import PASSWORD, Serving, command
from tests.unit.media_store.pictures import picture
from tests.wire import Wire


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one of everything; what was pruned from the history too."""
    folder = tmp_path_factory.mktemp("source")
    server = Serving(folder / "data", autosave=0.2)
    server.create_admin()
    with server:
        first, _ = fill(server)
        with server.login() as api, Wire(server, token_of(api)) as wire:
            wire.join(first)
            wire.act(first, {"o": 1, "p": ["nodes", "b", "posX"], "v": 7}, id="mine")
            wire.expect("ack")
            wire.send("undo", workflowKey=first, id="back")
            wire.expect("ack")
            wire.send("save", workflowKey=first)
            while wire.receive()["type"] != "saved":
                continue
    pruned = command("prunehistory", "keep=4", f"workflow={first}", f"data_dir={folder / 'data'}")
    assert "removed 3" in pruned.stdout, pruned
    export(folder / "export.json", f"data_dir={folder / 'data'}")
    return folder / "export.json"


def token_of(api: Any) -> str:
    return str(api.headers["Authorization"].removeprefix("Bearer "))


PARTS = {"nodes", "edges", "history", "receipts"}


def spoil(everything: dict[str, Any], name: str) -> None:
    """Make one document of a collection invalid."""
    changes: dict[str, dict[str, Any]] = {
        "users": {"password": "bcrypt$$2b$31$" + "a" * 53},
        "categories": {"name": ""},
        "edges": {"value": {"source": "nowhere", "target": "b"}},
        "history": {"instructions": [{"o": 1}]},
    }
    everything[name]["documents"][-1].update(changes[name])


def counts(stdout: str) -> dict[str, tuple[int, int, int]]:
    """Replaced, inserted and errors, by collection."""
    lines = (line.replace(":", "").replace(",", "").split() for line in stdout.splitlines())
    return {
        words[0]: (int(words[1]), int(words[3]), int(words[5]))
        for words in lines
        if len(words) == 7 and words[2] == "replaced"
    }


def test_a_file_holds_everything_and_comes_to_its_owner_alone(source: Path) -> None:
    """BACKUP-EXPORT-1, BACKUP-EXPORT-4, T31"""
    found = contents(source)
    sizes = {name: len(each["documents"]) for name, each in found.items()}
    assert sizes == {
        "workspaces": 2,
        "users": 1,
        "memberships": 2,
        "categories": 2,
        "node_configs": 2,
        "data_types": 2,
        "images": 4,
        "workflows": 2,
        "nodes": 4,
        "edges": 2,
        "history": 9,
        "receipts": 3,
    }
    assert {name for name, each in found.items() if each["type"] == 3} == {"edges"}
    for name, each in found.items():
        for document in each["documents"]:
            assert document["_id"] == f"{name}/{document['_key']}" and document["_rev"]
    nodes = {each["_id"] for each in found["nodes"]["documents"]}
    for edge in found["edges"]["documents"]:
        assert {edge["_from"], edge["_to"]} <= nodes
    text = source.read_text()
    assert PASSWORD not in text and source.stat().st_mode & 0o777 == 0o600


def test_the_same_data_is_the_same_file_and_another_store_too(
    source: Path, tmp_path: Path, postgres: PostgresServer, arango: ArangoServer
) -> None:
    """BACKUP-EXPORT-2, BACKUP-IMPORT-2, BACKUP-IMPORT-3"""
    places = [
        ["store=sql", f"data_dir={tmp_path / 'one'}"],
        [
            f"data_dir={tmp_path / 'two'}",
            f"arangodb={arango.url}",
            f"arangodb_user={arango.user}",
            f"arangodb_pass={arango.password}",
            f"arangodb_name={arango.create_name()}",
        ],
        [f"data_dir={tmp_path / 'three'}", f"database={postgres.url(postgres.create_database())}"],
        ["store=sql", f"data_dir={tmp_path / 'four'}"],
    ]
    file = source
    for number, place in enumerate(places):
        done = take(file, *place)
        assert (done.returncode, done.stderr) == (0, ""), done
        assert {name: each[::2] for name, each in counts(done.stdout).items()} == {
            # The workspace `default` is there from the start.
            name: (1, 0) if name == "workspaces" else (0, 0)
            for name in contents(source)
        }
        file = tmp_path / f"{number}.json.gz"
        assert export(file, *place) == contents(source)


def test_an_import_into_the_same_data_changes_nothing_but_the_epochs(
    source: Path, tmp_path: Path
) -> None:
    """BACKUP-IMPORT-4"""
    place = f"data_dir={tmp_path / 'data'}"
    for _ in range(2):
        assert take(source, place).returncode == 0
    assert export(tmp_path / "again.json", place) == contents(source)


def test_what_was_imported_is_served_as_it_was(source: Path, tmp_path: Path) -> None:
    """BACKUP-IMPORT-3, WS-ONCE-5"""
    assert take(source, f"data_dir={tmp_path / 'data'}").returncode == 0
    before = contents(source)
    key = next(
        each["_key"] for each in before["workflows"]["documents"] if each["workspace"] == "default"
    )
    with Serving(tmp_path / "data") as server, server.login() as api:
        flow = made(api.get(f"/api/workflow/{key}"), 200)["workflow"]
        assert (flow["seq"], flow["data"]["log"]) == (7, [0, 1, 2])
        assert {each["_key"]: each["posX"] for each in flow["nodes"]} == {"b": 2.5, "c": 3}
        older = made(api.get(f"/api/workflow/{key}", params={"seq": 3}), 200)["workflow"]
        assert {each["_key"] for each in older["nodes"]} == {"a", "b"}
        assert made(api.get(f"/api/workflow/{key}", params={"seq": 2}), 404)
        for number in range(3):
            again = batch(api, key, {"o": 3, "p": ["data", "log"], "v": number}, id=f"{number}")
            assert again["seq"] == number + 1, "exactly once outlives the import"
        for image in before["images"]["documents"]:
            shown = api.get(f"/api/image/{image['_key']}")
            assert (shown.status_code, shown.headers["content-type"]) == (200, image["mime"])
        assert batch(api, key, {"o": 3, "p": ["data", "log"], "v": 9})["seq"] == 8


def test_verify_restores_the_file_elsewhere_and_compares(source: Path, tmp_path: Path) -> None:
    """BACKUP-EXPORT-5"""
    place = f"data_dir={tmp_path / 'data'}"
    assert take(source, place).returncode == 0
    done = command("exportdb", f"output={tmp_path / 'e.json'}", "verify=true", place)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.splitlines()[-1] == "Restored elsewhere, it is equal."
    assert not list((tmp_path / "data").glob("verify-*"))


def test_keep_files_deletes_what_is_older(source: Path, tmp_path: Path) -> None:
    """BACKUP-EXPORT-6"""
    place = f"data_dir={tmp_path / 'data'}"
    folder = tmp_path / "backups"
    for day in range(1, 5):
        done = command("exportdb", f"output={folder / f'day-{day}.json'}", "keep_files=2", place)
        assert done.returncode == 0, done
    assert {each.name for each in folder.iterdir()} == {"day-3.json", "day-4.json"}


def test_an_export_that_fails_leaves_the_older_one(source: Path, tmp_path: Path) -> None:
    """BACKUP-EXPORT-4"""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "export.json").mkdir()
    (folder / "export.json" / "kept").touch()
    place = f"data_dir={tmp_path / 'data'}"
    done = command("exportdb", f"output={folder / 'export.json'}", place)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done
    assert list(folder.iterdir()) == [folder / "export.json"]
    assert (folder / "export.json" / "kept").exists()


def test_a_dry_run_says_what_would_be_and_changes_nothing(source: Path, tmp_path: Path) -> None:
    """BACKUP-IMPORT-6"""
    place = f"data_dir={tmp_path / 'data'}"
    before = export(tmp_path / "before.json", place)
    dry = take(source, "dryrun=true", place)
    assert (dry.returncode, dry.stdout.splitlines()[-1]) == (
        0,
        "Nothing was changed: this was a dry run.",
    )
    assert export(tmp_path / "after.json", place) == before
    assert counts(take(source, place).stdout) == counts(dry.stdout)


@pytest.mark.parametrize("name", ["users", "categories", "edges", "history"])
def test_what_is_invalid_is_named_and_left_out_and_the_rest_goes_in(
    source: Path, tmp_path: Path, name: str
) -> None:
    """BACKUP-IMPORT-5, T22"""
    everything = contents(source)
    spoil(everything, name)
    done = take(write(tmp_path / "spoilt.json", everything), f"data_dir={tmp_path / 'data'}")
    assert done.returncode == 1 and "left out" in done.stderr, done
    assert "Traceback" not in done.stderr
    left_out = "workflows" if name in PARTS else name
    assert counts(done.stdout)[left_out][2] == 1
    flows = 1 if left_out == "workflows" else 2
    assert counts(done.stdout)["workflows"][1] == flows, "the others went in"
    after = export(tmp_path / "after.json", f"data_dir={tmp_path / 'data'}")
    assert len(after["workflows"]["documents"]) == flows
    for part in ("nodes", "history"):
        assert {each["workflowKey"] for each in after[part]["documents"]} == {
            each["_key"] for each in after["workflows"]["documents"]
        }


@pytest.mark.parametrize("name", ["_system", "../x", "probes", "snapshots", "image_files", "kept"])
def test_a_collection_that_there_is_not_is_refused_at_once(
    source: Path, tmp_path: Path, name: str
) -> None:
    """BACKUP-IMPORT-1, T22"""
    everything = contents(source) | collection(name, {"_key": "k"})
    place = f"data_dir={tmp_path / 'data'}"
    done = take(write(tmp_path / "hostile.json", everything), place)
    assert done.returncode == 2 and "no collection" in done.stderr, done
    assert len(done.stderr.splitlines()) == 1
    assert not export(tmp_path / "after.json", place)["workflows"]["documents"]


def test_two_documents_of_one_key_are_refused_at_once(source: Path, tmp_path: Path) -> None:
    """BACKUP-IMPORT-1, T22"""
    everything = contents(source)
    everything["nodes"]["documents"].append(everything["nodes"]["documents"][0])
    done = take(write(tmp_path / "twice.json", everything), f"data_dir={tmp_path / 'data'}")
    assert done.returncode == 2 and "two documents of 'nodes'" in done.stderr, done


def test_a_history_with_a_gap_is_left_out_with_its_workflow(source: Path, tmp_path: Path) -> None:
    """BACKUP-IMPORT-5"""
    for place, reason in ((-2, "gap"), (-1, "ends at batch")):
        everything = contents(source)
        del everything["history"]["documents"][place]
        file = write(tmp_path / "gap.json", everything)
        done = take(file, "dryrun=true", f"data_dir={tmp_path / 'data'}")
        assert done.returncode == 1 and reason in done.stderr, done


def test_parts_of_a_workflow_that_the_file_has_not_are_counted(
    source: Path, tmp_path: Path
) -> None:
    """BACKUP-IMPORT-5"""
    everything = contents(source)
    gone = everything["workflows"]["documents"].pop()["_key"]
    done = take(write(tmp_path / "strays.json", everything), f"data_dir={tmp_path / 'data'}")
    strays = {
        name: sum(each["workflowKey"] == gone for each in everything[name]["documents"])
        for name in PARTS
    }
    assert done.returncode == 1
    assert {name: counts(done.stdout)[name][2] for name in PARTS} == strays


def test_a_name_that_somebody_else_has_is_told_and_the_rest_goes_in(
    source: Path, tmp_path: Path
) -> None:
    """BACKUP-IMPORT-5"""
    with Serving(tmp_path / "data") as server:
        server.create_admin("ADMIN")
        with server.login("ADMIN") as api:
            made(api.post("/api/category", json={"name": "kept"}))
            done = take(source, f"data_dir={tmp_path / 'data'}")
            assert done.returncode == 1, done
            found = counts(done.stdout)
            assert (found["users"], found["categories"]) == ((0, 0, 1), (0, 1, 1))
            assert found["memberships"][2] == 2 and found["workflows"] == (0, 2, 0)
            assert made(api.get("/api/workflow"), 200)["total"] == 2


def test_another_password_ends_what_was_open_under_the_old_one(
    source: Path, tmp_path: Path
) -> None:
    """BACKUP-IMPORT-7"""
    assert take(source, f"data_dir={tmp_path / 'data'}").returncode == 0
    with Serving(tmp_path / "data") as server, server.login() as api:
        newer = {"currentPassword": PASSWORD, "newPassword": "Another-horse-9-cell"}
        assert api.post("/api/auth/password", json=newer).status_code == 204
        assert api.get("/api/auth/me").status_code == 200
        assert take(source, f"data_dir={tmp_path / 'data'}").returncode == 0
        assert api.get("/api/auth/me").status_code == 401
        with server.login() as again:
            assert again.get("/api/auth/me").status_code == 200


def test_an_image_that_was_made_elsewhere_is_made_anew(tmp_path: Path) -> None:
    """BACKUP-IMPORT-8, T13"""
    import base64

    content = picture("JPEG") + b"<script>alert(1)</script>"
    data = base64.b64encode(content).decode()
    image = {"_key": "0" * 32, "name": "x", "workspace": "default", "userId": "u", "createdAt": 1}
    file = write(
        tmp_path / "image.json", collection("images", {**image, "mime": "image/png", "data": data})
    )
    assert take(file, f"data_dir={tmp_path / 'data'}").returncode == 0
    with Serving(tmp_path / "data") as server, server.client() as anyone:
        shown = anyone.get("/api/image/" + "0" * 32)
        assert shown.headers["content-type"] == "image/jpeg"
        assert b"script" not in shown.content and shown.content[:2] == b"\xff\xd8"


def test_a_workflow_that_is_damaged_is_named_and_the_others_are_exported(tmp_path: Path) -> None:
    """BACKUP-EXPORT-3, T29"""
    import sqlite3

    with Serving(tmp_path / "data", store="sql") as server:
        server.create_admin()
        with server.login() as api:
            bad, good = busy(api, "default"), busy(api, "default")
    database = sqlite3.connect(tmp_path / "data" / "documents.sqlite3")
    with database:
        database.execute(
            "DELETE FROM store_document WHERE collection = 'nodes' AND key = ?", (f"{bad}-b",)
        )
    database.close()
    file = tmp_path / "export.json"
    done = command("exportdb", f"output={file}", *server.kept_in)
    assert done.returncode == 1 and bad in done.stderr and good not in done.stderr, done
    found = contents(file)
    assert [each["_key"] for each in found["workflows"]["documents"]] == [good]
    assert {each["workflowKey"] for each in found["nodes"]["documents"]} == {good}


def test_the_metadata_say_when_and_what(source: Path) -> None:
    """BACKUP-EXPORT-1"""
    metadata = json.loads(source.read_text())["metadata"]
    assert metadata.keys() == {"exportDate", "databaseName", "version"}
    assert metadata["exportDate"].endswith("Z")
