"""The end of a server whose store does not answer."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from channels.layers import InMemoryChannelLayer, get_channel_layer
from pytest_django import Settings

import sync.hints
from nodius_site import member, wiring
from nodius_site.options import ROOT
from sync.hints import Hints
from sync.membership import Membership, Vitals
from tests.faulty import FaultyStore
from tests.integration.sync.talk import APPEND, Talk
from tests.serving import ENVIRONMENT, Serving
from tests.sockets import Person, Room
from tests.wire import Wire

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

#: Starts a server as `manage.py` does, but with less time for its end.
HURRIED = """
import sys, threading, time
from nodius_site.command_line import main

def hurry():
    while not hasattr(sys.modules.get("nodius_site.wiring"), "websocket"):
        time.sleep(0.01)
    sys.modules["nodius_site.wiring"].STOP = 0.5

threading.Thread(target=hurry, daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""


class Hurried(Serving):
    """A server that has half a second for its end."""

    def spawn(self) -> None:
        """Start it without waiting for anything."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", HURRIED, "serve", *self.words],
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let nobody else write to this database."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def test_a_store_that_hangs_does_not_hold_up_the_end_beyond_its_deadline(
    store: FaultyStore, people: dict[str, Person], flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(store)
    live = wiring.Live(
        asyncio.get_running_loop(),
        room.hub,
        room.admission,
        room.registry,
        room.origins,
        room.places,
        room.rules,
        Membership(store, member.this_process(), 6.0, Vitals),
        Hints(lambda _: None),
    )
    monkeypatch.setattr(wiring, "_live", [live])
    monkeypatch.setattr(wiring, "STOP", 0.1)
    ann = Talk(room, people["ann"], flow)
    await ann.join()
    store.gate.clear()
    await ann.act(APPEND, id="1")
    try:
        async with asyncio.timeout(5):
            await wiring.stop()
    finally:
        await room.close()


class Impatient(InMemoryChannelLayer):
    """Takes a cancellation for its own timeout, as a driver can when both come at once."""

    async def receive(self, channel: str) -> dict[str, Any]:
        try:
            return await super().receive(channel)
        except asyncio.CancelledError:
            raise TimeoutError("reading took too long") from None


class Deaf(InMemoryChannelLayer):
    """Hears nothing, of a cancellation either; cannot be left."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    async def receive(self, channel: str) -> dict[str, Any]:
        while not self.heard.is_set():
            with suppress(asyncio.CancelledError):
                await self.heard.wait()
        return {}

    async def close(self) -> None:
        await self.heard.wait()


async def test_a_layer_that_swallows_a_cancellation_is_left_all_the_same(
    settings: Settings,
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Impatient"}}
    listening = asyncio.Event()
    hints = Hints(lambda _: listening.set())
    await listening.wait()
    async with asyncio.timeout(5):
        await hints.close()
    assert not [each for each in asyncio.all_tasks() if each.get_name() == "hints"]


async def test_a_layer_that_hangs_does_not_hold_up_the_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Deaf"}}
    monkeypatch.setattr(sync.hints, "PATIENCE", 0.1)
    listening = asyncio.Event()
    hints = Hints(lambda _: listening.set())
    await listening.wait()
    async with asyncio.timeout(5):
        await hints.close()
    layer = get_channel_layer()
    assert isinstance(layer, Deaf)
    layer.heard.set()


def test_a_server_whose_database_is_locked_ends_in_time_also_with_requests_under_way(
    tmp_path: Path,
) -> None:
    """WS-DURABLE-1: what it could not commit it has told nobody."""
    serving = Hurried(tmp_path / "data", store="sql")
    serving.create_admin()
    with serving, serving.login() as http:
        made = http.post("/api/workflow", json={"name": "x", "data": {"log": []}})
        key = made.json()["workflowKey"]
        token = http.headers["Authorization"].removeprefix("Bearer ")
        (file,) = (each for each in serving.data_dir.glob("*.sqlite3") if "documents" in each.name)
        answers: list[int] = []

        def write() -> None:
            with suppress(httpx.HTTPError):
                body = {"instructions": [APPEND]}
                answer = http.post(f"/api/workflow/{key}/instructions", json=body, timeout=30)
                answers.append(answer.status_code)

        with Wire(serving, token) as wire, locked(file):
            wire.join(key)
            wire.act(key, APPEND, id="1")
            writing = threading.Thread(target=write)
            writing.start()
            wire.send("ping")
            wire.expect("pong")
            assert serving.stop(timeout=10) == 0, serving.text()
            assert wire.closed() in (1012, 1013)
            writing.join()
        # It is [] if the server took no more connections when it came.
        assert answers in ([503], [])
        assert serving.text().count("not everything could be saved in time") == 1
        assert "graceful shutdown exceeded" not in serving.text(), "nobody was left waiting"
