"""What the tests of the REST interface hold: a caller, and what a good refusal looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

#: Names that only Django, ninja, the database or a traceback would put into an answer.
INSIDE = ("Traceback", "django", "ninja", "sqlite", "psycopg", ".py", "Error(")


class Caller(httpx.Client):
    """HTTP as one user, or as nobody."""

    def __init__(self, url: str, name: str, token: str | None, user_id: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        super().__init__(base_url=url, headers=headers, timeout=30, trust_env=False)
        self.name = name
        self.user_id = user_id

    def workflow(self, key: str) -> dict[str, Any]:
        """A workflow as it is read."""
        read: dict[str, Any] = ok(self.get(f"/api/workflow/{key}"))["workflow"]
        return read

    def new_workflow(self, **fields: object) -> str:
        """The key of a workflow that was made for a test."""
        made = ok(self.post("/api/workflow", json={"name": "Flow", **fields}), 201)
        key: str = made["workflowKey"]
        return key

    def newest_batch(self, key: str) -> dict[str, Any]:
        """The newest entry of a workflow's history."""
        entry: dict[str, Any] = ok(self.get(f"/api/history/{key}"))["history"][0]
        return entry


@dataclass(frozen=True)
class People:
    """One of each who may come: by role in the workspace `team`, nobody, a stranger, an admin."""

    team: str
    nobody: Caller
    stranger: Caller
    viewer: Caller
    editor: Caller
    owner: Caller
    admin: Caller

    def by_name(self, name: str) -> Caller:
        """The caller of this name."""
        caller: Caller = getattr(self, name)
        return caller


def ok(response: httpx.Response, status: int = 200) -> Any:
    """The answer's JSON, if it came with this status."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    return response.json() if response.content else None


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error, if it has this status and code, the one shape, and the headers that go with it."""
    body: dict[str, Any] = ok(response, status)
    assert response.headers["content-type"].startswith("application/json")
    assert {"error", "message"} <= body.keys() <= {"error", "message", "details", "index"}, body
    assert body["error"] == code, body
    assert isinstance(body["message"], str)
    assert body["message"].strip()
    assert not [word for word in INSIDE if word in response.text], response.text
    for detail in body.get("details", []):
        assert detail.keys() == {"field", "message"}
    assert ("www-authenticate" in response.headers) == (status == 401)
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert ("allow" in response.headers) == (status == 405)
    return body
