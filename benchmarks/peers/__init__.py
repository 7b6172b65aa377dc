"""The servers that Nodius is measured beside, each as its own documentation starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.dialects import Channels, Dialect, Hocuspocus, ShareDB, nodes
from benchmarks.servers import CannotMeasure, Server, free_port

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"

#: How many writers, and batches of each, a Hocuspocus room has at most.
WRITERS, UPDATES = 5, 60_000

Peer = tuple[Server, Callable[[], Dialect]]


def channels(folder: Path) -> Peer:
    """The Channels tutorial's chat, on daphne, by the in-memory layer."""
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", f"{port}", "-v0"]
    command.append("channels_chat:application")
    env = {"PYTHONPATH": str(HERE)}
    return Server("Channels", command, port, folder / "channels.log", env), lambda: Channels(port)


def sharedb(folder: Path) -> Peer:
    """ShareDB, documents in memory."""
    port, node = free_port(), install()
    command = [node, str(HERE / "sharedb.js"), f"{port}"]
    return Server("ShareDB", command, port, folder / "sharedb.log"), lambda: ShareDB(port)


def hocuspocus(folder: Path) -> Peer:
    """Hocuspocus, documents in memory."""
    port, node = free_port(), install()
    made = folder / "updates"
    made.mkdir()
    subprocess.run(
        [node, HERE / "updates.js", made, f"{WRITERS}", f"{UPDATES}"],
        input=json.dumps({"nodes": nodes()}).encode(),
        check=True,
    )
    updates = [_split((made / f"{writer}").read_bytes()) for writer in range(WRITERS)]
    command = [node, str(HERE / "hocuspocus.js"), f"{port}", str(made)]
    server = Server("Hocuspocus", command, port, folder / "hocuspocus.log")
    return server, lambda: Hocuspocus(port, updates)


PEERS: Mapping[str, Callable[[Path], Peer]] = {
    "channels": channels,
    "sharedb": sharedb,
    "hocuspocus": hocuspocus,
}


def install() -> str:
    """Have the peers' packages, and return the path of node. Raises CannotMeasure."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        missing = "node" if not node else "npm"
        raise CannotMeasure(
            f"sharedb and hocuspocus need {missing}, which is not installed: "
            "apt-get install nodejs npm, or give peers=channels"
        )
    lock, installed = HERE / "package-lock.json", MODULES / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise CannotMeasure(f"npm could not install the peers: {reason}")
    return node


def _split(raw: bytes) -> list[bytes]:
    found, at = list[bytes](), 0
    while at < len(raw):
        start = at + 4
        at = start + int.from_bytes(raw[at:start], "big")
        found.append(raw[start:at])
    return found
