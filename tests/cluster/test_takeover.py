"""What becomes of a workflow whose process ends, is killed, or stands still and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from sync.ownership import PATIENCE
from tests.cluster.team import TTL, Team
from tests.serving import command
from tests.waiting import until
from tests.wire import APPEND, Wire

#: Seconds that whoever asks may wait, with some for what the machine does beside; without a lease
#: that ends it would be for ever.
LONGEST = TTL + PATIENCE + 6
#: Seconds within which a look once a second has come about, on any machine.
SOON = 10


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Two servers with a broker between them."""
    with Team(tmp_path) as made:
        yield made


@pytest.fixture
def flow(team: Team) -> str:
    """A workflow."""
    return team.make()


def came_back(team: Team, number: int, flow: str, **fields: object) -> float:
    """Seconds until a client is in the workflow at this server, coming back as often as told to."""
    began = time.monotonic()
    while True:
        assert time.monotonic() - began < 60
        with suppress(ConnectionClosed), team.wire(number) as wire:
            wire.send("connect", workflowKey=flow, token=team.token, **fields)
            if wire.receive(30)["type"] == "connected":
                return time.monotonic() - began


def test_an_owner_that_ends_in_order_gives_its_workflows_up_at_once(team: Team, flow: str) -> None:
    """WS-OWNER-2"""
    with team.wire(0) as owner, team.wire(1) as piped:
        owner.join(flow)
        epoch = piped.join(flow, clientId="c")["epoch"]
        piped.act(flow, APPEND, id="1")
        piped.expect("ack", id="1")
        owner.expect("update")
        team.servers[0].process.terminate()
        for wire in (owner, piped):
            assert 0 <= wire.expect("closing")["retryAfterMs"] <= 1000
            assert wire.closed() == 1012
        assert team.servers[0].process.wait(20) == 0
        with team.wire(1) as back:
            told = back.join(flow, clientId="c", lastSeq=1, epoch=epoch)
            assert told["resumed"]
            back.act(flow, APPEND, id="1")
            assert back.expect("ack", id="1")["seq"] == 1
    assert team.read(1, flow)["data"]["log"] == ["x"]


def test_an_owner_that_is_killed_loses_its_workflows_at_once_on_its_own_machine(
    team: Team, flow: str
) -> None:
    """WS-OWNER-3"""
    with team.wire(0) as owner, team.wire(1) as piped:
        owner.join(flow)
        piped.join(flow, clientId="c")
        piped.act(flow, APPEND, id="1")
        piped.expect("ack", id="1")
        team.kill(0)
        piped.expect("closing")
        assert piped.closed() == 1013
    assert came_back(team, 1, flow) < LONGEST
    with team.client(1) as client:
        batch = {"instructions": [APPEND], "id": "2"}
        answer = client.post(f"/api/workflow/{flow}/instructions", json=batch)
        assert answer.json()["seq"] == 2


def test_who_asks_while_the_owner_stands_still_waits_for_the_lease(team: Team, flow: str) -> None:
    """WS-OWNER-4"""
    other = team.make()
    with team.wire(0) as owner:
        owner.join(flow)
        owner.join(other)
        with team.stopped(0):
            assert came_back(team, 1, flow) < LONGEST
            with team.client(1) as client:
                began = time.monotonic()
                path = f"/api/workflow/{other}/instructions"
                answer = client.post(path, json={"instructions": [APPEND]}, timeout=30)
                assert answer.json().get("seq") == 1, answer.text
                assert time.monotonic() - began < LONGEST


def test_the_clients_of_an_owner_that_stands_still_are_told_to_come_back(
    team: Team, flow: str
) -> None:
    with team.wire(0) as owner, team.wire(1) as piped:
        owner.join(flow)
        piped.join(flow)
        with team.stopped(0):
            assert piped.receive(LONGEST)["type"] == "closing"
            assert piped.closed() == 1013


def prune(team: Team, flow: str) -> None:
    """Have all of the history removed that may be."""
    with team.wire(1) as wire:
        wire.join(flow)
        wire.send("save", workflowKey=flow)
        wire.expect("saved")
    done = command("prunehistory", "keep=0", f"workflow={flow}", *team.servers[1].kept_in)
    assert done.returncode == 0, done.stderr


def delete(team: Team, flow: str) -> None:
    """Delete the workflow."""
    with team.client(1) as client:
        assert client.delete(f"/api/workflow/{flow}").status_code == 204


def replace(team: Team, flow: str) -> None:
    """Import a backup of the workflow over it."""
    file = team.folder / "backup.json"
    for words in (("exportdb", f"output={file}"), ("importdb", f"input={file}")):
        done = command(*words, *team.servers[1].kept_in)
        assert done.returncode == 0, done.stderr


def nothing(team: Team, flow: str) -> None:
    """Leave it at what the client did."""


@pytest.mark.parametrize("meanwhile", [nothing, prune, replace, delete])
def test_an_owner_that_wakes_up_loses_nothing_and_doubles_nothing(
    team: Team, flow: str, meanwhile: Callable[[Team, str], None]
) -> None:
    """WS-OWNER-5: two processes both believe that they own the workflow."""
    gone = meanwhile is delete
    with team.wire(0) as owner, team.client(0) as woken:
        epoch = owner.join(flow, clientId="a")["epoch"]
        owner.act(flow, APPEND, id="1")
        owner.expect("ack", id="1")
        with team.stopped(0):
            # It lies there, and is read when the process wakes up.
            owner.act(flow, APPEND, id="2")
            with team.wire(1) as other:
                other.join(flow, clientId="b")
                other.act(flow, {**APPEND, "v": "b"}, id="1")
                assert other.expect("ack", id="1")["seq"] == 2
            meanwhile(team, flow)
            newest = None if gone else team.read(1, flow)
        # What comes first at the woken process is the newest state, or that there is none.
        answer = woken.get(f"/api/workflow/{flow}", timeout=30)
        if answer.status_code == 503:
            until(lambda: woken.get(f"/api/workflow/{flow}").status_code != 503)
            answer = woken.get(f"/api/workflow/{flow}")
        assert (answer.json().get("workflow"), answer.status_code) == (newest, 404 if gone else 200)
        ended(owner, gone)
    if not gone:
        again(team, flow, epoch)


def ended(owner: Wire, gone: bool) -> None:
    """What the client is told whose batch the woken process could not commit."""
    told = owner.receive()
    while told["type"] in ("saved", "presence"):
        told = owner.receive()
    assert told["type"] == ("deleted" if gone else "closing")
    if not gone:
        assert owner.closed() == 1013


def again(team: Team, flow: str, epoch: str) -> None:
    """The client comes back to either server and sends again what was not answered: once."""
    for number in (0, 1, 0):
        came_back(team, number, flow)
        with team.wire(number) as back:
            back.join(flow, clientId="a", lastSeq=1, epoch=epoch)
            back.act(flow, APPEND, id="2")
            told = back.receive()
            while told["type"] != "ack":
                told = back.receive()
    log = team.read(0, flow)["data"]["log"]
    assert log == team.read(1, flow)["data"]["log"]
    assert log.count("x") == 2 and log.count("b") == 1


def test_a_command_reaches_the_clients_of_every_process(team: Team, flow: str) -> None:
    """BACKUP-IMPORT-4, OPT-PRUNE-1"""
    with team.wire(0) as owner, team.wire(1) as piped:
        owner.join(flow)
        epoch = piped.join(flow, clientId="c")["epoch"]
        piped.act(flow, APPEND, id="1")
        piped.expect("ack", id="1")
        prune(team, flow)
        with team.client(0) as client:
            assert client.get(f"/api/history/{flow}").json()["total"] == 0
        replace(team, flow)
        for wire in (owner, piped):
            assert wire.closed() == 1013
    with team.wire(0) as back:
        told = back.join(flow, clientId="c", lastSeq=1, epoch=epoch)
        assert not told["resumed"] and told["epoch"] != epoch
        back.act(flow, APPEND, id="1")
        assert back.expect("ack", id="1")["seq"] == 1


def test_without_any_broker_all_of_it_still_acts_within_the_second(tmp_path: Path) -> None:
    """WS-HINT-2"""
    with Team(tmp_path) as team:
        flow = team.make()
        team.end_broker()
        with team.servers[0].login() as client:
            token = client.headers["Authorization"].removeprefix("Bearer ")
            with Wire(team.servers[1], token) as wire, team.wire(0) as owner:
                owner.join(flow)
                wire.join(flow)
                began = time.monotonic()
                client.post("/api/auth/logout")
                assert wire.closed() == 4401
                assert time.monotonic() - began < SOON
        with team.client(1) as client:
            other = team.make()
            with team.wire(0) as owner:
                owner.join(other)
                began = time.monotonic()
                client.delete(f"/api/workflow/{other}")
                owner.expect("deleted")
                assert time.monotonic() - began < SOON
        assert team.broker is None
        team.run_broker()
