"""Whether this process may serve beside those that do already, as a start finds out."""

from __future__ import annotations

import time
from collections.abc import Callable

from nodius_site.options import Wrong
from store.base import DocumentStore
from sync.membership import Process, Stillness, all_processes

#: Seconds between two looks at a process that may be dead.
LOOK = 0.1


def check(
    store: DocumentStore, me: Process, advertised: bool, ttl: float, say: Callable[[str], None]
) -> None:
    """Return if this process may serve beside all that live.

    Whether one lives that it may not serve beside is waited for, `ttl` seconds at most, and that is
    said. `advertised`: whether processes of other hosts can reach this one. Raises Wrong,
    store.base.Unavailable.
    """
    stillness, first = Stillness(1.5 * LOOK), {each.id: each for each in all_processes(store)}
    told = False
    while doubtful := [
        (each, reason)
        for each in all_processes(store)
        if not each.is_gone and (reason := conflict(me, each, advertised))
    ]:
        stillness.look([(each.id, each.beat) for each, _ in doubtful], time.monotonic())
        for each, reason in doubtful:
            if each.beat != first.setdefault(each.id, each).beat:
                raise Wrong(reason)
        if all(stillness.of(each.id, each.beat) >= ttl for each, _ in doubtful):
            return
        if not told:
            say(f"Waiting up to {ttl:g} s to see whether {_named(doubtful[0][0])} still serves")
        told = True
        time.sleep(LOOK)


def conflict(me: Process, other: Process, advertised: bool) -> str | None:
    """Why `me` may not serve beside the other process, if that lives, and what to set; None if it
    may. Pure.
    """
    who, far = _named(other), _host(me) != _host(other)
    if "memory" in (me.layer, other.layer):
        return (
            f"channel_layer: {who} serves the same documents; end it, or start both with the same "
            "channel_layer=zmq://… or redis://…"
        )
    if me.secret != other.secret:
        return f"jwt_secret: {who} signs with another key; start both with the same jwt_secret"
    if far and "sqlite3" in (me.accounts, other.accounts):
        return (
            f"database: {who} is on another host, and the accounts are in a file of one; give both "
            "the same database=postgres://…"
        )
    if far and not advertised:
        return (
            f"advertise: {who} is on another host and has to reach this process; give "
            "advertise= the address of this host"
        )
    return None


def _named(process: Process) -> str:
    return f"process {process.pid} on {process.host}"


def _host(process: Process) -> str:
    """What is the same for all processes of a machine, whatever containers they are in."""
    return process.place.split(" ")[0]
