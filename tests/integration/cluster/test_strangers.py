"""Who is not of the cluster gets nothing and breaks nothing, nor does garbage of who is."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq
from msgspec import Raw

from cluster import keys, messages
from cluster.broker import Broker
from cluster.endpoints import Endpoint, Ports
from cluster.errors import Unsafe
from cluster.manager import ClusterManager
from cluster.messages import Beat, Delivery, Direct, Peer, Published
from tests.integration.cluster.scene import CLUSTER, Running, broker_ports, manager
from tests.integration.cluster.scene import Raw as RawSockets
from tests.waiting import until

KINDS = {"pub": zmq.PUB, "sub": zmq.SUB, "router": zmq.DEALER, "dealer": zmq.DEALER}


@pytest.fixture
def raw() -> Iterator[RawSockets]:
    with RawSockets() as sockets:
        yield sockets


def works(running: Running) -> None:
    """Return when two processes reach each other by this broker; AssertionError if they do not."""
    with running.manager() as a, running.manager() as b:
        got: list[Any] = []
        b.subscribe("t", got.append).ready.result(10)
        b.on_message(lambda sender, message: message)
        a.publish("t", 1)
        until(lambda: got == [1])
        assert a.request(b.name, 2).result(10) == 2


def hears_nothing(running: Running, stranger: ClusterManager, **ours: Any) -> None:
    """See that a process which is turned away neither gets nor brings anything."""
    got: list[Any] = []
    stranger.subscribe("t", got.append)
    stranger.on_message(lambda sender, message: got.append(message))
    # All four of its sockets, and some of them again.
    until(lambda: running.broker.counts["turned_away"] > 8)
    with running.manager("a", **ours) as a:
        own: list[Any] = []
        a.subscribe("t", own.append).ready.result(10)
        stranger.publish("t", "from a stranger")
        assert stranger.send("a", 1).exception(10)
        assert a.send(stranger.name, 1).exception(10)
        a.publish("t", "ours")
        until(lambda: own == ["ours"])
        assert stranger.name not in {each.name for each in a.peers()}
    assert not stranger.is_connected
    assert got == ["from a stranger"], "its own, and nothing else"
    assert stranger.peers() == []


def test_another_cluster_is_turned_away(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    with manager(running.ports, "stranger", cluster="d" * 32) as stranger:
        hears_nothing(running, stranger)
        until(lambda: "it needs the same jwt_secret" in caplog.text)


@pytest.mark.parametrize("kind", KINDS)
def test_who_shows_no_id_at_all_is_turned_away(
    running: Running, raw: RawSockets, kind: str
) -> None:
    raw.is_turned_away(KINDS[kind], getattr(running.ports, kind), cluster=None)
    works(running)


class Keyring:
    """Keys of a broker and of hosts, each in a folder as it would be on a machine of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.broker = folder / "broker"
        keys.make(self.broker)

    def host(self, name: str, *, known: bool, of: Path | None = None) -> Path:
        """The keys of a host, of which the broker has the public half if it is `known`."""
        folder = self._folder / name
        keys.make(folder)
        shutil.copy((of or self.broker) / "broker.key", folder / "broker.key")
        if known:
            shutil.copy(folder / "peers" / "peer.key", self.broker / "peers" / f"{name}.key")
        return folder


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path)


def test_with_keys_those_the_broker_knows_talk_and_all_others_hear_nothing(
    keyring: Keyring,
) -> None:
    host, unknown = keyring.host("host", known=True), keyring.host("unknown", known=False)
    with Running(folder=keyring.broker) as running:
        assert running.broker.has_keys
        with running.manager("a", keys=keyring.broker) as a, running.manager("b", keys=host) as b:
            b.on_message(lambda sender, message: message)
            until(lambda: a.request("b", 1).exception(10) is None)
        with manager(running.ports, "stranger", keys=unknown) as stranger:
            hears_nothing(running, stranger, keys=host)


def test_with_keys_the_id_alone_opens_nothing(keyring: Keyring, raw: RawSockets) -> None:
    host = keyring.host("host", known=True)
    with (
        Running(folder=keyring.broker) as running,
        manager(running.ports, "stranger") as stranger,
        running.manager(keys=host),
    ):
        for name, kind in KINDS.items():
            raw.is_turned_away(kind, getattr(running.ports, name), CLUSTER)
        assert not stranger.is_connected


def test_with_keys_another_cluster_gets_nothing_either(keyring: Keyring) -> None:
    host = keyring.host("host", known=True)
    with (
        Running(folder=keyring.broker) as running,
        manager(running.ports, "b", keys=host, cluster="d" * 32) as other,
        running.manager("a", keys=host) as a,
    ):
        got: list[Any] = []
        other.subscribe("t", got.append)
        until(lambda: running.broker.counts["foreign"] > 5)
        a.publish("t", 1)
        with pytest.raises(Exception, match="nobody of this name"):
            a.send("b", 1).result(10)
        assert not other.is_connected
        assert got == []


def test_a_process_does_not_talk_to_a_broker_whose_key_is_not_the_one_it_knows(
    keyring: Keyring, tmp_path: Path
) -> None:
    other = Keyring(tmp_path / "other")
    deceived = keyring.host("host", known=True, of=other.broker)
    with (
        Running(folder=keyring.broker) as running,
        manager(running.ports, keys=deceived) as process,
        running.manager(keys=keyring.broker),
    ):
        assert not process.is_connected


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "broker.example"])  # noqa: S104
def test_beyond_this_machine_nothing_goes_without_keys(host: str, tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match="runcluster keys"):
        manager(Ports(), host=host, keys=tmp_path / "none")
    if host == "0.0.0.0":  # noqa: S104
        with pytest.raises(Unsafe, match="runcluster keys"):
            Broker(Endpoint(host, broker_ports()), CLUSTER)


@pytest.mark.parametrize("damage", ["broker.key_secret", "peers", "peer.key_secret", "broker.key"])
def test_keys_that_are_missing_or_damaged_are_told_in_a_line(keyring: Keyring, damage: str) -> None:
    folder = keyring.broker
    if damage == "peers":
        (folder / damage / "peer.key").unlink()
    else:
        (folder / damage).write_text('public-key = "short"\nsecret-key = "short"\n')
    with pytest.raises(Unsafe, match="runcluster keys"):
        if damage in ("broker.key_secret", "peers"):
            Broker(Endpoint("127.0.0.1", broker_ports()), CLUSTER, folder)
        else:
            manager(broker_ports(), keys=folder)


def throw(connection: socket.socket, garbage: bytes) -> None:
    """Send garbage, and return when the other side has hung up; TimeoutError if it does not."""
    try:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    except TimeoutError:
        raise
    except OSError:
        # It has seen enough before it was told all.
        return


def test_garbage_over_tcp_on_every_port_crashes_nothing(running: Running) -> None:
    chance = random.Random(23)
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00"
    starts = [
        b"",
        greeting,
        greeting + b"PLAIN".ljust(20, b"\0") + bytes(32),
        b"GET / HTTP/1.1\r\n",
    ]
    for port in (running.ports.pub, running.ports.sub, running.ports.router, running.ports.dealer):
        for start in starts:
            garbage = start + chance.randbytes(chance.choice((0, 9, 90_000)))
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                throw(connection, garbage)
    works(running)


def noise(chance: random.Random) -> list[bytes]:
    """Frames of chance: some empty, some nearly right, some with a message cut off."""
    peer = Peer("noise", "", 1, "", {})
    right = messages.framed(chance.choice((Beat(peer, 1), Direct("send", 1, "a", Raw(b"\x01")))))
    pieces = [
        b"",
        CLUSTER.encode(),
        CLUSTER.encode() + b"t\0",
        right[: chance.randrange(len(right))],
        bytes(chance.choice(right) for _ in range(20)),
        chance.randbytes(chance.randrange(200)),
        b"\x91" * 5000,
        b"\x01" + CLUSTER.encode(),
    ]
    return [chance.choice(pieces) for _ in range(chance.randrange(1, 5))]


@pytest.mark.parametrize("seed", range(3))
def test_garbage_over_zeromq_on_every_port_crashes_nothing_and_is_counted(
    running: Running, raw: RawSockets, seed: int
) -> None:
    chance = random.Random(seed)
    upstream = {"pub": zmq.XPUB, "sub": zmq.XSUB, "router": zmq.DEALER, "dealer": zmq.DEALER}
    sockets = [raw.connect(kind, getattr(running.ports, name)) for name, kind in upstream.items()]
    # Once the broker has subscribed, what is published goes out.
    sockets[0].recv()
    with running.manager("a") as a:
        got: list[Any] = []
        a.subscribe("t", got.append).ready.result(10)
        for _ in range(300):
            for each in sockets:
                each.send_multipart(noise(chance))
        until(lambda: running.broker.counts["malformed"] > 400)
        until(lambda: running.broker.counts["foreign"] > 20)
        until(lambda: a.counts().get("malformed"))
        assert got == []
    works(running)


def test_what_looks_like_a_message_and_is_none_is_refused_and_counted_by_who_gets_it(
    running: Running, raw: RawSockets
) -> None:
    publisher = raw.connect(zmq.XPUB, running.ports.pub)
    publisher.recv()
    with running.manager("a") as a:
        got: list[Any] = []
        a.subscribe("t", got.append).ready.result(10)
        key = CLUSTER.encode() + b"t\0"
        bodies = [b"\xa1\xff", b"\x91" * 900, b"\x81\x80\x01"]
        payloads = [
            b"\x92\x01\x02",
            b"\xc1",
            *(b"\x93\xa9published\xc4\x01n" + each for each in bodies),
        ]
        for each in payloads:
            publisher.send_multipart([key, each])
        publisher.send_multipart([key, messages.framed(Published(b"n", Raw(b"\x01")))])
        until(lambda: got == [1])
        assert a.counts()["malformed"] == len(payloads)


def test_frames_that_are_too_large_are_refused(running: Running, raw: RawSockets) -> None:
    publisher = raw.connect(zmq.XPUB, running.ports.pub)
    publisher.recv()
    dealer = raw.connect(zmq.DEALER, running.ports.router)
    with running.manager("a") as a:
        got: list[Any] = []
        a.subscribe("t", got.append).ready.result(10)
        a.on_message(lambda sender, message: got.append(message))
        key, large = CLUSTER.encode() + b"t\0", msgspec.msgpack.encode("x" * messages.MAX_FRAME)
        before = running.broker.counts["malformed"]
        publisher.send_multipart([key, messages.framed(Published(b"n", Raw(large)))])
        dealer.send_multipart(
            [CLUSTER.encode(), messages.framed(Direct("send", 1, "a", Raw(large)))]
        )
        until(lambda: running.broker.counts["malformed"] == before + 2)
        # So large that ZeroMQ hangs up: the connection comes back, the message does not.
        publisher.send_multipart([key, bytes(messages.MAX_RECEIVED + 1)])
        a.publish("t", "fits")
        until(lambda: got == ["fits"])
    works(running)


def test_garbage_that_a_broker_tells_is_refused_and_counted(raw: RawSockets) -> None:
    ports, chance = broker_ports(), random.Random(5)
    with raw.fake_broker(ports) as telling, manager(ports) as process:
        who = telling.who()
        for _ in range(200):
            telling.tell(who, noise(chance))
        until(lambda: process.counts().get("malformed", 0) > 100)
        telling.tell(who, [messages.framed(Delivery("send", 1, "fake", Raw(b"\x01")))])
        until(lambda: process.counts().get("unheard") == 1)


def test_a_sender_who_is_not_announced_reaches_nobody(running: Running, raw: RawSockets) -> None:
    with running.manager("a") as a:
        got: list[Any] = []
        a.on_message(lambda sender, message: got.append(message))
        until(lambda: a.peers())
        dealer = raw.connect(zmq.DEALER, running.ports.router)
        direct = Direct("send", 1, "a", Raw(b"\x01"))
        dealer.send_multipart([CLUSTER.encode(), messages.framed(direct)])
        until(lambda: running.broker.counts["undelivered"] == 1)
        assert a.send("a", 2).result(10) is None
        until(lambda: got == [2])
