"""Two editors on one workflow: edits on the first, and what the second sees of them, with the
latency.

python examples/two_editors.py [username=…] [password=…] [url=http://localhost:8426] [edits=200]

It asks for what is missing. Needs httpx and websockets; where they are not installed, it goes on
with the Python in .venv, which `./nodius serve` has made and which has both.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

try:
    import httpx
    from websockets.asyncio.client import ClientConnection, connect
except ImportError:
    where = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    python = Path(__file__).resolve().parent.parent / ".venv" / where
    if not python.exists() or Path(sys.prefix) == python.parent.parent:
        raise SystemExit(
            "Install httpx and websockets first: pip install httpx websockets"
        ) from None
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the clone's own Python, no shell

NODES, EDGES = 200, 300


def workflow() -> dict[str, Any]:
    """A workflow of 200 nodes and 300 edges."""
    nodes = {
        f"node_{n}": {"type": "text", "posX": 240 * (n % 20), "posY": 120 * (n // 20)}
        for n in range(NODES)
    }
    ends = [(n, n + 1) for n in range(NODES - 1)] + [(n, n + 20) for n in range(EDGES - NODES + 1)]
    edges = {f"{a}-{b}": {"source": f"node_{a}", "target": f"node_{b}"} for a, b in ends}
    return {"name": "Two editors", "category": "examples", "nodes": nodes, "edges": edges}


async def join(url: str, key: str, token: str) -> ClientConnection:
    """A socket that follows the workflow."""
    socket = await connect(f"ws{url.removeprefix('http')}/ws", max_size=None, compression=None)
    await socket.send(json.dumps({"type": "connect", "workflowKey": key, "token": token}))
    connected = json.loads(await socket.recv())
    if connected["type"] != "connected":
        raise SystemExit(f"not connected: {connected}")
    return socket


async def edit(url: str, key: str, token: str, edits: int) -> list[float]:
    """Move nodes on one socket, one by one; milliseconds until the other one shows each."""
    first, second = await join(url, key, token), await join(url, key, token)
    latencies = []
    for n in range(edits):
        move: dict[str, Any] = {"o": 1, "p": ["nodes", f"node_{n % NODES}", "posX"], "v": n}
        sent = time.perf_counter()
        batch = {"type": "instructions", "workflowKey": key, "instructions": [move], "id": str(n)}
        await first.send(json.dumps(batch))
        seen = json.loads(await second.recv())
        latencies.append((time.perf_counter() - sent) * 1000)
        told = json.loads(await first.recv())
        if n < 3 or n == edits - 1:
            print(f"sent {move['p'][1]} to {n}; acknowledged as seq {told['seq']}; the other sees:")
            print(
                f"  {json.dumps(seen['instructions'])} as seq {seen['seq']}, {latencies[-1]:.1f} ms"
            )
    await first.close()
    await second.close()
    return latencies


def main() -> None:
    """Log in, create the workflow, edit it on two sockets, print what came."""
    given = dict(each.partition("=")[::2] for each in sys.argv[1:])
    if not given.keys() <= {"username", "password", "url", "edits"}:
        raise SystemExit(__doc__)
    url = given.get("url", "http://localhost:8426").rstrip("/")
    username = given.get("username") or input("Username: ")
    who = {"username": username, "password": given.get("password") or getpass.getpass()}
    with httpx.Client(base_url=url, trust_env=False) as http:
        login = http.post("/api/auth/login", json=who)
        if login.is_error:
            raise SystemExit(f"not logged in: {login.json()['message']}")
        token = login.json()["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        key = http.post("/api/workflow", json=workflow()).raise_for_status().json()["workflowKey"]
        print(f"created workflow {key}: {NODES} nodes, {EDGES} edges")
        latencies = asyncio.run(edit(url, key, token, int(given.get("edits", "200"))))
        stored = http.get(f"/api/workflow/{key}").raise_for_status().json()["workflow"]
    ordered = sorted(latencies)
    p99 = ordered[int(len(ordered) * 0.99) - 1]
    print(
        f"{len(ordered)} edits, each durable before it was told; "
        f"the store is at seq {stored['seq']}"
    )
    print(
        f"latency from one editor to the other: median {statistics.median(ordered):.1f} ms, "
        f"p99 {p99:.1f} ms"
    )


if __name__ == "__main__":
    main()
