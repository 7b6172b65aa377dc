"""What was told survives the death of the server."""

from __future__ import annotations

from pathlib import Path

from tests.crash.hammer import nothing_is_lost
from tests.crash.scene import Scene
from tests.serving import Serving
from tests.wire import APPEND, Wire


def test_what_was_acknowledged_survives_kill_9_and_is_not_applied_twice(tmp_path: Path) -> None:
    """WS-DURABLE-2, WS-ONCE-2"""
    serving = Serving(tmp_path / "data")
    serving.create_admin()
    with serving:
        scene = Scene.of(serving)
        with Wire(serving, scene.token) as client:
            client.join(scene.key, clientId="c")
            for n in range(50):
                client.act(scene.key, APPEND, id=str(n))
            acks = [client.expect("ack", id=str(n), seq=n + 1) for n in range(50)]
            client.act(scene.key, APPEND, id="in flight")
            serving.kill()
        serving.start()
        with Wire(serving, scene.token) as client:
            log = client.join(scene.key, clientId="c")["workflow"]["data"]["log"]
            assert len(log) in (50, 51)
            client.act(scene.key, APPEND, id="49")
            assert client.expect("ack", id="49") == acks[49]
            client.act(scene.key, APPEND, id="in flight")
            client.expect("ack", id="in flight", seq=51)
            assert len(client.join(scene.key)["workflow"]["data"]["log"]) == 51


def test_sigterm_under_load_is_announced_saves_and_loses_nothing(tmp_path: Path) -> None:
    """WS-RESTART-1"""
    serving = Serving(tmp_path / "data")
    serving.create_admin()
    with serving:
        scene = Scene.of(serving)
        hammers = scene.hammers(3)
        with Wire(serving, scene.token) as idle:
            idle.join(scene.key, batch=True)
            while idle.expect("updates")["updates"][-1]["seq"] < 100:
                pass
            assert serving.stop(timeout=10) == 0, serving.text()
            assert {hammer.join() for hammer in hammers} == {1012}
            assert all(hammer.heard[-1] == "closing" for hammer in hammers)
            assert idle.closed() == 1012
        serving.start()
        for hammer in hammers:
            hammer.come_back()
        with serving.login() as http:
            nothing_is_lost(http, scene.key, hammers)
