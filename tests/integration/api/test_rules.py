"""Rules of the protocol that concern several calls."""

from __future__ import annotations

from tests.integration.api.wire import Caller, People, ok, refused


def test_a_token_counts_in_its_header_only(people: People) -> None:
    """REST-AUTH-3"""
    token = people.editor.headers["authorization"].split()[1]
    for answer in (
        people.nobody.get("/api/auth/me", params={"token": token, "access_token": token}),
        people.nobody.get("/api/auth/me", headers={"Cookie": f"token={token}; sessionid={token}"}),
    ):
        refused(answer, 401, "unauthorized")


def test_a_put_and_a_restore_may_have_more_instructions_than_a_client_may_send(
    editor: Caller,
) -> None:
    """LIMIT-2, REST-PUT-1"""
    key = editor.new_workflow()
    nodes = {f"n{n:03}": {"posX": n} for n in range(300)}
    assert ok(editor.put(f"/api/workflow/{key}", json={"nodes": nodes}))["workflow"]["seq"] == 1
    assert len(editor.newest_batch(key)["instructions"]) == 300
    assert ok(editor.post(f"/api/workflow/{key}/restore", json={"seq": 0})) == {"seq": 2}
    assert editor.workflow(key)["nodes"] == []
