"""The calls keep to what /api/openapi.json says of them, whatever they are sent.

schemathesis makes the calls up, good and bad ones, always the same; CONTRIBUTING.md says how to
have it make others, and more of them.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import Case, CheckContext, Response, checks

from nodius_site.api import api
from tests.integration.api.fuzzed import APPEND, BYSTANDER, LEAVER, MEMBER, VIEWER, Place, token_of
from tests.integration.api.wire import ok, refused
from tests.serving import PASSWORD, Serving

DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema()))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
#: As in a schemathesis.toml.
CONFIG = {
    "seed": int(os.environ.get("FUZZ_SEED", "1")),
    "generation": {"deterministic": True, "max-examples": EXAMPLES},
    # How methods are answered that an address does not take is not in the description.
    "phases": {"coverage": {"unexpected-methods": []}},
}
schema = schemathesis.openapi.from_dict(DESCRIPTION, config=schemathesis.Config.from_dict(CONFIG))

#: The table of docs/protocol.md, without what no call that is described answers.
CODES = {
    400: {"invalid_json", "bad_request"},
    401: {"unauthorized", "invalid_credentials"},
    403: {"forbidden"},
    404: {"not_found"},
    409: {"conflict"},
    413: {"too_large"},
    415: {"unsupported_media_type"},
    416: {"range_not_satisfiable"},
    422: {
        "validation_error",
        "invalid_instruction",
        "path_not_found",
        "type_mismatch",
        "index_out_of_range",
        "invalid_graph",
    },
    429: {"rate_limited"},
    503: {"unavailable"},
}
#: These succeed with what nobody can make up, a password or a token, or for administrators alone.
SECRET = {
    *("POST /api/auth/login", "POST /api/auth/password", "POST /api/auth/refresh"),
    "GET /api/cluster",
}
#: A good body of each call that changes something that is there.
NAME = {"name": "x"}
BODIES: dict[str, dict[str, Any] | None] = {
    "PUT /api/workflow/{key}": NAME,
    "DELETE /api/workflow/{key}": None,
    "POST /api/workflow/{key}/instructions": {"instructions": [APPEND]},
    "POST /api/workflow/{key}/restore": {"seq": 0},
    "PUT /api/category/{key}": NAME,
    "DELETE /api/category/{key}": None,
    "PUT /api/nodeconfig/{key}": NAME,
    "DELETE /api/nodeconfig/{key}": None,
    "PUT /api/datatype/{key}": NAME,
    "DELETE /api/datatype/{key}": None,
    "PUT /api/image/{key}/rename": NAME,
    "DELETE /api/image/{key}": None,
    "PUT /api/workspace/{key}/member/{username}": {"role": "editor"},
    "DELETE /api/workspace/{key}/member/{username}": None,
}
#: The statuses that each made-up call was answered with, in this process: one has all of a call.
seen: defaultdict[str, set[int]] = defaultdict(set)


def has_the_one_shape(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """REST-ERR-1"""
    if (status := response.status_code) >= 400:
        headers = [(name, each) for name, every in response.headers.items() for each in every]
        answer = httpx.Response(status, headers=headers, content=response.content)
        body = refused(answer, status, answer.json()["error"])
        assert body["error"] in CODES.get(status, ()), f"{status}: {body}"


CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    has_the_one_shape,
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server with something of everything in it."""
    serving = Serving(tmp_path_factory.mktemp("fuzzed") / "data")
    serving.create_admin()
    with serving:
        made = Place(serving, logins=EXAMPLES + 50)
        yield made
        made.close()


def send(place: Place, case: Case[Any], token: str) -> Response:
    """The answer to a call, which was looked at from all sides."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = case.call_and_validate(base_url=place.server.url, headers=headers, checks=CHECKS)
    return answer


def call(
    label: str,
    body: dict[str, Any] | None = None,
    path: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Case[Any]:
    """A call that is not made up."""
    method, at = label.split()
    made = schema[at][method].Case(path_parameters=path, headers=headers)
    if body is not None:
        made.body, made.media_type = body, "application/json"
    return made


def test_the_description_is_the_one_that_is_given_out(place: Place) -> None:
    assert ok(place.admin.get("/api/openapi.json")) == DESCRIPTION


@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("wrong", 401)])
def test_a_login_is_answered_as_described(place: Place, password: str, status: int) -> None:
    case = call("POST /api/auth/login", {"username": MEMBER, "password": password})
    assert send(place, case, "").status_code == status


def test_a_token_is_replaced_as_described(place: Place) -> None:
    case = call("POST /api/auth/refresh", {"token": place.token(BYSTANDER)})
    assert send(place, case, "").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": "*"}, 304),
        ({"Range": "bytes=0-1"}, 206),
        ({"Range": "bytes=99999-"}, 416),
    ],
)
def test_a_picture_is_shown_in_part_or_not_at_all_as_described(
    place: Place, headers: dict[str, str], status: int
) -> None:
    path = place.existing("GET", "/api/image/{key}")
    case = call("GET /api/image/{key}", path=path, headers=headers)
    assert send(place, case, "").status_code == status


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("wrong", "other", 403), (PASSWORD, "short", 422), (PASSWORD, f"{PASSWORD}!", 204)],
)
def test_a_new_password_is_answered_as_described(
    place: Place, old: str, new: str, status: int
) -> None:
    case = call("POST /api/auth/password", {"currentPassword": old, "newPassword": new})
    assert send(place, case, place.token(LEAVER)).status_code == status


@pytest.mark.parametrize("label", BODIES)
def test_a_viewer_is_refused_as_described(place: Place, label: str) -> None:
    case = call(label, BODIES[label], place.existing(*label.split()))
    assert send(place, case, place.token(VIEWER)).status_code == 403


@pytest.mark.parametrize(("method", "body"), [("PUT", {"role": "viewer"}), ("DELETE", None)])
def test_the_only_owner_is_kept_as_described(
    place: Place, method: str, body: dict[str, str] | None
) -> None:
    path = {"key": place.workspace(), "username": "admin"}
    case = call(f"{method} /api/workspace/{{key}}/member/{{username}}", body, path)
    assert send(place, case, token_of(place.admin)).status_code == 409


@schema.parametrize()
def test_a_call_that_is_made_up_is_answered_as_described(case: Case[Any], place: Place) -> None:
    """REST-DESCRIBED-1

    As it comes, which hardly ever names what exists, and then of what does exist.
    """
    answers = [answer.status_code for answer in sent(case, place)]
    seen[case.operation.label].update(answers)


def sent(case: Case[Any], place: Place) -> Iterator[Response]:
    """The answers to a made-up call, sent in two ways."""
    if case.path == "/api/auth/logout":
        yield send(place, case, place.token(BYSTANDER))
    elif case.path_parameters:
        yield send(place, case, place.member)
        case.path_parameters = place.existing(case.method, case.path)
        yield send(place, case, place.member)
    else:
        yield send(place, case, place.member)
        yield send(place, case, token_of(place.admin))


def test_the_made_up_calls_got_where_they_were_sent() -> None:
    """Of what was called above, so that nothing is proven by calls that were all refused."""
    succeeded = {call for call, statuses in seen.items() if min(statuses) < 300}
    assert seen.keys() - succeeded <= SECRET, seen
