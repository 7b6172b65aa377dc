"""Brokers come and go; without one, hints are missing, and nothing else."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from cluster.errors import UnknownPeer, Unreachable
from cluster.io_thread import QUEUE
from cluster.manager import ClusterManager
from tests.integration.cluster.scene import Running, broker_ports, broker_process, manager
from tests.waiting import until


def talks(a: ClusterManager, b: ClusterManager) -> None:
    """Return when what the one publishes and sends reaches the other."""
    got: list[Any] = []
    subscription = b.subscribe("talk", got.append)
    b.on_message(lambda sender, message: message)

    def reached() -> bool:
        a.publish("talk", 1)
        return bool(got) and a.request("b", 1, timeout=0.3).exception(10) is None

    until(reached)
    subscription.cancel()


def test_a_broker_that_is_killed_and_started_again_is_found_again(tmp_path: Path) -> None:
    ports = broker_ports()
    with manager(ports, "a") as a, manager(ports, "b") as b:
        got: list[Any] = []
        b.subscribe("t", got.append)
        for _ in range(2):
            with broker_process(ports, tmp_path) as broker:
                talks(a, b)
                broker.kill()
                until(lambda: not a.is_connected)
                until(lambda: not b.is_connected)
        with broker_process(ports, tmp_path):
            talks(a, b)
            # What was subscribed to before is so still.
            a.publish("t", "at last")
            until(lambda: got[-1:] == ["at last"])


def test_without_a_broker_nothing_raises_or_waits_and_all_is_counted() -> None:
    with manager(broker_ports()) as alone:
        own: list[Any] = []
        alone.subscribe("t", own.append)
        began = time.monotonic()
        for number in range(10):
            alone.publish("t", number)
            assert isinstance(alone.send("b", 1).exception(5), Unreachable)
            assert isinstance(alone.request("b", 1).exception(5), Unreachable)
        assert time.monotonic() - began < 5
        assert alone.peers() == []
        until(lambda: own == list(range(10)))
        until(lambda: alone.counts() == {"received": 10, "unpublished": 10, "unsent": 20})
        assert alone.broker_counts() == {}


def test_peers_of_a_broker_that_is_gone_are_late_at_best() -> None:
    with Running() as running, running.manager("a") as a, running.manager("b"):
        until(lambda: [each.state for each in a.peers()] == ["alive", "alive"])
        running.stop()
        until(lambda: [each.state for each in a.peers()] == ["late", "late"])


def test_a_second_broker_takes_over_and_the_first_is_used_again() -> None:
    first = broker_ports()
    second = broker_ports()
    brokers = [f"127.0.0.1:{each.pub}" for each in (first, second)]
    with (
        manager(first, "a", brokers=brokers) as a,
        manager(first, "b", brokers=brokers) as b,
    ):
        with Running(second):
            with Running(first):
                talks(a, b)
                until(lambda: len(a.broker_counts()) == 2)
            talks(a, b)
            assert list(a.broker_counts()) == [brokers[1]]
            with Running(first) as again:
                until(lambda: len(a.broker_counts()) == len(b.broker_counts()) == 2)
                talks(a, b)
                assert again.broker.counts["published"]
        until(lambda: not a.is_connected)


def test_what_two_brokers_know_of_a_peer_is_told_once_and_the_best_of_it() -> None:
    first = broker_ports()
    second = broker_ports()
    brokers = [f"127.0.0.1:{each.pub}" for each in (first, second)]
    with (
        Running(first),
        Running(second),
        manager(first, "a", brokers=brokers) as a,
        # Only the second knows this one.
        manager(second, "b") as b,
    ):
        until(lambda: [each.name for each in a.peers()] == ["a", "b"])
        b.on_message(lambda sender, message: message)
        assert a.request("b", 1).result(10) == 1


def test_a_broker_that_hangs_holds_nobody_up_and_what_it_drops_is_counted(tmp_path: Path) -> None:
    ports = broker_ports()
    with broker_process(ports, tmp_path) as broker, manager(ports, "a") as a:
        until(lambda: a.is_connected)
        broker.signal(signal.SIGSTOP)
        body = "x" * 20_000
        began = time.monotonic()
        for _ in range(QUEUE + 500):
            a.publish("t", body)
        assert time.monotonic() - began < 10
        asked = [a.send("a", body) for _ in range(QUEUE + 500)]
        assert all(isinstance(each.exception(20), Unreachable | TimeoutError) for each in asked)
        counts = a.counts()
        assert counts["published"] + counts["unpublished"] == QUEUE + 500
        broker.signal(signal.SIGCONT)
        until(lambda: a.is_connected)


def test_a_broker_ends_when_it_is_told_to_and_frees_its_ports() -> None:
    with Running() as running, running.manager():
        ports = running.ports
        running.stop()
        with Running(ports) as again, again.manager():
            pass


def test_two_clusters_on_one_machine_do_not_mix() -> None:
    with (
        Running() as ours,
        Running(cluster="d" * 32) as theirs,
        ours.manager("a") as a,
        theirs.manager("b", cluster="d" * 32),
    ):
        assert [each.name for each in a.peers()] == ["a"]
        with pytest.raises(UnknownPeer, match="nobody of this name"):
            a.send("b", 1).result(10)


def test_a_broker_is_found_where_first_something_else_has_answered() -> None:
    ports = broker_ports()
    with ExitStack() as stack, manager(ports) as process:
        for port in (ports.pub, ports.sub, ports.router, ports.dealer):
            other = stack.enter_context(socket.create_server(("127.0.0.1", port)))
            connection = stack.enter_context(other.accept()[0])
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            with suppress(ConnectionError):
                while connection.recv(4096):
                    pass
        stack.close()
        with Running(ports):
            until(lambda: process.is_connected)


def test_a_broker_may_have_an_address_of_ipv6() -> None:
    with Running(host="::1") as running, running.manager("a", host="::1") as a:
        assert a.send("a", 1).result(10) is None
