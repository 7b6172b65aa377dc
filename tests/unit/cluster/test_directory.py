"""Who a broker takes for alive, late and gone; with a clock that the test moves."""

from __future__ import annotations

import pytest

from cluster import directory as module
from cluster.directory import Directory
from cluster.messages import MAX_PEERS, Peer, Refused
from cluster.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 0.0001
        return self.now


class Scene:
    """A directory, what is connected, and how the time goes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        monkeypatch.setattr(module, "time", self.clock)
        self.connected = {b"1", b"2"}
        self.directory = Directory(Pace(), lambda who: who in self.connected)

    def after(self, seconds: float) -> dict[str, str]:
        """The states when so much time has passed."""
        self.clock.now += seconds
        self.directory.age()
        return {each.name: each.state for each in self.directory.peers}


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def peer(name: str, **more: str) -> Peer:
    return Peer(name, more.get("address", ""), 1, "host", {})


def test_who_is_silent_is_late_then_gone_then_forgotten(scene: Scene) -> None:
    assert scene.directory.heard(b"1", peer("a")) is None
    assert scene.after(2.9) == {"a": "alive"}
    assert scene.after(1) == {"a": "late"}
    assert scene.directory.routing_id("a") == b"1"
    assert scene.after(6.2) == {"a": "gone"}
    assert scene.directory.routing_id("a") is None
    assert scene.after(59) == {"a": "gone"}
    assert scene.after(2) == {}
    assert scene.directory.name(b"1") is None


def test_who_is_heard_of_again_is_alive(scene: Scene) -> None:
    scene.directory.heard(b"1", peer("a"))
    assert scene.after(11) == {"a": "gone"}
    scene.directory.heard(b"1", peer("a"))
    assert scene.after(0.6) == {"a": "alive"}


def test_who_is_late_and_not_connected_is_gone_at_once(scene: Scene) -> None:
    scene.directory.heard(b"1", peer("a"))
    assert scene.after(3.5) == {"a": "late"}
    scene.connected.clear()
    assert scene.after(0.6) == {"a": "gone"}
    assert scene.after(30) == {"a": "gone"}
    assert scene.after(31) == {}


def test_who_takes_his_leave_is_gone_at_once(scene: Scene) -> None:
    scene.directory.heard(b"1", peer("a"))
    scene.directory.gone(b"1")
    scene.directory.gone(b"nobody")
    assert scene.after(0) == {"a": "gone"}


def test_a_name_is_its_holders_as_long_as_he_is_there(scene: Scene) -> None:
    scene.directory.heard(b"1", peer("a"))
    refused = scene.directory.heard(b"2", peer("a"))
    assert isinstance(refused, Refused) and "called a" in refused.why
    scene.connected.discard(b"1")
    assert scene.directory.heard(b"2", peer("a")) is None
    assert (scene.directory.name(b"1"), scene.directory.name(b"2")) == (None, "a")
    assert scene.directory.routing_id("a") == b"2"


def test_a_process_may_change_its_name(scene: Scene) -> None:
    scene.directory.heard(b"1", peer("a"))
    scene.directory.heard(b"1", peer("b"))
    assert scene.after(0) == {"b": "alive"}
    assert scene.directory.name(b"1") == "b"


def test_the_version_changes_with_what_is_to_be_seen_and_only_then(scene: Scene) -> None:
    versions = [scene.directory.version]

    def changed() -> bool:
        versions.append(scene.directory.version)
        return versions[-1] != versions[-2]

    scene.directory.heard(b"1", peer("a"))
    assert changed()
    scene.directory.heard(b"1", peer("a"))
    scene.after(1)
    assert not changed()
    scene.directory.heard(b"1", peer("a", address="elsewhere"))
    assert changed()
    scene.after(4)
    assert changed()
    scene.after(1)
    assert not changed()
    scene.after(100)
    assert changed()
    assert len(set(versions)) == 5


def test_there_is_a_bound_to_how_many_there_are(scene: Scene) -> None:
    for number in range(MAX_PEERS):
        assert scene.directory.heard(f"{number}".encode(), peer(f"p{number}")) is None
    assert isinstance(scene.directory.heard(b"more", peer("more")), Refused)
    assert scene.directory.heard(b"0", peer("p0")) is None
