"""What is told when the store is away or holds nonsense, and when the unforeseen happens."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.staticfiles.finders import AppDirectoriesFinder

import store.current
from nodius_site.apps import configured_store
from store.base import Delete, Unavailable
from store.collections import NODES, Collection
from tests.faulty import FaultyStore
from tests.integration.api.wire import INSIDE, Caller, People, ok, refused


class Failing(FaultyStore):
    """A store whose every answer is this error."""

    def __init__(self, error: Exception) -> None:
        super().__init__(configured_store())
        self.error = error

    def get(self, collection: Collection, key: str) -> None:
        raise self.error

    def ping(self) -> None:
        raise self.error


@pytest.fixture
def fail(url: str) -> Iterator[Callable[[Exception], None]]:
    """fail(error) has the store of the server fail with this error until the test ends."""
    good = store.current.current()
    yield lambda error: store.current.install(Failing(error))
    store.current.install(good)


@contextmanager
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The errors that are logged meanwhile are expected, and at least one is."""
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        yield
    assert [record for record in caplog.records if record.exc_info]


def test_health_is_public_and_tells_the_time(people: People) -> None:
    """REST-HEALTH-1, REST-AUTH-2"""
    answer = ok(people.nobody.get("/api/health"))
    assert answer.keys() == {"status", "timestamp", "unsaved"}
    assert answer["status"] == "ok"
    assert answer["timestamp"] > 1.6e12


def test_health_is_unavailable_while_the_store_does_not_answer(
    people: People, fail: Callable[[Exception], None]
) -> None:
    """REST-HEALTH-1"""
    fail(Unavailable("postgres://user:tell-tale@host is gone"))
    answer = people.nobody.get("/api/health")
    assert ok(answer, 503)["status"] == "unavailable"
    assert "tell-tale" not in answer.text


def test_a_store_that_is_away_is_503_and_says_when_to_come_back(
    editor: Caller, flow: str, fail: Callable[[Exception], None]
) -> None:
    """REST-ERR-5"""
    fail(Unavailable("postgres://user:tell-tale@host is gone"))
    answer = editor.get(f"/api/workflow/{flow}")
    refused(answer, 503, "unavailable")
    assert "tell-tale" not in answer.text


def test_what_is_unforeseen_is_logged_and_told_without_anything_of_the_inside(
    editor: Caller,
    flow: str,
    fail: Callable[[Exception], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """REST-ERR-4"""
    fail(ZeroDivisionError("tell-tale"))
    with logged(caplog):
        answer = editor.get(f"/api/workflow/{flow}")
    refused(answer, 500, "internal_error")
    assert "tell-tale" not in answer.text
    assert "ZeroDivisionError: tell-tale" in caplog.text
    assert editor.headers["authorization"].split()[1] not in caplog.text


def test_a_damaged_workflow_is_refused_by_name_and_the_others_serve(
    editor: Caller, flow: str, caplog: pytest.LogCaptureFixture
) -> None:
    """WS-DAMAGE-1"""
    other = editor.new_workflow()
    node = next(each.key for each in store.current.current().iterate(NODES, {"workflowKey": flow}))
    store.current.current().write([Delete(NODES, node, expect={})])
    with logged(caplog):
        error = refused(editor.get(f"/api/workflow/{flow}"), 500, "internal_error")
    assert flow in error["message"]
    ok(editor.get(f"/api/workflow/{other}"))


def test_the_docs_are_public_and_describe_every_call_with_its_errors(people: People) -> None:
    """REST-AUTH-2"""
    page = people.nobody.get("/api/docs").text
    for asset in re.findall(r'(?:href|src)="([^"]*)"', page):
        assert AppDirectoriesFinder().find(asset.removeprefix("/static/")), asset
    assert "swagger" in page
    assert "https:" not in page
    described = ok(people.nobody.get("/api/openapi.json"))["paths"]
    calls = {f"{method} {path}" for path, item in described.items() for method in item}
    assert calls >= {
        f"{method} /api/{path}"
        for methods, path in (
            ("get", "health"), ("post", "auth/login"), ("post", "auth/refresh"),
            ("post", "auth/logout"), ("get", "auth/me"), ("post", "auth/password"),
            ("get post", "workflow"), ("get put delete", "workflow/{key}"),
            ("post", "workflow/{key}/instructions"), ("get", "history/{workflow_key}"),
            ("get post", "category"), ("put delete", "category/{key}"),
            ("get post", "nodeconfig"), ("get put delete", "nodeconfig/{key}"),
            ("get post", "datatype"), ("get put delete", "datatype/{key}"),
            ("get post", "workspace"), ("get", "workspace/{key}/member"),
            ("put delete", "workspace/{key}/member/{username}"),
        )
        for method in methods.split()
    }  # fmt: skip
    for path, item in described.items():
        if path.split("/")[2] in ("workflow", "history", "category", "nodeconfig", "datatype"):
            for method, call in item.items():
                expected = {"401", "429", "503"}
                expected |= {"403", "404"} if "{" in path else set()
                expected |= {"400", "413", "415", "422"} if "requestBody" in call else set()
                assert expected <= call["responses"].keys(), (method, path)
    assert INSIDE[0] not in str(described)
