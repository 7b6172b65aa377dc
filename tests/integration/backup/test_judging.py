"""What an import says of documents that cannot be taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from backup.importing import Import, Target
from backup.report import Report
from media_store.decoders import Decoders
from media_store.repository import Images
from store.base import DocumentStore
from tests.integration.backup.filled import collection, write
from tests.integration.media_store.conftest import decoders as decoders
from tests.integration.media_store.conftest import files as files
from tests.integration.media_store.conftest import images as images
from tests.integration.media_store.conftest import store as store
from tests.integration.media_store.conftest import tables as tables
from tests.unit.media_store.pictures import picture
from workflows.instructions import DEFAULT_LIMITS
from workflows.repository import Repository

#: Which document is changed, how, and why it is left out then.
SPOILT: list[tuple[str, dict[str, Any], str]] = [
    ("users", {"password": "bcrypt$$2b$31$" + "a" * 53}, "no bcrypt hash of a cost"),
    ("users", {"password": "plain"}, "no bcrypt hash"),
    ("users", {"username": "a/b"}, "must not hold a slash"),
    ("users", {"roles": ["root"]}, "roles can be"),
    ("users", {"createdAt": -1}, "createdAt"),
    ("users", {"secret": 1}, "unknown field"),
    ("workspaces", {"name": 5}, "Expected `str`"),
    ("workspaces", {"_key": "a b"}, "1 to 20 of"),
    ("memberships", {"role": "king"}, "Invalid enum"),
    ("memberships", {"user": "nobody"}, "there is no user"),
    ("categories", {"name": ""}, "at least 1"),
    ("categories", {"color": 1}, "no field"),
    ("categories", {"createdAt": -5}, "createdAt"),
    ("node_configs", {"version": "x"}, "version"),
    ("node_configs", {"__proto__": 1}, "may not be a key"),
    ("data_types", {"fields": 7}, "fields"),
    ("data_types", {"_own": 7}, "begin with _"),
    ("images", {"data": "!"}, "no base64"),
    ("images", {"data": "PHN2Zz4="}, "no PNG, JPEG, WebP or GIF"),
    ("images", {"_key": "../../etc/passwd"}, "1 to 128 of"),
    ("images", {"name": "\0"}, "NUL"),
    ("workflows", {"_key": "a/b"}, "1 to 128 of"),
    ("workflows", {"seq": -1}, "seq must be"),
    ("workflows", {"name": None}, "name"),
    ("workflows", {"data": {"constructor": 1}}, "may not be a key"),
    ("workflows", {"updatedAt": 2**60}, "updatedAt"),
    ("workflows", {"workspace": "much too long for a workspace"}, "1 to 20 of"),
    ("nodes", {"value": {"posX": "x"}}, "posX of the node"),
    ("nodes", {"value": 5}, "must be an object"),
    ("nodes", {"value": {"_id": 5}}, "_id is the server's"),
    ("nodes", {"key": "z"}, "which is another's"),
    ("edges", {"value": {"source": "nowhere", "target": "b"}}, "existing nodes"),
    ("history", {"instructions": [{"o": 1}]}, "cannot be one"),
    ("history", {"inverse": [[{"o": 1, "p": "x"}]]}, "cannot be one"),
    ("history", {"seq": 4}, "key of another batch"),
    ("history", {"timestamp": "x"}, "Expected `int`"),
]


def good() -> dict[str, dict[str, Any]]:
    """A document of each collection, of one workflow."""
    import base64

    place = {"workspace": "default", "createdAt": 1, "updatedAt": 2}
    batch = {
        "workflowKey": "w",
        "seq": 5,
        "timestamp": 3,
        "userId": "u",
        "clientId": None,
        "id": None,
    }
    change = {
        "instructions": [{"o": 1, "p": ["name"], "v": "W"}],
        "inverse": [[{"o": 1, "p": ["name"], "v": "V"}]],
    }
    image = {"name": "i", "workspace": "default", "userId": "u", "createdAt": 1}
    return {
        "workspaces": {"_key": "team", "name": "Team", "createdAt": 1},
        "users": {
            "_key": "u",
            "username": "ann",
            "email": "",
            "roles": ["user"],
            "active": True,
            "staff": False,
            "password": "!",
            "providerId": None,
            "createdAt": 1,
        },
        "memberships": {"_key": "team-u", "workspace": "team", "user": "u", "role": "viewer"},
        "categories": {"_key": "c", "name": "C", "description": None, **place},
        "node_configs": {
            "_key": "n",
            "type": "t",
            "name": "N",
            "process": None,
            "version": 1,
            **place,
        },
        "data_types": {"_key": "d", "name": "D", "description": None, "fields": [], **place},
        "images": {
            "_key": "0" * 32,
            "mime": "image/png",
            "data": base64.b64encode(picture()).decode(),
            **image,
        },
        "workflows": {
            "_key": "w",
            "name": "W",
            "category": None,
            "description": None,
            "seq": 5,
            "data": {},
            **place,
        },
        "nodes": {"_key": "w-b", "workflowKey": "w", "key": "b", "value": {"posX": 1}},
        "edges": {
            "_key": "w-e",
            "workflowKey": "w",
            "key": "e",
            "value": {"source": "b", "target": "b"},
        },
        "history": {"_key": "w-000000000005", **batch, **change},
        "receipts": {"_key": "w-000000000004", **batch, "seq": 4},
    }


class Judge:
    """Runs dry imports."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._folder = folder

    def judge(self, documents: dict[str, dict[str, Any]]) -> tuple[Report, list[str]]:
        """What a dry import of these documents comes to, and what it tells."""
        told: list[str] = []
        report = Report(told.append)
        content: dict[str, Any] = {}
        for name, document in documents.items():
            content |= collection(name, document, type=3 if name == "edges" else 2)
        reading = Import(self._target, report, lambda: None)
        try:
            reading.read(write(self._folder / "file.json", content))
            reading.run()
        finally:
            reading.close()
        return report, told


@pytest.fixture
def judge(
    store: DocumentStore,
    images: Images,
    decoders: Decoders,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Judge:
    return Judge(Target(Repository(store), images, decoders, DEFAULT_LIMITS, True), tmp_path)


def test_what_is_good_is_taken(judge: Judge) -> None:
    report, told = judge.judge(good())
    assert (told, dict(report.errors)) == ([], {})
    assert dict(report.inserted) == dict.fromkeys(good(), 1)


@pytest.mark.parametrize(("name", "change", "reason"), SPOILT, ids=range(len(SPOILT)))
def test_what_is_invalid_is_named_with_its_reason(
    judge: Judge, name: str, change: dict[str, Any], reason: str
) -> None:
    """BACKUP-IMPORT-5, T15, T16, T22"""
    documents = good()
    documents[name] |= change
    report, told = judge.judge(documents)
    left_out = "workflows" if name in ("nodes", "edges", "history", "receipts") else name
    assert report.errors[left_out] == 1
    assert reason in "\n".join(told), told
    others = documents.keys() - {left_out, "memberships", "nodes", "edges", "history", "receipts"}
    assert all(report.inserted[each] for each in others), "the others are taken"


def test_of_many_problems_some_are_told_and_all_are_counted() -> None:
    told: list[str] = []
    report = Report(told.append)
    for number in range(200):
        report.problem("nodes", f"{number}\n", "why")
    assert report.errors["nodes"] == 200
    assert len(told) == 51 and all("\n" not in each for each in told)
    assert report.lines(["edges"]) == [
        "edges: 0 replaced, 0 inserted, 0 errors",
        "nodes: 0 replaced, 0 inserted, 200 errors",
    ]
