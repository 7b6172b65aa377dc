"""A server run by daphne, which tells an application nothing of its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from nodius_site.options import ROOT
from tests.ports import free_ports
from tests.serving import ENVIRONMENT, Serving
from tests.wire import APPEND, Wire


@contextmanager
def daphne(serving: Serving) -> Iterator[subprocess.Popen[str]]:
    """Serve the folder of `serving` at its url by daphne instead."""
    (port,) = free_ports()
    serving.url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(port), "nodius_site.asgi:application"],
        cwd=ROOT,
        env=ENVIRONMENT | serving.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        assert any("Listening on" in line for line in process.stderr)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_its_end_just_breaks_the_sockets_and_loses_nothing(tmp_path: Path) -> None:
    """WS-DAPHNE-2, WS-DURABLE-2: so does a frame that is too large."""
    serving = Serving(tmp_path / "data")
    serving.create_admin()
    with daphne(serving) as process, serving.login() as http:
        token = http.headers["Authorization"].removeprefix("Bearer ")
        key = new_flow(http)
        with Wire(serving, token) as wire, Wire(serving, token) as large:
            wire.join(key)
            wire.act(key, APPEND, id="1")
            wire.expect("ack", seq=1)
            large.join(key)
            large.send("ping", x="x" * 1024 * 1024)
            assert large.closed() in (1006, 1009)
            process.terminate()
            assert wire.closed() == 1006
            process.wait(10)
    with daphne(serving), Wire(serving, token) as wire:
        assert wire.join(key)["workflow"]["data"]["log"] == ["x"]


def new_flow(http: httpx.Client) -> str:
    body = {"name": "Flow", "data": {"log": []}}
    return str(http.post("/api/workflow", json=body).json()["workflowKey"])
