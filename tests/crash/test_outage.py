"""A store that goes away under a running server, and comes back."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.arango import ArangoServer
from tests.crash.hammer import nothing_is_lost
from tests.crash.scene import Scene
from tests.postgres import PostgresServer
from tests.serving import Serving


def test_a_postgresql_that_restarts_costs_a_reconnect_and_no_batch(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """WS-GIVEUP-1"""
    own = postgres.another()
    try:
        serving = Serving(tmp_path / "data", database=own.url(own.create_database()))
        serving.create_admin()
        with serving:
            scene = Scene.of(serving)
            hammers = scene.hammers(3)
            hammers[0].wait_for(50)
            own.stop("immediate")
            assert {hammer.join() for hammer in hammers} == {1013}
            assert all(hammer.heard[-1] == "closing" for hammer in hammers)
            own.start()
            for hammer in hammers:
                hammer.come_back()
                assert hammer.connects == 2
            with serving.login() as http:
                nothing_is_lost(http, scene.key, hammers)
    finally:
        own.remove()


def test_an_arangodb_that_is_killed_costs_a_reconnect_and_no_batch(
    tmp_path: Path, double: ArangoServer
) -> None:
    """WS-GIVEUP-1"""
    own = ArangoServer()
    try:
        serving = Serving(tmp_path / "data", arangodb=own.url)
        serving.create_admin()
        with serving:
            scene = Scene.of(serving)
            hammers = scene.hammers(3)
            hammers[0].wait_for(50)
            own.kill()
            assert {hammer.join() for hammer in hammers} == {1013}
            own.start()
            for hammer in hammers:
                hammer.come_back()
            with serving.login() as http:
                nothing_is_lost(http, scene.key, hammers)
    finally:
        own.remove()


def test_a_full_disk_ends_all_writing_and_room_again_is_enough_to_go_on(tmp_path: Path) -> None:
    """WS-GIVEUP-1: without a restart.

    A small batch may still be kept, in what a larger one has got of the disk before it failed:
    what counts is that nothing is acknowledged that is not kept.
    """
    serving = Serving(tmp_path / "data", store="sql")
    with small_disk(serving.data_dir) as disk:
        serving.create_admin()
        with serving:
            scene = Scene.of(serving)
            hammers = scene.hammers(8)
            hammers[0].wait_for(20)
            disk.fill(serving)
            assert {hammer.join() for hammer in hammers} == {1013}
            assert {hammer.try_again() for hammer in hammers} == {1013}
            disk.make_room(serving)
            for hammer in hammers:
                hammer.come_back()
            with serving.login() as http:
                nothing_is_lost(http, scene.key, hammers)
            assert serving.stop() == 0


class Limited:
    """Files that may not grow: for who may not mount a disk."""

    def fill(self, serving: Serving) -> None:
        """From now on there is no room."""
        self._limit(serving, 1)

    def make_room(self, serving: Serving) -> None:
        """From now on there is."""
        self._limit(serving, resource.RLIM_INFINITY)

    def _limit(self, serving: Serving, size: int) -> None:
        resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class Mounted:
    """A small disk in memory, and a file that takes all of it."""

    def __init__(self, folder: Path) -> None:
        self.filler = folder / "filler"

    def fill(self, serving: Serving) -> None:
        """From now on there is no room."""
        with self.filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(64 * 1024)):
                pass
        with self.filler.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(bytes(64)):
                pass

    def make_room(self, serving: Serving) -> None:
        """From now on there is."""
        self.filler.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Limited | Mounted]:
    """A disk at this folder that can be filled."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "nodius-tests", str(folder)]
    if os.getuid() or subprocess.run(mount, check=False).returncode:
        yield Limited()
        return
    try:
        yield Mounted(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
