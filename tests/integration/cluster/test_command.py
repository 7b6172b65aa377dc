"""`./nodius runcluster`, and the option that leads to it."""

from __future__ import annotations

import re
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cluster.scene import (
    CLUSTER,
    SECRET,
    broker_ports,
    broker_process,
    manager,
    said_by_settings,
)
from tests.serving import command
from tests.waiting import until


def told(result: Any, status: int = 2) -> str:
    """The one line on stderr of a command that could not be done."""
    assert (result.returncode, result.stdout) == (status, ""), result
    lines: list[str] = result.stderr.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_broker_says_where_it_is_and_ends_when_told_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    ports = broker_ports()
    with broker_process(ports, tmp_path) as broker:
        assert broker.said == (
            f"The broker is at 127.0.0.1, without keys: pubPort {ports.pub}, subPort {ports.sub}, "
            f"routerPort {ports.router}, dealerPort {ports.dealer}"
        )
        with manager(ports) as process:
            until(lambda: process.is_connected)
        broker.signal(number)
        assert broker.end() == 0


@pytest.mark.parametrize("taken", ["pub", "sub", "router", "dealer"])
def test_a_port_that_is_taken_is_one_line(tmp_path: Path, taken: str) -> None:
    ports = broker_ports()
    words = [f"{name}Port={getattr(ports, name)}" for name in ("pub", "sub", "router", "dealer")]
    with socket.create_server(("127.0.0.1", getattr(ports, taken))):
        line = told(command("runcluster", f"data_dir={tmp_path}", *words))
    assert f"cannot listen on 127.0.0.1:{getattr(ports, taken)}" in line


def test_a_host_that_is_not_here_is_one_line(tmp_path: Path) -> None:
    assert "is no address" in told(command("runcluster", f"data_dir={tmp_path}", "host=no.invalid"))


def test_beyond_this_machine_it_refuses_to_start_without_keys(tmp_path: Path) -> None:
    line = told(command("runcluster", f"data_dir={tmp_path}", "host=0.0.0.0"))
    assert "make them by ./nodius runcluster keys" in line


def test_keys_are_made_once_for_their_owner_alone_and_then_used(tmp_path: Path) -> None:
    where = f"data_dir={tmp_path}"
    made = command("runcluster", "keys", where)
    assert made.returncode == 0, made.stderr
    files = {Path(line.removeprefix("Made ")) for line in made.stdout.splitlines()}
    assert files == {each for each in (tmp_path / "cluster_keys").rglob("*") if each.is_file()}
    assert len(files) == 4
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    before = {each: each.read_bytes() for each in files}
    assert "stay as they are" in command("runcluster", "keys", where).stdout
    assert before == {each: each.read_bytes() for each in files}
    ports = broker_ports()
    with broker_process(ports, tmp_path) as broker:
        assert "with keys" in broker.said
        with manager(ports, keys=tmp_path / "cluster_keys") as process:
            until(lambda: process.is_connected)


def test_another_word_is_refused(tmp_path: Path) -> None:
    assert "key" in told(command("runcluster", "kees", f"data_dir={tmp_path}"))


@pytest.mark.parametrize(
    "text",
    [
        "zmq://",
        "zmq://a:b",
        "zmq://a/b",
        "zmq://u@a",
        "zmq:a",
        "redis://",
        "redis://h:x",
        "memory://",
    ],
)
def test_a_layer_that_is_none_is_one_line(tmp_path: Path, text: str) -> None:
    line = told(command("options", f"data_dir={tmp_path}", f"channel_layer={text}"))
    assert re.search("channel_layer: .* will not do; give memory, zmq://", line)


def test_a_password_in_the_address_of_redis_is_shown_nowhere(tmp_path: Path) -> None:
    where = f"data_dir={tmp_path}"
    shown = command("options", where, "channel_layer=redis://:open-sesame@h:6379/1")
    assert "redis://h:6379/1" in shown.stdout and "sesame" not in shown.stdout
    line = told(command("options", where, "channel_layer=redis://:open-sesame@h:999999/1"))
    assert "sesame" not in line


def test_serve_refuses_a_broker_elsewhere_without_keys(tmp_path: Path) -> None:
    words = ("serve", "port=0", f"data_dir={tmp_path}")
    line = told(command(*words, "channel_layer=zmq://192.0.2.1"))
    assert "runcluster keys" in line
    line = told(command(*words, "channel_layer=zmq://localhost:65000", "dealerPort=65000"))
    assert "beyond 65535" in line


def test_the_settings_name_the_brokers_and_the_ports(tmp_path: Path) -> None:
    words = ("channel_layer=zmq://a.example, b.example:9500", "subPort=9001")
    made = said_by_settings("CHANNEL_LAYERS", f"data_dir={tmp_path}", *words)
    assert made["default"] == {
        "BACKEND": "cluster.channel_layer.ZmqChannelLayer",
        "CONFIG": {
            "brokers": ["a.example", "b.example:9500"],
            "pub_port": 9426,
            "sub_port": 9001,
            "router_port": 9428,
            "dealer_port": 9429,
        },
    }


def test_the_id_of_the_cluster_does_not_tell_the_secret_it_is_made_of(tmp_path: Path) -> None:
    words = (f"data_dir={tmp_path}", f"jwt_secret={SECRET}")
    assert said_by_settings("CLUSTER_ID", *words) == CLUSTER
    assert SECRET not in CLUSTER and len(CLUSTER) == 32
