"""Every refusal under /api has the one shape, whoever in the server it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.api.wire import Caller, People, ok, refused

GET, POST, PUT = "GET", "POST", "PUT"
JSON = {"Content-Type": "application/json"}

#: What comes as a body, and how it is refused.
ODD_BODIES = [
    pytest.param(b"", 400, "invalid_json", id="empty"),
    pytest.param(b"name=x", 400, "invalid_json", id="a form"),
    pytest.param(b'{"name": ', 400, "invalid_json", id="cut off"),
    pytest.param(b'{"name": "x"} {}', 400, "invalid_json", id="two values"),
    pytest.param(b'{"name": "\xff\xfe"}', 400, "invalid_json", id="not UTF-8"),
    pytest.param(b'{"name": "\\ud800"}', 400, "invalid_json", id="half a surrogate pair"),
    pytest.param(b'{"name": NaN}', 400, "invalid_json", id="NaN"),
    pytest.param(b'{"name": Infinity}', 400, "invalid_json", id="Infinity"),
    pytest.param(b'{"name": "x", "version": 1e400}', 400, "invalid_json", id="1e400"),
    pytest.param(b'{"name": ' + b"1" * 10**6 + b"}", 400, "invalid_json", id="a million digits"),
    pytest.param(b"[" * 100_000, 413, "too_large", id="deep and open"),
    pytest.param(b"[" * 50_000 + b"]" * 50_000, 413, "too_large", id="deep"),
    pytest.param(b'{"name":' * 50_000, 413, "too_large", id="deep objects"),
    pytest.param(b"null", 422, "validation_error", id="null"),
    pytest.param(b"[]", 422, "validation_error", id="an array"),
    pytest.param(b'"x"', 422, "validation_error", id="a text"),
    pytest.param(b"{}", 422, "validation_error", id="nothing of what is needed"),
    pytest.param(b'{"name": 5}', 422, "validation_error", id="a number for a text"),
    pytest.param(b'{"name": null}', 422, "validation_error", id="null for a text"),
]


@pytest.mark.parametrize("path", ["workflow", "category", "nodeconfig", "datatype", "workspace"])
@pytest.mark.parametrize(("body", "status", "code"), ODD_BODIES)
def test_an_odd_body_is_refused_and_the_server_goes_on(
    editor: Caller, path: str, body: bytes, status: int, code: str
) -> None:
    """REST-JSON-2"""
    refused(editor.post(f"/api/{path}", content=body, headers=JSON), status, code)
    ok(editor.get("/api/health"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"name":"x","data":{"all":[' + b"[]," * 5_800_000 + b"[]]}}", id="arrays"),
        pytest.param(
            b'{"name":"x","data":{%s}}' % b",".join(b'"k%d":1' % key for key in range(10**6)),
            id="a million keys",
        ),
    ],
)
def test_a_body_of_too_many_values_is_refused_before_it_is_taken_apart(
    editor: Caller, body: bytes
) -> None:
    """REST-JSON-4"""
    error = refused(editor.post("/api/workflow", content=body, headers=JSON), 413, "too_large")
    assert "values" in error["message"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("workflow", {"name": "x", "nodes": 5}, "nodes"),
        ("workflow", {"name": "x", "data": []}, "data"),
        ("workflow", {}, "name"),
        ("nodeconfig", {"type": "t", "name": "x", "version": "1"}, "version"),
        ("nodeconfig", {"type": "t", "name": "x", "version": True}, "version"),
        ("nodeconfig", {"type": "t", "name": "x", "version": 1.5}, "version"),
        ("nodeconfig", {"type": "t", "name": "x", "version": 2**53 + 1}, "version"),
        ("category", {"name": ""}, "name"),
        ("category", [], "body"),
    ],
)
def test_a_validation_error_names_the_field(
    editor: Caller, path: str, body: object, field: str
) -> None:
    """REST-ERR-2"""
    error = refused(editor.post(f"/api/{path}", json=body), 422, "validation_error")
    assert error["details"][0]["field"].split(".")[0] == field


def test_a_validation_error_never_repeats_what_was_sent(people: People) -> None:
    """REST-ERR-2"""
    body = {"username": ["tell-tale"], "password": {"tell-tale": "tell-tale"}}
    answer = people.nobody.post("/api/auth/login", json=body)
    refused(answer, 422, "validation_error")
    assert "tell-tale" not in answer.text


def test_a_validation_error_has_a_bounded_number_of_details(editor: Caller, flow: str) -> None:
    body = {"instructions": [1] * 300, "id": "x" * 65}
    error = refused(
        editor.post(f"/api/workflow/{flow}/instructions", json=body), 422, "validation_error"
    )
    assert {each["field"] for each in error["details"]} == {"instructions", "id"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1.5", f"limit={'9' * 5000}"]
)
def test_a_limit_out_of_range_is_refused(editor: Caller, flow: str, query: str) -> None:
    """REST-LIST-2, REST-HISTORY-2, CATALOG-LIST-1"""
    for path in ("workflow", "category", "nodeconfig", "datatype", f"history/{flow}"):
        error = refused(editor.get(f"/api/{path}?{query}"), 422, "validation_error")
        assert error["details"][0]["field"] == "limit"


@pytest.mark.parametrize(
    ("path", "field"),
    [("workflow?offset=", "offset"), ("workflow/{}?seq=", "seq"), ("history/{}?before=", "before")],
)
@pytest.mark.parametrize("value", ["-1", "x", "", str(10**30)])
def test_a_number_out_of_range_is_refused(
    editor: Caller, flow: str, path: str, field: str, value: str
) -> None:
    """REST-LIST-2, REST-SEQ-2"""
    answer = editor.get(f"/api/{path.format(flow)}{value}")
    assert refused(answer, 422, "validation_error")["details"][0]["field"] == field


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        (GET, "/api/nothing", 404, "not_found"),
        (GET, "/api", 404, "not_found"),
        (GET, "/api/", 404, "not_found"),
        ("PATCH", "/api/workflow/x/y/z", 404, "not_found"),
        (GET, "/api/workflow//", 404, "not_found"),
        ("PATCH", "/api/workflow", 405, "method_not_allowed"),
        ("DELETE", "/api/health", 405, "method_not_allowed"),
        (GET, "/api/auth/login", 405, "method_not_allowed"),
        (GET, "/api/category/x", 405, "method_not_allowed"),
        (PUT, "/api/history/x", 405, "method_not_allowed"),
        (GET, "/api/workflow/missing", 404, "not_found"),
        (GET, "/api/workflow/" + "x" * 2000, 404, "not_found"),
        (GET, "/api/workflow/x%00y", 404, "not_found"),
        (GET, "/api/workflow/..%2f..%2fetc%2fpasswd", 404, "not_found"),
        (GET, "/api/workflow/%ff%fe", 404, "not_found"),
        (GET, "/api/workflow/' OR 1=1 --", 404, "not_found"),
        (GET, "/api/history/x%00y", 404, "not_found"),
        (GET, "/api/nodeconfig/x%00y", 404, "not_found"),
        ("DELETE", "/api/category/x%00y", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_told_in_the_one_shape(
    editor: Caller, method: str, path: str, status: int, code: str
) -> None:
    """REST-ERR-1"""
    refused(editor.request(method, path), status, code)


@pytest.mark.parametrize("path", ["nothing", "image", "workflow", "workflow/x", "history/x"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer é"])
def test_without_a_valid_token_every_path_is_401(people: People, path: str, header: str) -> None:
    """REST-AUTH-1"""
    headers = {b"Authorization": header.encode()} if header else {}
    answer = people.nobody.get(f"/api/{path}", headers=headers)
    refused(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "query", ["workspace=%00", "category=%00", "workspace=%ff", "category=%ff"]
)
def test_a_filter_that_nothing_can_match_is_an_empty_list(people: People, query: str) -> None:
    assert ok(people.admin.get(f"/api/workflow?{query}")) == {"workflows": [], "total": 0}


def test_a_path_is_served_with_and_without_a_slash_and_no_redirect(editor: Caller) -> None:
    """REST-PATH-1"""
    for path in ("health", "auth/me", "workflow", "category", "workspace", "openapi.json", "docs"):
        ok_statuses = {editor.get(f"/api/{path}{end}").status_code for end in ("", "/")}
        assert ok_statuses == {200}, path


def test_answers_are_neither_cached_nor_sniffed(editor: Caller, flow: str) -> None:
    """REST-CACHE-1"""
    for path in ("workflow", f"workflow/{flow}", "nothing", "auth/me"):
        headers = editor.get(f"/api/{path}").headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "x", "nodes": {%s',
        b'{"name": "x"%s} {}',
        b"\n [1%s,]",
        b'["%s',
        b'{"a": "%s\xff"}',
    ],
)
def test_a_large_body_that_is_no_json_is_refused_too(editor: Caller, body: bytes) -> None:
    content = body % (b" " * 1024 * 1024)
    refused(editor.post("/api/workflow", content=content, headers=JSON), 400, "invalid_json")


def test_a_large_workflow_is_read_as_it_was_sent(editor: Caller) -> None:
    nodes = {f"n{n}": {"list": [n, str(n), {"é": None}] * 20} for n in range(10_000)}
    key = editor.new_workflow(nodes=nodes, data={"text": "x" * 600_000})
    read = editor.workflow(key)
    assert {node.pop("_key"): node for node in read["nodes"]} == nodes
    assert read["data"] == {"text": "x" * 600_000}


def test_a_text_over_the_limit_is_too_large(editor: Caller) -> None:
    """LIMIT-1"""
    body = {"name": "x", "data": {"text": "x" * (2 * 1024 * 1024)}}
    refused(editor.post("/api/workflow", json=body), 413, "too_large")


def test_a_body_that_announces_too_much_is_too_large(editor: Caller) -> None:
    """REST-SIZE-1"""
    content = json.dumps({"name": "x", "data": {"text": "x" * (20 * 1024 * 1024)}})
    refused(editor.post("/api/workflow", content=content, headers=JSON), 413, "too_large")


@pytest.mark.parametrize(("path", "mib"), [("category", 5), ("auth/login", 0.1), ("nothing", 5)])
def test_where_no_workflow_is_sent_the_limit_is_lower(
    editor: Caller, path: str, mib: float
) -> None:
    """REST-SIZE-2"""
    content = b'"' + b"x" * int(mib * 1024 * 1024) + b'"'
    refused(editor.post(f"/api/{path}", content=content, headers=JSON), 413, "too_large")


def test_a_body_that_grows_too_large_unannounced_is_too_large(editor: Caller) -> None:
    """REST-SIZE-1"""

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1024 * 1024

    refused(editor.post("/api/workflow", content=endless(), headers=JSON), 413, "too_large")


def test_a_hostile_header_is_no_internal_error(people: People) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Range": "bytes=9-1"},
    ):
        answer = people.nobody.post("/api/auth/refresh", content=b"{}", headers=headers)
        refused(answer, 422, "validation_error")


def test_outside_of_the_interface_django_answers_as_it_does(people: People) -> None:
    answer: httpx.Response = people.nobody.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert people.nobody.get("/").text.count("/api/docs") == 1
