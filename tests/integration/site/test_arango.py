"""A server whose documents are in ArangoDB, from its start on."""

from __future__ import annotations

from pathlib import Path

from tests.arango import ArangoServer
from tests.serving import Serving, command
from tests.wire import APPEND, Wire, put

NOWHERE = "http://127.0.0.1:1"


def test_two_people_edit_what_lies_in_arangodb_and_it_outlives_the_server(
    arango: ArangoServer, tmp_path: Path
) -> None:
    """WS-SEED-1, WS-DURABLE-2"""
    serving = Serving(
        tmp_path / "data",
        arangodb=arango.url,
        arangodb_user=arango.user,
        arangodb_pass=arango.password,
        arangodb_name=arango.create_name(),
    )
    serving.create_admin()
    with serving:
        assert f"Accounts are kept in SQLite, in {tmp_path / 'data'}; " in serving.text()
        assert f"documents in ArangoDB, {serving.words[-1].partition('=')[2]}" in serving.text()
        with serving.login() as http:
            token = http.headers["Authorization"].removeprefix("Bearer ")
            body = {"name": "Flow", "data": {"log": []}, "nodes": {"a": {"posX": 1}, "b": {}}}
            key = http.post("/api/workflow", json=body).json()["workflowKey"]
            with Wire(serving, token) as ann, Wire(serving, token) as bob:
                ann.join(key, clientId="ann")
                bob.join(key, clientId="bob")
                ann.act(key, put("nodes/a/posX", 2), id="1")
                assert ann.expect("ack", id="1")["seq"] == 1
                bob.expect("update", seq=1, sourceClientId="ann")
                bob.act(key, APPEND, id="2")
                ann.expect("update", seq=2, sourceClientId="bob")
                ann.send("undo", workflowKey=key, id="3")
                assert ann.expect("ack", id="3")["seq"] == 3, "the newest batch of the user"
        serving.kill()
    with serving, Wire(serving, token) as again:
        document = again.join(key)["workflow"]
        assert (document["nodes"]["a"]["posX"], document["data"]["log"]) == (2, [])
    assert not (tmp_path / "data" / "documents.sqlite3").exists()


def test_a_server_out_of_reach_is_one_line_and_waited_for_by_serve_alone(tmp_path: Path) -> None:
    """OPT-WRONG-1"""
    words = [f"arangodb={NOWHERE}", "arangodb_pass=hunter2", f"data_dir={tmp_path / 'data'}"]
    done = command("createadmin", "username=a", "password=Correct-horse-7-battery", *words)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done
    assert NOWHERE in done.stderr and "hunter2" not in done.stderr
    server = Serving(tmp_path / "data", arangodb=NOWHERE, arangodb_pass="hunter2")
    server.spawn()
    try:
        server.said("Waiting 30 s for its database")
        assert server.stop(timeout=10) == 0
        assert "hunter2" not in server.text() and "Traceback" not in server.text()
    finally:
        server.kill()


def test_a_wrong_password_is_one_line_at_once(arango: ArangoServer, tmp_path: Path) -> None:
    """OPT-WRONG-1"""
    words = [f"arangodb={arango.url}", "arangodb_pass=hunter2", f"data_dir={tmp_path / 'data'}"]
    for name in ("serve", "exportdb"):
        more = ["port=0"] if name == "serve" else [f"output={tmp_path / 'e.json'}"]
        done = command(name, *more, *words)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done
        assert "arangodb_pass" in done.stderr and "hunter2" not in done.stdout + done.stderr
