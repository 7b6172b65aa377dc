"""Who is there, who is late and who is gone; by processes that are stopped and killed."""

from __future__ import annotations

import os
import platform
import signal

import pytest

from cluster.errors import UnknownPeer
from cluster.manager import ClusterManager
from tests.integration.cluster.scene import Running, manager, peer_process
from tests.waiting import until


def states(process: ClusterManager) -> dict[str, str]:
    return {each.name: each.state for each in process.peers()}


def test_processes_find_each_other_with_what_they_tell_of_themselves(running: Running) -> None:
    with (
        running.manager("a", address="http://127.0.0.1:8426") as a,
        running.manager("b") as b,
    ):
        b.take_on("thumbnails")
        until(lambda: [each.roles for each in a.peers()] == [(), ("thumbnails",)])
        first, second = a.peers()
        assert (first.name, first.address) == ("a", "http://127.0.0.1:8426")
        assert (second.pid, second.host) == (os.getpid(), platform.node())
        assert second.versions["python"] == platform.python_version()
        until(lambda: b.peers() == a.peers())


def test_names_that_are_made_up_are_all_different(running: Running) -> None:
    with running.manager() as a, running.manager() as b:
        until(lambda: len(a.peers()) == 2)
        assert {each.name for each in a.peers()} == {a.name, b.name}


def test_a_process_that_is_stopped_is_late_then_gone_and_alive_when_it_goes_on(
    running: Running,
) -> None:
    with running.manager("a") as a, peer_process(running.ports, "b") as b:
        assert a.request("b", "hello").result(10) == "hello"
        b.signal(signal.SIGSTOP)
        until(lambda: states(a) == {"a": "alive", "b": "late"})
        until(lambda: states(a) == {"a": "alive", "b": "gone"})
        assert isinstance(a.send("b", 1).exception(10), UnknownPeer)
        b.signal(signal.SIGCONT)
        until(lambda: states(a) == {"a": "alive", "b": "alive"})
        until(lambda: a.request("b", "again").exception(10) is None)


def test_a_process_that_is_killed_is_gone_and_another_takes_its_name(running: Running) -> None:
    with running.manager("a") as a:
        with peer_process(running.ports, "b") as b:
            until(lambda: len(a.peers()) == 2)
            pid = next(each.pid for each in a.peers() if each.name == "b")
            b.kill()
            until(lambda: states(a) == {"a": "alive", "b": "gone"})
        with peer_process(running.ports, "b"):
            until(lambda: states(a) == {"a": "alive", "b": "alive"})
            assert next(each.pid for each in a.peers() if each.name == "b") != pid
            assert a.request("b", 1).result(10) == 1


def test_a_name_that_a_living_process_has_is_refused(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with running.manager("a") as a, running.manager("b") as b:
        until(lambda: len(a.peers()) == 2)
        b.on_message(lambda sender, message: "the first")
        with manager(running.ports, "b") as second:
            until(lambda: running.broker.counts["refused"] > 3)
            assert not second.is_connected
            assert caplog.text.count("another process is called b") == 1
            assert a.request("b", 1).result(10) == "the first"
            b.close()
            until(lambda: second.is_connected)


def test_one_that_is_gone_is_forgotten_after_a_while(running: Running) -> None:
    with running.manager("a") as a:
        running.manager("b").close()
        until(lambda: states(a) == {"a": "alive", "b": "gone"})
        until(lambda: states(a) == {"a": "alive"})
