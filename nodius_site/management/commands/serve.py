"""`./nodius serve`: the server."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError

import store.current
from accounts import setup
from nodius_site import member, neighbours, tables
from nodius_site.inner import open_inner
from nodius_site.listening import listen, url
from nodius_site.options import Wrong, in_force
from store.base import Unavailable

if TYPE_CHECKING:
    from nodius_site.certificates import Tls

#: Seconds for which a database that does not answer is waited for.
PATIENCE = 30
#: Seconds between two attempts, at most.
LONGEST_PAUSE = 1.6


class Command(BaseCommand):
    """Waits for the database, brings its tables up to date, and serves until it is told to end."""

    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        """Raises Wrong if the address, the certificate or the database cannot be had."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, _end)
        host = in_force().text("host")
        sockets = listen(host, in_force().number("port"))
        tls = _certificate() if settings.HTTPS else None
        _check_static()
        _check_channel_layer()
        self._tell_about_the_editor()
        self._say(_places())
        self._tell_about(tls)
        self._await_database()
        if tables.make_current():
            self._say("The tables of the database are made")
        neighbours.check(
            store.current.current(),
            member.this_process(),
            in_force()["advertise"] is not None,
            settings.LEASE_TTL,
            self._say,
        )
        address, link = url(host, sockets, tls=tls is not None), _setup_link()
        context = None if tls is None else tls.context
        serve = partial(_serve, sockets, context)
        announce = partial(self._announce, address, link)
        count = in_force().number("workers")
        if count == 1:
            serve(0, announce)
        else:
            sys.exit(_serve_by_several(count, serve, announce))

    def _tell_about_the_editor(self) -> None:
        if settings.STATIC_FOLDER is None and settings.EDITOR_FOLDER is None:
            self._say("The editor was not built, which takes npm: at / is a page about the API")

    def _tell_about(self, tls: Tls | None) -> None:
        if tls is not None:
            made = "self-signed, " if tls.self_signed else ""
            self._say(f"The certificate is {made}valid until {tls.ends:%Y-%m-%d}; its SHA-256 is")
            self._say(tls.fingerprint)
        elif in_force().path("cert") or in_force().path("key"):
            self._say("cert and key are not used: that takes https=true")

    def _await_database(self) -> None:
        deadline = time.monotonic() + PATIENCE
        told, pause = False, 0.1
        while True:
            try:
                return tables.ask()
            except (OperationalError, Unavailable) as error:
                if time.monotonic() > deadline:
                    raise Wrong(tables.explained(error)) from None
                if not told:
                    self._say(f"Waiting {PATIENCE} s for its database: {tables.explained(error)}")
                told = True
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _announce(self, address: str, link: str | None) -> None:
        self._say(f"Nodius is at {address}")
        if link:
            self._say("Nobody can log in yet. Make an administrator with ./nodius createadmin,")
            self._say(f"or open, once: {address}{link}")

    def _say(self, line: str) -> None:
        # At once, also into a file or a pipe; and by one write, as what the log and the other
        # processes say goes there too.
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _serve(
    sockets: list[socket.socket],
    tls: ssl.SSLContext | None,
    number: int,
    announce: Callable[[], None],
) -> None:
    """Serve until told to end, as the process with this number."""
    # Not before the options and the database are known to be good: it imports everything.
    from nodius_site.server import Server

    inner = _inner(number)
    Server(announce, tls, inner).run(sockets)


def _serve_by_several(
    count: int, serve: Callable[[int, Callable[[], None]], None], announce: Callable[[], None]
) -> int:
    """Serve by so many processes; returns the exit status."""
    # Once for all of them.
    from nodius_site import server  # noqa: F401
    from nodius_site.workers import Job, Workers, before_forks

    jobs = [Job(f"process {number}", partial(serve, number)) for number in range(count)]
    if in_force().runs_broker:
        jobs.insert(0, Job("the broker", _pass_on, last=True))
    before_forks()
    return Workers(jobs, announce).run()


def _pass_on(announce: Callable[[], None]) -> None:
    """Be the broker of processes that were told of none."""
    from cluster.broker import Broker
    from cluster.errors import ClusterError

    try:
        broker = Broker(settings.CLUSTER_BROKER, settings.CLUSTER_ID)
    except ClusterError as error:
        sys.stderr.write(f"nodius: its own broker {error}\n")
        sys.exit(2)
    announce()
    broker.run()


def _inner(number: int) -> list[socket.socket]:
    """The sockets by which other processes come, if there may be any."""
    if settings.LAYER == "memory":
        return []
    advertise = in_force()["advertise"]
    sockets, address = open_inner(None if advertise is None else str(advertise), number)
    member.reached_at(address)
    return sockets


def _certificate() -> Tls:
    # Whoever serves no TLS need not wait for its import.
    from nodius_site import certificates

    return certificates.load(in_force())


def _check_static() -> None:
    for name in ("static", "editor"):
        folder = in_force().path(name)
        if folder is not None and not folder.is_dir():
            raise Wrong(f"{name}: {folder} is no folder; give one that exists, or leave it out")


def _check_channel_layer() -> None:
    """See now what the layer, which is made when it is first used, would find wrong then."""
    count, layer = in_force().number("workers"), in_force().channel_layer
    if count > 1 and layer.scheme == "memory":
        raise Wrong("channel_layer: memory is for one process; leave it out, or give workers=1")
    if count > 1 and not hasattr(os, "fork"):
        raise Wrong("workers: this system has no fork; start several servers, or give workers=1")
    if count > 1 and "://" in str(in_force()["advertise"]):
        raise Wrong("advertise: several processes need a host or host:port; give that")
    brokers = layer.brokers
    if not brokers:
        return
    # Whoever has no cluster need not wait for its import.
    from cluster import keys
    from cluster.endpoints import parse
    from cluster.errors import Unsafe

    try:
        keys.check([parse(each, settings.CLUSTER_PORTS) for each in brokers], settings.CLUSTER_KEYS)
    except Unsafe as error:
        raise Wrong(str(error)) from None
    except ValueError:
        raise Wrong("channel_layer: the ports that follow the one given are beyond 65535") from None


def _setup_link() -> str | None:
    """The path of the one-time page that makes the first user; None once there is one."""
    return setup.new_link() if setup.is_open() else None


def _places() -> str:
    database = settings.DATABASES["default"]
    place = f"SQLite, in {settings.DATA_DIR}"
    if database["HOST"]:
        place = f"PostgreSQL, {database['NAME']} at {database['HOST']}:{database['PORT']}"
    if settings.ARANGO is None:
        return f"Accounts and documents are kept in {place}"
    elsewhere = f"ArangoDB, {settings.ARANGO['name']} at {settings.ARANGO['url']}"
    return f"Accounts are kept in {place}; documents in {elsewhere}"


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """To end when told to is no failure; a server that runs has put everything away by then."""
    sys.exit(0)
