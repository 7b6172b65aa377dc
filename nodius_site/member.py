"""This process as the others of the cluster know it."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import platform
import secrets

from django.conf import settings

import store.current
from sync import metrics, passes
from sync.hints import Hints
from sync.hub import Hub
from sync.membership import Membership, Process, Vitals, born, place
from sync.ownership import Leases

logger = logging.getLogger(__name__)

#: Where the others reach this process, once whoever serves has said so.
_reached: list[str] = []


def reached_at(address: str) -> None:
    """Have the others find this process at this address, a URL; to be said before it joins."""
    _reached[:] = [address]


def this_process() -> Process:
    """What this process tells of itself, under an id of its own."""
    pid = os.getpid()
    return Process(
        id=secrets.token_hex(8),
        address=_reached[0] if _reached else "",
        host=platform.node(),
        place=place(),
        pid=pid,
        born=born(pid),
        layer=settings.LAYER,
        accounts=settings.DATABASES["default"]["ENGINE"].rpartition(".")[2],
        secret=hmac.digest(settings.PASS_KEY, b"the same key?", hashlib.sha256).hex()[:16],
    )


def join(hub: Hub, hints: Hints) -> Membership:
    """Announce this process. Where others may be beside it, it opens no session that one of them
    holds.
    """

    def vitals() -> Vitals:
        return Vitals(
            sessions=hub.count,
            sockets=int(metrics.value(metrics.SOCKETS)),
            loopLag=metrics.value(metrics.LOOP_LAG),
            saveLag=hub.lag,
        )

    kept = store.current.current()
    membership = Membership(kept, this_process(), settings.LEASE_TTL, vitals)
    if settings.LAYER != "memory":
        if not membership.me.address:
            logger.warning("others cannot reach this process: start it by serve")
        # Whoever is alone need not wait for the import of an HTTP client.
        from sync.pipe import Neighbours

        neighbours = Neighbours(settings.PASS_KEY)
        hub.ownership = Leases(kept, hub.persistence, membership, neighbours, hints.tell)
    membership.start()
    return membership


def is_pass_to(process: Process, shown: str) -> bool:
    """Whether another process of this cluster has shown this pass, to this process."""
    return passes.is_good(shown, process.id, settings.PASS_KEY)
