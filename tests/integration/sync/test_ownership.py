"""Leases, on every store: who gets one, and who does not."""

from __future__ import annotations

import asyncio
import threading
from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from store.base import DocumentStore, Put, Unavailable
from store.collections import LEASES, PROCESSES
from sync.membership import Membership, Process, Vitals, all_processes, born, place
from sync.ownership import Leases
from sync.persistence import Persistence
from tests.faulty import FaultyStore
from tests.waiting import until
from workflows.errors import Elsewhere, GivenUp

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

TTL = 0.6


@dataclass
class Others:
    """The other processes: those in `silent` do not answer."""

    silent: set[str] = field(default_factory=set)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answers(self, process: str, address: str) -> bool:
        """Whether this one is there."""
        self.was_asked.set()
        return process not in self.silent


@dataclass
class Member:
    """One process: its leases, and its thread."""

    membership: Membership
    leases: Leases
    others: Others
    told: list[str]


@dataclass
class Cluster:
    """Processes on one store."""

    store: DocumentStore
    members: list[Member] = field(default_factory=list)

    def join(self, name: str, others: Others | None = None, where: str = "") -> Member:
        """One more process."""
        me = Process(name, f"http://{name}", "h", where or name, 1, 1, "zmq", "sqlite3", "s")
        membership = Membership(self.store, me, TTL, Vitals)
        membership.start()
        told: list[str] = []
        others = others or Others()
        leases = Leases(self.store, Persistence(), membership, others, told.append)  # type: ignore[arg-type]  # all that it needs of neighbours
        self.members.append(Member(membership, leases, others, told))
        return self.members[-1]

    def holder(self, key: str) -> object:
        """Who has the lease."""
        found = self.store.get(LEASES, key)
        return None if found is None else found.body["process"]


@pytest.fixture
async def cluster(store: FaultyStore) -> AsyncIterator[Cluster]:
    """No process yet."""
    made = Cluster(store)
    yield made
    for each in made.members:
        await to_thread(each.membership.close, 10)
        await each.leases._persistence.close()


def stop(member: Member) -> None:
    """Have its heartbeat stand still, as if the process did."""
    member.membership._beat = lambda: None  # type: ignore[method-assign]


async def test_one_takes_it_and_the_other_is_led_there_until_it_is_given_back(
    cluster: Cluster,
) -> None:
    """WS-OWNER-1"""
    one, two = cluster.join("one"), cluster.join("two")
    await one.leases.take("w")
    await one.leases.take("w")
    with pytest.raises(Elsewhere) as elsewhere:
        await two.leases.take("w")
    assert (elsewhere.value.process, elsewhere.value.address) == ("one", "http://one")
    assert await two.leases.strayed({"w", "x"}) == {"w"}
    assert await one.leases.strayed({"w", "x"}) == set()
    await two.leases.give_back({"w"})
    assert await to_thread(cluster.holder, "w") == "one", "nobody gives back what is another's"
    await one.leases.give_back({"w", "x"})
    assert one.told == ["released"]
    await two.leases.take("w")
    assert await to_thread(cluster.holder, "w") == "two"


async def test_of_many_that_ask_at_once_one_gets_it(cluster: Cluster) -> None:
    members = [cluster.join(f"p{number}") for number in range(5)]
    taken = await asyncio.gather(
        *(each.leases.take("w") for each in members), return_exceptions=True
    )
    assert taken.count(None) == 1
    assert {type(each) for each in taken} == {type(None), Elsewhere}


async def test_it_is_not_taken_from_who_lives_and_is_taken_from_who_stands_still(
    cluster: Cluster,
) -> None:
    """WS-OWNER-4"""
    one = cluster.join("one")
    await one.leases.take("w")
    two = cluster.join("two", Others(silent={"one"}))
    clock = asyncio.get_running_loop().time
    taking = asyncio.create_task(two.leases.take("w"))
    done, _ = await asyncio.wait({taking}, timeout=2 * TTL)
    assert not done and await to_thread(cluster.holder, "w") == "one", (
        "it does not answer, but it lives"
    )
    stop(one)
    stopped = clock()
    await taking
    assert TTL / 2 < clock() - stopped < TTL + 2
    assert await to_thread(cluster.holder, "w") == "two"
    assert await one.leases.strayed({"w"}) == {"w"}


async def test_who_lives_and_does_not_answer_keeps_it_and_who_asks_is_sent_away_in_the_end(
    cluster: Cluster,
) -> None:
    one = cluster.join("one")
    await one.leases.take("w")
    two = cluster.join("two", Others(silent={"one"}))
    with pytest.raises(GivenUp):
        await two.leases.take("w")
    assert await to_thread(cluster.holder, "w") == "one"


async def test_who_waits_takes_it_as_soon_as_it_hears_of_its_release(cluster: Cluster) -> None:
    """WS-HINT-1"""
    one = cluster.join("one")
    await one.leases.take("w")
    two = cluster.join("two", Others(silent={"one"}))
    taking = asyncio.create_task(two.leases.take("w"))
    await two.others.was_asked.wait()
    await one.leases.give_back({"w"})
    two.leases.released()
    await asyncio.wait_for(taking, 5)


async def test_what_a_process_left_behind_that_has_ended_is_free_at_once(
    cluster: Cluster, store: FaultyStore
) -> None:
    """WS-OWNER-3"""
    two = cluster.join("two", Others(silent={"gone", "killed"}))
    await asyncio.wrap_future(two.membership.announced)
    killed = Process("killed", "", "h", place(), 2**22 + 1, 5, "zmq", "sqlite3", "s", beat=3)
    body = {**{name: getattr(killed, name) for name in killed.__struct_fields__}, "vitals": {}}
    await to_thread(
        store.write,
        [
            Put(LEASES, "a", {"process": "gone"}),
            Put(LEASES, "b", {"process": "killed"}),
            Put(PROCESSES, "killed", body),
        ],
    )
    assert born(killed.pid) == 0
    began = asyncio.get_running_loop().time()
    await two.leases.take("a")
    await two.leases.take("b")
    assert asyncio.get_running_loop().time() - began < TTL


async def test_a_process_is_seen_by_the_others_until_it_ends(
    cluster: Cluster, store: FaultyStore
) -> None:
    one, two = cluster.join("one"), cluster.join("two")
    await asyncio.wrap_future(one.membership.announced)
    await asyncio.wrap_future(two.membership.announced)
    first = await to_thread(two.membership.find, "one")
    await to_thread(until, lambda: two.membership.find("one") != first)
    await to_thread(one.membership.close, 10)
    assert [each.id for each in await to_thread(all_processes, store)] == ["two"]


async def test_a_store_that_fails_delays_a_heartbeat_and_ends_nothing(
    cluster: Cluster, store: FaultyStore
) -> None:
    failing = threading.Event()
    failing.set()
    write = store.write

    def fail(operations: object) -> None:
        if failing.is_set():
            raise Unavailable("away")
        write(operations)  # type: ignore[arg-type]  # what it was given

    store.write = fail  # type: ignore[method-assign]
    one = cluster.join("one")
    taking = asyncio.create_task(one.leases.take("w"))
    await asyncio.sleep(0)
    failing.clear()
    await taking
    assert await to_thread(cluster.holder, "w") == "one"


async def test_an_observer_that_could_not_look_takes_nothing_from_the_living(
    cluster: Cluster,
) -> None:
    one, two = cluster.join("one"), cluster.join("two")
    await one.leases.take("w")
    seen = await to_thread(two.membership.find, "one")
    assert seen is not None
    two.membership._stillness.look([("one", seen.beat)], 1e9)
    with pytest.raises(Elsewhere):
        await two.leases.take("w")
    assert not two.membership.is_dead(replace(seen, beat=seen.beat + 1))
