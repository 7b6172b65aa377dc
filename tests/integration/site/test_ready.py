"""/api/ready: says which part cannot do its work, soon, and no more than that."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

import store.current
from nodius_site.apps import configured_store
from nodius_site.ready import PARTS, Part, states
from nodius_site.watched_store import WatchedStore
from store.base import Conflict, Expect, Insert, Operation, Put, Unavailable
from store.collections import PROBES
from sync.metrics import REGISTRY
from sync.port import result_of
from tests.crash.test_outage import small_disk
from tests.faulty import FaultyStore
from tests.serving import Serving
from workflows.errors import GivenUp

WAIT = 30.0
GOOD = {"accounts": "ok", "store": "ok", "journal": "ok"}


def answer(server: Serving) -> httpx.Response:
    """GET /api/ready, without a token."""
    return httpx.get(f"{server.url}/api/ready", timeout=10, trust_env=False)


def until(server: Serving, status: int) -> dict[str, Any]:
    """Wait until it answers with this status."""
    deadline = time.monotonic() + WAIT
    while (got := answer(server)).status_code != status:
        assert time.monotonic() < deadline, got.text
    told = got.json()
    assert isinstance(told, dict)
    return told


def test_a_server_that_can_do_its_work_says_so_to_anybody(server: Serving) -> None:
    """REST-READY-1"""
    for path in ("/api/ready", "/api/ready/"):
        got = httpx.get(f"{server.url}{path}", trust_env=False)
        assert got.status_code == 200 and got.headers["Cache-Control"] == "no-store"
        told = got.json()
        assert abs(told.pop("timestamp") / 1000 - time.time()) < 3600
        assert told == {"status": "ok", "parts": GOOD}


def test_a_full_disk_is_told_and_so_is_room_again_without_a_restart(tmp_path: Path) -> None:
    """REST-READY-2"""
    serving = Serving(tmp_path / "data", store="sql")
    with small_disk(serving.data_dir) as disk:
        serving.create_admin()
        with serving:
            with serving.login() as admin:
                flow = admin.post("/api/workflow", json={"name": "x"}).json()["workflowKey"]
                disk.fill(serving)
                edit = {"instructions": [{"o": 1, "p": ["name"], "v": "y" * 10_000}]}
                path = f"/api/workflow/{flow}/instructions"
                assert admin.post(path, json=edit, timeout=30).status_code == 503
                told = until(serving, 503)
                assert told["status"] == "unavailable"
                assert told["parts"] == GOOD | {"store": "unavailable"}
                assert "disk" not in str(told) and str(tmp_path) not in str(told)
                disk.make_room(serving)
                assert until(serving, 200)["parts"] == GOOD
                assert admin.post(path, json=edit, timeout=30).status_code == 200
            assert serving.stop() == 0


def hangs(until: threading.Event) -> Callable[[], None]:
    """A check that does not return before this happens."""

    def hang() -> None:
        until.wait(60)

    return hang


class TestParts:
    """Each is asked in its own thread, and none holds up the answer."""

    def test_a_part_that_hangs_costs_the_deadline_and_one_thread(self) -> None:
        """REST-READY-3"""
        healed = threading.Event()
        parts = {"good": Part(lambda: None), "hung": Part(hangs(healed))}
        threads = threading.active_count()
        for _ in range(5):
            began = time.monotonic()
            assert states(parts, 0.1) == {"good": "ok", "hung": "unavailable"}
            assert time.monotonic() - began < 5
        assert threading.active_count() <= threads + 1
        healed.set()
        deadline = time.monotonic() + WAIT
        while states(parts, 0.1)["hung"] != "ok":
            assert time.monotonic() < deadline

    @pytest.mark.parametrize("error", [Unavailable("why"), ZeroDivisionError(), LookupError()])
    def test_whatever_a_part_raises_it_is_not_ready(self, error: Exception) -> None:
        def fail() -> None:
            raise error

        assert states({"bad": Part(fail)}, 5) == {"bad": "unavailable"}

    def test_outside_of_a_server_the_journal_is_not_ready(self) -> None:
        assert states({"journal": PARTS["journal"]}, 5) == {"journal": "unavailable"}


@pytest.mark.django_db(transaction=True, databases="__all__")
class TestStore:
    """What a store is asked, and what it is remembered for."""

    @pytest.fixture
    def faulty(self) -> Iterator[FaultyStore]:
        """A store to break."""
        made = FaultyStore(configured_store())
        yield made
        made.heal()

    @pytest.fixture
    def watched(self, faulty: FaultyStore) -> WatchedStore:
        """The same, watched."""
        return WatchedStore(faulty)

    def test_a_store_that_is_well_is_asked_to_write_nothing(
        self, faulty: FaultyStore, watched: WatchedStore
    ) -> None:
        watched.check()
        watched.write([Put(PROBES, "x", {})])
        watched.check()
        assert len(faulty.writes) == 1

    def test_after_a_failed_write_another_one_decides(
        self, faulty: FaultyStore, watched: WatchedStore
    ) -> None:
        def full(operations: Sequence[Operation]) -> None:
            raise Unavailable("no room")

        faulty.before = full
        errors = REGISTRY.get_sample_value("nodius_store_errors_total", {"kind": "Unavailable"})
        with pytest.raises(Unavailable):
            watched.write([Put(PROBES, "x", {})])
        for _ in range(2):
            with pytest.raises(Unavailable):
                watched.check()
        told = REGISTRY.get_sample_value("nodius_store_errors_total", {"kind": "Unavailable"})
        assert told == (errors or 0) + 3
        faulty.heal()
        watched.check()
        writes = len(faulty.writes)
        watched.check()
        assert writes == len(faulty.writes) == 1, "one probe, and then it is trusted again"

    def test_a_write_that_cannot_be_is_the_askers_fault(
        self, faulty: FaultyStore, watched: WatchedStore
    ) -> None:
        watched.write([Insert(PROBES, "k", {})])
        for wrong in (Insert(PROBES, "k", {}), Expect(PROBES, "nowhere")):
            with pytest.raises(Conflict):
                watched.write([wrong])
        with pytest.raises(ValueError, match="the same document"):
            watched.write([Put(PROBES, "a", {}), Put(PROBES, "a", {})])
        writes = len(faulty.writes)
        watched.check()
        assert len(faulty.writes) == writes

    def test_a_store_that_hangs_does_not_hang_the_answer(
        self, faulty: FaultyStore, watched: WatchedStore
    ) -> None:
        """REST-READY-3"""

        def full(operations: Sequence[Operation]) -> None:
            raise Unavailable("no room")

        faulty.before = full
        with pytest.raises(Unavailable):
            watched.write([Put(PROBES, "x", {})])
        faulty.heal()
        faulty.gate.clear()
        good = store.current.current()
        store.current.install(watched)
        try:
            asked = {"store": PARTS["store"]}
            assert states(asked, 0.2) == {"store": "unavailable"}
            faulty.gate.set()
            deadline = time.monotonic() + WAIT
            while states(asked, 1) != {"store": "ok"}:
                assert time.monotonic() < deadline
        finally:
            store.current.install(good)


def test_what_is_asked_of_a_loop_that_has_ended_is_given_up() -> None:
    ended = asyncio.new_event_loop()
    ended.close()

    async def work() -> None: ...

    with pytest.raises(GivenUp):
        result_of(work(), ended)
