"""`serve workers=N`: several processes at one port, and what becomes of them."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nodius_site.options import read
from tests.integration.cluster.scene import broker_ports
from tests.serving import Serving, command
from tests.waiting import until
from tests.wire import APPEND, Wire

COUNT = 2
NAMES = ("pubPort", "subPort", "routerPort", "dealerPort")


def ports() -> dict[str, int]:
    """Options for a broker on ports that nobody has."""
    free = broker_ports()
    return dict(zip(NAMES, (free.pub, free.sub, free.router, free.dealer), strict=True))


def children(server: Serving) -> set[int]:
    """The process ids of those that the server has forked."""
    pid = server.process.pid
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(each) for each in found}


def is_there(pid: int) -> bool:
    """Whether a process has this id, and is not just waiting to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def workers(admin: httpx.Client) -> set[int]:
    """The process ids of those that serve, as the server tells it."""
    try:
        told = admin.get("/api/cluster").json()["processes"]
    except httpx.TransportError:
        # The connection was to one that is gone; the next one is to another.
        return set()
    return {each["pid"] for each in told if each["state"] == "alive"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    """A server of two processes, with a broker of its own, and an administrator."""
    made = Serving(tmp_path / "data", workers=COUNT, **ports())
    made.create_admin()
    with made:
        yield made


@pytest.fixture
def admin(server: Serving) -> Iterator[httpx.Client]:
    """The administrator, once the processes know each other."""
    with server.login() as client:
        until(lambda: len(workers(client)) == COUNT)
        yield client


def new_flow(admin: httpx.Client) -> str:
    """A workflow."""
    made = admin.post("/api/workflow", json={"name": "x", "data": {"log": []}})
    return str(made.json()["workflowKey"])


def token_of(admin: httpx.Client) -> str:
    """The token that it sends."""
    return admin.headers["Authorization"].removeprefix("Bearer ")


def test_sockets_at_one_port_edit_a_workflow_together_whichever_process_takes_them(
    server: Serving, admin: httpx.Client
) -> None:
    """WS-OWNER-1"""
    flow = new_flow(admin)
    wires = [Wire(server, token_of(admin)) for _ in range(6)]
    try:
        for number, wire in enumerate(wires):
            wire.join(flow, clientId=f"c{number}")
        for number, wire in enumerate(wires):
            wire.act(flow, APPEND, id="1")
            wire.expect("ack", seq=number + 1)
            for other in wires:
                if other is not wire:
                    other.expect("update", seq=number + 1)
    finally:
        for wire in wires:
            wire.socket.close()


def test_one_that_dies_is_started_again_and_the_other_goes_on(
    server: Serving, admin: httpx.Client
) -> None:
    """OPT-WORKERS-2"""
    flow = new_flow(admin)
    before = workers(admin)
    with Wire(server, token_of(admin)) as wire:
        wire.join(flow)
        wire.act(flow, APPEND, id="1")
        wire.expect("ack")
    (killed, *_) = before
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(workers(admin) - {killed}) == COUNT)
    assert killed not in children(server)
    with Wire(server, token_of(admin)) as wire:
        assert wire.join(flow)["seq"] == 1
    assert "ended (-9) and starts again" in server.text()


def test_its_broker_is_started_again_too(server: Serving, admin: httpx.Client) -> None:
    """OPT-WORKERS-2"""
    (broker,) = children(server) - workers(admin)
    os.kill(broker, signal.SIGKILL)
    until(lambda: len(children(server) - workers(admin) - {broker}) == 1)
    assert admin.get("/api/health").status_code == 200


def test_it_ends_when_told_to_with_all_its_processes_and_leaves_nothing_behind(
    server: Serving, admin: httpx.Client
) -> None:
    """OPT-WORKERS-3"""
    flow = new_flow(admin)
    with Wire(server, token_of(admin)) as wire:
        wire.join(flow)
        wire.act(flow, APPEND, id="1")
        wire.expect("ack")
        started = children(server)
        server.process.send_signal(signal.SIGTERM)
        assert 0 <= wire.expect("closing")["retryAfterMs"] <= 1000
        assert wire.closed() == 1012
    assert server.process.wait(20) == 0
    assert not any(is_there(each) for each in started)
    server.start()
    with server.login() as client:
        until(lambda: len(workers(client)) == COUNT)
        told = client.get("/api/cluster").json()["processes"]
        assert len(told) == COUNT and not any(each["workflows"] for each in told)


def test_its_processes_end_when_it_is_killed(server: Serving, admin: httpx.Client) -> None:
    """OPT-WORKERS-3"""
    started = children(server)
    server.process.kill()
    until(lambda: not any(is_there(each) for each in started))


def test_a_port_of_its_broker_that_is_taken_is_one_line(tmp_path: Path) -> None:
    """OPT-WORKERS-1"""
    given = ports()
    with socket.create_server(("127.0.0.1", given["subPort"])):
        words = [f"{name}={number}" for name, number in given.items()]
        ended = command("serve", "port=0", f"data_dir={tmp_path}", f"workers={COUNT}", *words)
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{given['subPort']}" in ended.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [(["channel_layer=memory"], "channel_layer"), (["advertise=http://a.example"], "advertise")],
)
def test_what_does_not_go_with_several_processes_is_refused_in_one_line(
    tmp_path: Path, words: list[str], option: str
) -> None:
    """OPT-WORKERS-1"""
    ended = command("serve", "port=0", f"data_dir={tmp_path}", "workers=2", *words)
    assert ended.returncode == 2 and ended.stderr.startswith(f"nodius: {option}: ")


def test_several_processes_get_a_broker_unless_one_is_named() -> None:
    """OPT-WORKERS-1"""
    for words, runs, layer in (
        ([], False, "memory"),
        (["workers=2"], True, "zmq"),
        (["workers=2", "channel_layer=zmq://a"], False, "zmq"),
        (["workers=2", "channel_layer=redis://a"], False, "redis"),
        (["channel_layer=zmq://a"], False, "zmq"),
    ):
        values, _ = read(words, environment={}, dot_env="")
        assert (values.runs_broker, values.channel_layer.scheme) == (runs, layer)


class TestASecondServer:
    """Started beside one that serves the same documents."""

    def test_is_refused_while_the_first_lives_and_has_no_channel_layer(
        self, tmp_path: Path
    ) -> None:
        """OPT-CLUSTER-1"""
        with Serving(tmp_path / "data", lease_ttl=2) as first:
            words = ["serve", "port=0", *first.kept_in, "lease_ttl=2"]
            for more in ((), ("channel_layer=zmq://127.0.0.1",)):
                ended = command(*words, *more)
                assert ended.returncode == 2
                assert ended.stderr.startswith("nodius: channel_layer: ")
                assert str(first.process.pid) in ended.stderr
            os.kill(first.process.pid, signal.SIGSTOP)
            try:
                second = Serving(tmp_path / "data", lease_ttl=2)
                second.log = tmp_path / "second.log"
                with second:
                    assert "Waiting up to 2 s to see whether process" in second.text()
            finally:
                os.kill(first.process.pid, signal.SIGCONT)

    def test_starts_at_once_when_the_first_was_killed(self, tmp_path: Path) -> None:
        """OPT-CLUSTER-1"""
        server = Serving(tmp_path / "data", lease_ttl=60)
        with server:
            server.kill()
            server.start()
            assert "Waiting" not in server.text()

    def test_is_refused_if_it_signs_with_another_key(self, tmp_path: Path) -> None:
        """OPT-CLUSTER-1"""
        with Serving(tmp_path / "data", channel_layer="zmq://127.0.0.1") as first:
            words = ["serve", "port=0", *first.kept_in, "channel_layer=zmq://127.0.0.1"]
            ended = command(*words, "jwt_secret=another-key-than-the-first-one-has")
            assert ended.returncode == 2 and ended.stderr.startswith("nodius: jwt_secret: ")
