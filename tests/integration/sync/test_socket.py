"""`/ws` of a real server, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.serving import Serving
from tests.wire import APPEND, Wire, put


@pytest.fixture(scope="module")
def admin(server: Serving) -> Iterator[httpx.Client]:
    with server.login() as client:
        yield client


@pytest.fixture
def flow(admin: httpx.Client) -> str:
    body = {
        "name": "Flow",
        "data": {"log": []},
        "nodes": {"node_1": {"posX": 0}, "node_2": {}},
        "edges": {"edge_1": {"source": "node_1", "target": "node_2"}},
    }
    answer = admin.post("/api/workflow", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["workflowKey"])


@pytest.fixture
def wire(server: Serving, admin: httpx.Client) -> Iterator[Callable[[], Wire]]:
    """Opens sockets of the administrator; all are closed at the end."""
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    with ExitStack() as opened:
        yield lambda: opened.enter_context(Wire(server, token))


def test_an_edit_on_one_socket_is_shown_on_another_and_is_in_the_store(
    admin: httpx.Client, wire: Callable[[], Wire], flow: str
) -> None:
    """WS-SEED-1: with no more than the three messages the first clients know."""
    one, other = wire(), wire()
    document = one.join(flow)["workflow"]
    other.join(flow)
    assert document["nodes"].keys() == {"node_1", "node_2"} and document["name"] == "Flow"
    move = put("nodes/node_1/posX", 100)
    one.act(flow, move, clientId="client_abc", timestamp=1234567890)
    other.expect("update", instructions=[move], sourceClientId="client_abc", seq=1)
    assert admin.get(f"/api/workflow/{flow}").json()["workflow"]["nodes"][0]["posX"] == 100


def test_removals_of_edges_are_told_to_everyone(wire: Callable[[], Wire], flow: str) -> None:
    """GRAPH-EDGE-1"""
    one, other = wire(), wire()
    one.join(flow)
    other.join(flow)
    applied = [{"o": 2, "p": ["nodes", "node_1"]}, {"o": 2, "p": ["edges", "edge_1"]}]
    one.act(flow, applied[0], id="remove")
    one.expect("ack", id="remove", seq=1, instructions=applied)
    other.expect("update", instructions=applied)


def test_changes_over_http_reach_the_sockets_and_so_does_the_end(
    admin: httpx.Client, wire: Callable[[], Wire], flow: str
) -> None:
    """WS-HTTP-1"""
    watcher = wire()
    watcher.join(flow)
    body = {"instructions": [APPEND], "id": "once"}
    answers = [admin.post(f"/api/workflow/{flow}/instructions", json=body) for _ in range(2)]
    assert answers[0].json() == answers[1].json() and answers[0].json()["seq"] == 1
    watcher.expect("update", seq=1, instructions=[APPEND], sourceClientId=None)
    assert admin.put(f"/api/workflow/{flow}", json={"name": "by PUT"}).status_code == 200
    watcher.expect("update", seq=2, instructions=[put("name", "by PUT")])
    assert admin.delete(f"/api/workflow/{flow}").status_code == 204
    watcher.expect("deleted", workflowKey=flow)
    watcher.act(flow, APPEND, id="late")
    watcher.expect("error", code="not_connected", id="late")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{not json", "invalid_json"),
        ('{"type": "ping"} {}', "invalid_json"),
        ('"ping"', "invalid_message"),
        ('{"type": "unheard of"}', "invalid_message"),
        ('{"type": "instructions", "workflowKey": "KEY", "instructions": []}', "invalid_message"),
        ('{"type": "ping", "x": ' + "[" * 5000 + "]" * 5000 + "}", "too_large"),
        ('{"type": "ping", "x": "' + "x" * 1_048_576 + '"}', "too_large"),
        ('{"type": "ping", "x": "\\ud800"}', "invalid_json"),
        ('{"type": "connect", "workflowKey": "no", "token": "TOKEN"}', "workflow_not_found"),
    ],
)
def test_a_bad_message_is_refused_and_the_socket_goes_on(
    wire: Callable[[], Wire], flow: str, frame: str, code: str
) -> None:
    """WS-BAD-1"""
    client = wire()
    client.join(flow)
    client.socket.send(frame.replace("KEY", flow).replace("TOKEN", client.token))
    client.expect("error", code=code)
    client.act(flow, APPEND, id="fine")
    client.expect("ack", id="fine", seq=1)


def test_a_refused_message_names_its_id_so_that_the_client_can_drop_it(
    wire: Callable[[], Wire], flow: str
) -> None:
    """WS-BAD-2"""
    client = wire()
    client.join(flow)
    client.act(flow, *[APPEND] * 257, id="too many")
    client.expect("error", code="invalid_message", id="too many", workflowKey=flow)
    client.act(flow, APPEND, {"o": 99, "p": ["x"]}, id="odd")
    client.expect("error", code="invalid_instruction", id="odd", index=1)
    client.socket.send(b"binary")
    client.expect("error", code="invalid_message")


def test_a_socket_whose_token_is_not_valid_or_ends_is_closed_with_4401(
    server: Serving, wire: Callable[[], Wire], flow: str
) -> None:
    """AUTH-SOCKET-1"""
    stranger = wire()
    stranger.send("connect", workflowKey=flow, token="nonsense")
    stranger.expect("error", code="unauthorized")
    assert stranger.closed() == 4401
    with server.login() as session:
        token = session.headers["Authorization"].removeprefix("Bearer ")
        with Wire(server, token) as client:
            client.join(flow)
            assert session.post("/api/auth/logout").status_code == 204
            assert client.closed(timeout=5) == 4401


def test_a_socket_that_leaves_a_workflow_hears_no_more_of_it(
    wire: Callable[[], Wire], flow: str
) -> None:
    """WS-LEAVE-1"""
    one, other = wire(), wire()
    one.join(flow)
    other.join(flow)
    one.send("leave", workflowKey=flow)
    one.send("ping")
    one.expect("pong")
    other.act(flow, APPEND, id="x")
    other.expect("ack", id="x")
    one.send("ping")
    one.expect("pong")


def test_the_limits_in_force_are_announced(wire: Callable[[], Wire], flow: str) -> None:
    """WS-CONNECT-4"""
    assert wire().join(flow)["limits"] == {
        "message": 1024 * 1024,
        "instructions": 256,
        "text": 1024 * 1024,
        "workflow": 16 * 1024 * 1024,
        "depth": 32,
        "batch": 16 * 1024 * 1024,
        "rate": 1000,
        "outbox": 8 * 1024 * 1024,
    }
