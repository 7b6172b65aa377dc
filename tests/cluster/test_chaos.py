"""Three servers, thirty clients, a proxy that asks any of them, and no peace."""

from __future__ import annotations

import asyncio
import os
import random
import time
from asyncio import to_thread
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.arango import ArangoServer
from tests.cluster.chaos import FAULTS, PINGS, Client, living
from tests.cluster.team import TTL, Team
from tests.integration.deploy.proxy import Proxy

#: For how many seconds, and in which order: others by the environment.
SECONDS = float(os.environ.get("NODIUS_CHAOS_SECONDS", "30"))
SEED = int(os.environ.get("NODIUS_CHAOS_SEED", "1"))
CLIENTS, WORKFLOWS = 30, 5


@pytest.fixture(params=["sqlite-zmq", "postgresql-redis", "arango-zmq"])
def team(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Team]:
    """Three servers, on each kind of database."""
    database, layer = request.param.split("-")
    options: dict[str, Any] = {"store": "sql", "trusted_proxies": "127.0.0.1"}
    if database == "postgresql":
        postgres = request.getfixturevalue("postgres")
        options["database"] = postgres.url(postgres.create_database())
    elif database == "arango":
        arango: ArangoServer = request.getfixturevalue("arango")
        options |= {
            "store": "arango",
            "arangodb": arango.url,
            "arangodb_name": arango.create_name(),
        }
    redis = request.getfixturevalue("redis") if layer == "redis" else None
    # The address of all clients is that of the proxy.
    with Team(tmp_path, 3, redis=redis, linked=True, connections=1000, **options) as made:
        yield made


@pytest.mark.timeout(max(240, SECONDS * 4))
async def test_whatever_happens_to_the_servers_nothing_is_lost_or_doubled(
    team: Team, tmp_path: Path
) -> None:
    """WS-OWNER-4, WS-OWNER-5"""
    with Proxy(tmp_path) as proxy, team.client(0) as http:
        addresses = (each.url.removeprefix("http://") for each in team.servers)
        await to_thread(proxy.serve, *addresses)
        flows = [await to_thread(team.make) for _ in range(WORKFLOWS)]
        options = {**PINGS, "ssl": proxy.trust}
        clients = [
            Client(f"c{n}", flows[n % WORKFLOWS], team.token, n % 4 > 0, n % 3 == 0, options)
            for n in range(CLIENTS)
        ]
        async with living(http, clients, proxy.socket_url, SEED):
            dice, end = random.Random(SEED), time.monotonic() + SECONDS
            faults: list[Any] = []
            while time.monotonic() < end:
                faults = faults or dice.sample(FAULTS, len(FAULTS))
                fault = faults.pop()
                began = time.monotonic()
                await to_thread(fault.do, team, dice)
                print(f"{fault.name} {time.monotonic() - began:.1f} s")
                # Sometimes the next fault meets servers that have not got over this one.
                await asyncio.sleep(dice.uniform(0, TTL))
        told, longest = sum(len(each.acked) for each in clients), max(c.longest for c in clients)
        print(f"{told} batches, longest wait {longest:.1f} s")
        assert told > CLIENTS
