"""Several servers on one store and one channel layer, as a load balancer would have them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.cluster.links import Link
from tests.integration.cluster.scene import SECRET, Process, broker_ports, broker_process
from tests.ports import free_ports
from tests.redis import RedisServer
from tests.serving import Serving
from tests.wire import Wire

#: Seconds: short, so that what waits for it does not wait long.
TTL = 2


class Team:
    """`with Team(folder, count) as team`: so many servers, four at most, with an administrator
    whose token counts at each.

    Their layer is `redis`; without it a broker is run, which is then `broker`. With `linked` they
    reach each other by `links`, one to each.
    """

    def __init__(
        self,
        folder: Path,
        count: int = 2,
        redis: RedisServer | None = None,
        linked: bool = False,
        **options: object,
    ) -> None:
        self.folder = folder
        self.ports = broker_ports()
        self.broker: Process | None = None
        self.redis = redis
        given: dict[str, object] = {
            "jwt_secret": SECRET,
            "channel_layer": redis.url if redis else f"zmq://127.0.0.1:{self.ports.pub}",
            "lease_ttl": TTL,
            **{f"{name}Port": getattr(self.ports, name) for name in ("pub", "sub")},
            **{f"{name}Port": getattr(self.ports, name) for name in ("router", "dealer")},
            **options,
        }
        # The same after a restart.
        ports = free_ports(count)
        self.links = [Link(port) for port in ports] if linked else []
        ways = [{"advertise": f"http://127.0.0.1:{each.port}"} for each in self.links]
        self.servers = [
            Serving(folder / "data", **given, port=port, **way)
            for port, way in zip(ports, ways or [{}] * count, strict=True)
        ]
        for number, each in enumerate(self.servers):
            each.log = folder / f"server{number}.log"
        self.token = ""
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            for link in self.links:
                link.open()
                opened.callback(link.close)
            if self.redis is None:
                self.run_broker()
                opened.callback(self.end_broker)
            self.servers[0].create_admin()
            for each in self.servers:
                opened.callback(self.end, each)
                each.start()
            self.token = self.client(0).headers["Authorization"].removeprefix("Bearer ")
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def run_broker(self) -> None:
        """Run the broker, which is not there."""
        self.broker = broker_process(self.ports, self.folder / "data")

    def end_broker(self) -> None:
        """Have no broker any more."""
        if self.broker is not None:
            self.broker.kill()
            self.broker.end()
            self.broker = None

    def layer(self) -> Process | RedisServer:
        """What carries the messages of the channel layer."""
        carrier = self.redis or self.broker
        assert carrier
        return carrier

    def client(self, number: int) -> httpx.Client:
        """An HTTP client of one of the servers, as the administrator."""
        server = self.servers[number]
        return server.client(Authorization=f"Bearer {self.token}") if self.token else server.login()

    def wire(self, number: int) -> Wire:
        """A socket at one of the servers."""
        return Wire(self.servers[number], self.token)

    def make(self, **fields: object) -> str:
        """A workflow with an empty `data.log`; its key."""
        with self.client(0) as client:
            made = client.post("/api/workflow", json={"name": "x", "data": {"log": []}, **fields})
        assert made.status_code == 201, made.text
        return str(made.json()["workflowKey"])

    def read(self, number: int, key: str) -> dict[str, Any]:
        """The workflow as one of the servers tells it."""
        with self.client(number) as client:
            answer = client.get(f"/api/workflow/{key}")
        assert answer.status_code == 200, answer.text
        whole: dict[str, Any] = answer.json()["workflow"]
        return whole

    def kill(self, number: int) -> None:
        """End one of the servers at once."""
        self.servers[number].kill()

    @contextmanager
    def stopped(self, number: int) -> Iterator[None]:
        """Meanwhile one of the servers does nothing at all, and does not know."""
        pid = self.servers[number].process.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def end(self, server: Serving) -> None:
        """End a server, in whatever state it is."""
        if not hasattr(server, "process"):
            return
        with suppress(ProcessLookupError):
            os.kill(server.process.pid, signal.SIGCONT)
        server.__exit__(None, None, None)
