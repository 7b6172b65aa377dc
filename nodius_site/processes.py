"""The processes of the cluster, as this one sees them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import store.current
from nodius_site import wiring
from store.collections import LEASES
from sync.membership import Membership, Process

State = Literal["alive", "late", "gone"]
#: Workflows that are named of one process; how many there are is told of all.
NAMED = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """A process, the seconds for which it was seen to stand still, and the keys of the workflows
    that it holds, ascending.
    """

    process: Process
    state: State
    still: float
    here: bool
    workflows: tuple[str, ...]


def seen() -> list[Seen]:
    """All processes there are, by host and id; from another thread than the event loop's.

    Raises LookupError outside of a server process, store.base.Unavailable.
    """
    membership = wiring.membership()
    held: dict[str, list[str]] = defaultdict(list)
    for lease in store.current.current().iterate(LEASES):
        held[str(lease.body["process"])].append(lease.key)
    found = sorted(membership.processes, key=lambda each: (each.host, each.id))
    return [_seen(membership, each, tuple(held[each.id])) for each in found]


def _seen(membership: Membership, process: Process, workflows: tuple[str, ...]) -> Seen:
    here = process.id == membership.me.id
    still = 0.0 if here else membership.still(process)
    state = _state(membership, process, still)
    return Seen(process, "alive" if here else state, still, here, workflows)


def _state(membership: Membership, process: Process, still: float) -> State:
    if membership.is_dead(process):
        return "gone"
    # A beat each third of the time to live, and as long again for whoever looks.
    return "late" if still > 2 * membership.ttl / 3 else "alive"
