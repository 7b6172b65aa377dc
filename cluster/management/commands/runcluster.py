"""`./nodius runcluster`: the broker between the processes of a cluster, and its keys."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from cluster import keys
from cluster.broker import Broker
from cluster.errors import ClusterError


class Command(BaseCommand):
    """Passes messages on until it is told to end; with `keys`, makes keys and ends.

    Exit status 2 if a port is taken, or if it would be reached from elsewhere and has no keys.
    """

    help = "Run the broker of a cluster; `runcluster keys` makes keys for several machines."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do."""
        parser.add_argument("action", nargs="?", choices=("keys",))

    def handle(self, *, action: str | None, **_: object) -> None:
        """Run, or make keys."""
        try:
            if action == "keys":
                self._make_keys()
            else:
                self._run()
        except ClusterError as error:
            self.stderr.write(f"nodius: {error}")
            sys.exit(2)

    def _make_keys(self) -> None:
        made = keys.make(settings.CLUSTER_KEYS)
        for file in made:
            self.stdout.write(f"Made {file}")
        if not made:
            self.stdout.write(f"The keys in {settings.CLUSTER_KEYS} stay as they are.")

    def _run(self) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, _end)
        broker = Broker(settings.CLUSTER_BROKER, settings.CLUSTER_ID, settings.CLUSTER_KEYS)
        host, ports = broker.endpoint.host, broker.endpoint.ports
        guarded = "with keys" if broker.has_keys else "without keys"
        # By one write, as the log goes there too.
        sys.stdout.write(
            f"The broker is at {host}, {guarded}: "
            f"pubPort {ports.pub}, subPort {ports.sub}, "
            f"routerPort {ports.router}, dealerPort {ports.dealer}\n"
        )
        sys.stdout.flush()
        broker.run()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """To end when told to is no failure."""
    sys.exit(0)
