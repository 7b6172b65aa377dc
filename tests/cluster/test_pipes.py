"""Two servers, one workflow: whoever is at the other one is served as if it were at the owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sync.passes import HEADER
from tests.cluster.team import Team
from tests.waiting import until
from tests.wire import APPEND, Wire, narrow, put


@pytest.fixture(scope="module", params=["zmq", "redis"])
def team(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    """Two servers, with a broker between them, or Redis."""
    redis = request.getfixturevalue("redis") if request.param == "redis" else None
    with Team(tmp_path_factory.mktemp("team"), redis=redis) as made:
        yield made


@pytest.fixture
def flow(team: Team) -> str:
    """A workflow."""
    return team.make()


@pytest.fixture
def owner(team: Team, flow: str) -> Iterator[Wire]:
    """A client of the first server, which thereby holds the workflow."""
    with team.wire(0) as wire:
        wire.join(flow, clientId="direct")
        yield wire


@pytest.fixture
def piped(team: Team, flow: str, owner: Wire) -> Iterator[Wire]:
    """A client of the second one."""
    with team.wire(1) as wire:
        told = wire.join(flow, clientId="piped")
        assert [each["clientId"] for each in told["participants"]] == ["direct"]
        yield wire


def pipes(team: Team, number: int, direction: str) -> float:
    """How many pipes one of the servers counts."""
    with team.client(number) as client:
        text = client.get("/metrics").text
    wanted = f'nodius_pipes{{direction="{direction}"}} '
    found = [line for line in text.splitlines() if line.startswith(wanted)]
    return float(found[0].split()[1]) if found else 0.0


def test_both_see_each_others_changes_in_one_order(owner: Wire, piped: Wire, flow: str) -> None:
    """WS-PIPE-1"""
    piped.act(flow, APPEND, id="1")
    assert piped.expect("ack", id="1")["seq"] == 1
    assert owner.expect("update", seq=1, sourceClientId="piped")["instructions"] == [APPEND]
    owner.act(flow, APPEND, id="1")
    assert owner.expect("ack", id="1")["seq"] == 2
    assert piped.expect("update", seq=2, sourceClientId="direct")["instructions"] == [APPEND]
    piped.send("undo", workflowKey=flow, id="2")
    assert piped.expect("ack", id="2")["seq"] == 3
    piped.send("redo", workflowKey=flow, id="3")
    assert piped.expect("ack", id="3")["seq"] == 4
    piped.act(flow, APPEND, id="1")
    assert piped.expect("ack", id="1")["seq"] == 1


def test_presence_saves_refusals_and_leaving_go_through(
    owner: Wire, piped: Wire, flow: str, team: Team
) -> None:
    piped.send("presence", workflowKey=flow, state={"x": 1})
    while (shown := owner.expect("presence"))["state"] != {"x": 1}:
        pass
    assert shown["clientId"] == "piped"
    piped.act(flow, APPEND, id="1")
    piped.expect("ack", id="1")
    piped.send("save", workflowKey=flow)
    assert piped.expect("saved")["seq"] == 1
    piped.act(flow, put("data/nowhere/x", 1), id="2")
    assert piped.expect("error", id="2")["code"] == "path_not_found"
    owner.expect("update", seq=1)
    piped.send("leave", workflowKey=flow)
    while (shown := owner.expect("presence"))["state"] is not None:
        pass
    piped.act(flow, APPEND, id="3")
    assert piped.expect("error", id="3")["code"] == "not_connected"
    until(lambda: pipes(team, 1, "out") == 0)
    assert piped.join(flow, clientId="piped", batch=True)["seq"] == 1
    piped.act(flow, APPEND, id="4")
    assert piped.expect("updates")["updates"][0]["id"] == "4"


def test_it_starts_anew_when_it_connects_again_and_resumes_what_it_missed(
    owner: Wire, piped: Wire, flow: str
) -> None:
    epoch = piped.join(flow, clientId="piped")["epoch"]
    piped.send("leave", workflowKey=flow)
    owner.act(flow, APPEND, id="1")
    owner.expect("ack", id="1")
    told = piped.join(flow, clientId="piped", lastSeq=0, epoch=epoch)
    assert told["resumed"] and told["seq"] == 1
    assert piped.expect("update")["seq"] == 1


def test_one_socket_is_in_workflows_of_both_servers(team: Team, owner: Wire, piped: Wire) -> None:
    other = team.make()
    piped.join(other, clientId="piped")
    owner.join(other, clientId="direct")
    owner.act(other, APPEND, id="1")
    assert owner.expect("ack", workflowKey=other)["seq"] == 1
    assert piped.expect("update", workflowKey=other)["seq"] == 1
    assert pipes(team, 0, "out") == pipes(team, 1, "out") == 1
    assert pipes(team, 0, "in") == pipes(team, 1, "in") == 1


def test_the_same_client_that_connects_at_the_other_server_replaces_the_first(
    team: Team, owner: Wire, piped: Wire, flow: str
) -> None:
    with team.wire(0) as again:
        again.join(flow, clientId="piped")
        assert piped.closed() == 4409


def test_writes_over_http_reach_the_owner_and_are_answered_as_there(
    team: Team, owner: Wire, flow: str
) -> None:
    """REST-PIPE-1"""
    with team.client(1) as there, team.client(0) as here:
        path = f"/api/workflow/{flow}"
        batch = {"instructions": [APPEND], "id": "h1"}
        first = there.post(f"{path}/instructions", json=batch)
        assert first.json()["seq"] == 1, first.text
        assert owner.expect("update", seq=1)["sourceClientId"] is None
        for client in (there, here):
            assert client.post(f"{path}/instructions", json=batch).json() == first.json()
        assert there.put(path, json={"name": "y"}).json()["workflow"]["seq"] == 2
        assert there.post(f"{path}/restore", json={"seq": 0}).json() == {"seq": 3}
        wrong = {"instructions": [put("data/nowhere/x", 1)]}
        refused = [each.post(f"{path}/instructions", json=wrong) for each in (there, here)]
        assert {each.status_code for each in refused} == {422}
        assert refused[0].json() == refused[1].json()
        assert there.get(path).json() == here.get(path).json()
        nobody = httpx.post(f"{team.servers[1].url}{path}/instructions", json=batch)
        assert nobody.status_code == 401
    seqs = [owner.expect("update")["seq"] for _ in range(2)]
    assert seqs == [2, 3]


def test_what_is_deleted_at_one_server_is_gone_at_the_other(
    team: Team, owner: Wire, piped: Wire, flow: str
) -> None:
    with team.client(1) as client:
        assert client.delete(f"/api/workflow/{flow}").status_code == 204
    for wire in (owner, piped):
        wire.expect("deleted", workflowKey=flow)


def test_a_token_that_is_revoked_at_one_server_closes_sockets_at_both(team: Team) -> None:
    """WS-HINT-1"""
    flow = team.make()
    with team.servers[0].login() as client:
        token = client.headers["Authorization"].removeprefix("Bearer ")
        with Wire(team.servers[0], token) as first, Wire(team.servers[1], token) as second:
            first.join(flow)
            second.join(flow)
            assert client.post("/api/auth/logout").status_code == 204
            assert first.closed() == second.closed() == 4401


@pytest.mark.parametrize("shown", ["", "x", "00" * 32])
def test_who_has_no_pass_is_no_process_of_ours(team: Team, shown: str) -> None:
    """WS-PIPE-2"""
    given = {HEADER: shown}
    answer = httpx.get(f"{team.servers[0].url}/api/health", headers=given)
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert httpx.get(f"{team.servers[0].url}/alive").status_code == 404
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(team.servers[0].socket_url, additional_headers=given, proxy=None),
    ):
        pass


def test_a_piped_client_that_does_not_read_is_cut_off_and_the_others_are_not(
    tmp_path: Path,
) -> None:
    """T19 over a pipe."""
    with Team(tmp_path, max_outbox=65536) as team, team.wire(0) as owner, team.wire(1) as other:
        flow = team.make()
        owner.join(flow)
        other.join(flow)
        url = team.servers[1].socket_url
        with connect(url, sock=narrow(url), max_queue=1, close_timeout=0, proxy=None) as silent:
            silent.send(f'{{"type":"connect","workflowKey":"{flow}","token":"{team.token}"}}')
            until(lambda: pipes(team, 1, "out") == 2)
            for number in range(200):
                owner.act(flow, put("data/text", f"{number}" + "x" * 60_000), id=str(number))
                owner.expect("ack", id=str(number))
                other.expect("update", seq=number + 1)
            until(lambda: pipes(team, 1, "out") == 1, 60)
