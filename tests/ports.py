"""Ports for servers that are told theirs before they start, or keep it when they start again."""

from __future__ import annotations

import os
import random
import socket
from itertools import cycle
from typing import Final

#: Below the ports that a system gives to clients and for port 0, which could be these by chance.
FIRST: Final = 12_000
#: As many has each of pytest's workers to itself.
EACH: Final = 1_000
WORKERS: Final = 20
#: Ports are given out by blocks of so many.
BLOCK: Final = 4

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_own = range(FIRST + EACH * _worker, FIRST + EACH * (_worker + 1), BLOCK)
#: In another order each time, for when tests are run twice at once.
_blocks = cycle(random.sample(_own, len(_own)))


def free_ports(count: int = 1) -> range:
    """So many ports in a row, at most four, that nobody listens on and nobody else is given."""
    assert count <= BLOCK
    return next(
        ports for ports in (range(first, first + count) for first in _blocks) if _are_free(ports)
    )


def _are_free(ports: range) -> bool:
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
