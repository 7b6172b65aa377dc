"""Brokers, processes and strangers for the tests of the cluster: real sockets, a quick pace."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

import zmq
import zmq.utils.monitor

from cluster import gate
from cluster.broker import Broker
from cluster.endpoints import Endpoint, Ports
from cluster.gate import Gate
from cluster.manager import ClusterManager
from cluster.pace import Pace
from cluster.sockets import HIGH_WATER, Context, Socket
from nodius_site.options import ROOT
from tests.ports import free_ports
from tests.serving import ENVIRONMENT
from tests.waiting import until

PACE = Pace(beat=0.1, late=0.5, gone=1.5, kept=2)
SECRET = "the secret that the processes of this cluster share"
#: As the settings make it of the secret.
CLUSTER = hmac.digest(SECRET.encode(), b"cluster", hashlib.sha256).hex()[:32]


def broker_ports() -> Ports:
    """Ports for a broker that nobody listens on; at the same distances each time, not the usual."""
    return Ports(*reversed(free_ports(4)))


class Running:
    """`with Running() as running`: a broker in a thread of its own, on free ports."""

    def __init__(
        self,
        ports: Ports | None = None,
        *,
        cluster: str = CLUSTER,
        folder: Path | None = None,
        high_water: int = HIGH_WATER,
        host: str = "127.0.0.1",
    ) -> None:
        self.ports = ports or broker_ports()
        self.broker = Broker(
            Endpoint(host, self.ports), cluster, folder, pace=PACE, high_water=high_water
        )
        self._thread = Thread(target=self.broker.run)
        self._stopped = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; it must not have ended by itself."""
        if self._thread.ident is not None and not self._stopped:
            assert self._thread.is_alive(), "the broker has crashed"
            self.broker.stop()
            self._thread.join(10)
            self._stopped = True

    def manager(self, name: str | None = None, **more: object) -> ClusterManager:
        """A process of the cluster, connected."""
        made = manager(self.ports, name, **more)
        until(lambda: made.is_connected)
        return made


def manager(ports: Ports, name: str | None = None, **more: object) -> ClusterManager:
    """A process of the cluster, which may or may not find its broker."""
    given: dict[str, object] = {"cluster": CLUSTER, "pace": PACE, "name": name, **more}
    return ClusterManager(ports.pub, ports.sub, ports.router, ports.dealer, **given)  # type: ignore[arg-type]  # tests give what fits


class Process:
    """A program in a process of its own, ended at the end; `said` is the first line it printed."""

    def __init__(self, *words: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.signal(signal.SIGCONT)
        self.end()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self._process.poll() is None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it without a chance to tell anybody."""
        self._process.kill()
        self._process.wait(10)

    def end(self) -> int:
        """End it in order; returns its exit status."""
        self.signal(signal.SIGTERM)
        self._process.communicate(timeout=20)
        return self._process.returncode


def peer_process(ports: Ports, name: str) -> Process:
    """A process that answers requests; see peer.py."""
    return Process("-m", "tests.integration.cluster.peer", name, CLUSTER, *_numbers(ports))


def broker_process(ports: Ports, data_dir: Path, secret: str = SECRET) -> Process:
    """`./nodius runcluster` on these ports."""
    numbers = _numbers(ports)
    options = ("pubPort", "subPort", "routerPort", "dealerPort")
    words = [f"{name}={number}" for name, number in zip(options, numbers, strict=True)]
    return Process(
        "manage.py", "runcluster", f"data_dir={data_dir}", f"jwt_secret={secret}", *words
    )


def _numbers(ports: Ports) -> tuple[int, int, int, int]:
    return ports.pub, ports.sub, ports.router, ports.dealer


class FakeBroker:
    """The two sockets at which a process says things and hears some."""

    def __init__(self, guard: Gate, hearing: Socket, telling: Socket) -> None:
        self._gate, self._hearing, self._telling = guard, hearing, telling

    def who(self) -> bytes:
        """The routing id of a process that has said something."""
        while not self._hearing.poll(0):
            if self._gate.socket.poll(10):
                self._gate.answer()
        return self._hearing.recv_multipart()[0]

    def tell(self, who: bytes, frames: list[bytes]) -> None:
        """Tell it something."""
        while self._gate.socket.poll(0):
            self._gate.answer()
        self._telling.send_multipart([who, *frames])


class Raw:
    """`with Raw() as raw`: ZeroMQ's own sockets, for who does not keep to the rules."""

    def __init__(self) -> None:
        self._context: Context = zmq.Context()
        self._sockets: list[Socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in self._sockets:
            each.close(linger=0)
        self._context.term()

    def connect(self, kind: int, port: int, cluster: str | None = CLUSTER) -> Socket:
        """A socket that shows the cluster's id, another one, or nothing at all."""
        connected = self._socket(kind, cluster)
        connected.connect(f"tcp://127.0.0.1:{port}")
        return connected

    def is_turned_away(self, kind: int, port: int, cluster: str | None) -> None:
        """Return when a socket that shows this was refused; AssertionError if it never is."""
        connecting = self._socket(kind, cluster)
        failed = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        with connecting.get_monitor_socket(failed | zmq.EVENT_HANDSHAKE_SUCCEEDED) as told:
            connecting.connect(f"tcp://127.0.0.1:{port}")
            assert told.poll(10_000), "nothing was said"
            assert zmq.utils.monitor.recv_monitor_message(told)["event"] & failed
            connecting.disable_monitor()

    @contextmanager
    def fake_broker(self, ports: Ports) -> Iterator[FakeBroker]:
        """A broker that lets everyone of the cluster in, and tells what the test has it tell."""
        guard = Gate(self._context, CLUSTER, None)
        routers = [self._socket(zmq.ROUTER, None) for _ in range(2)]
        for each, port in zip(routers, (ports.router, ports.dealer), strict=True):
            guard.guard(each)
            each.bind(f"tcp://127.0.0.1:{port}")
        yield FakeBroker(guard, *routers)
        guard.socket.close(linger=0)

    def _socket(self, kind: int, cluster: str | None) -> Socket:
        made: Socket = self._context.socket(kind)
        self._sockets.append(made)
        if cluster is not None:
            gate.enter(made, cluster, None)
        made.rcvtimeo = made.sndtimeo = 10_000
        return made


def said_by_settings(name: str, *words: str) -> Any:
    """One of the settings as a process with these options has it."""
    script = (
        "import json, sys; from nodius_site import options; "
        "options.install(options.read(sys.argv[2:])[0]); from nodius_site import settings; "
        "print(json.dumps(getattr(settings, sys.argv[1])))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script, name, *words],
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)
