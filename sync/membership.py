"""The server processes that share a store: each has a document there, and renews it.

No clock of a wall is compared with another one's. Who looks on counts the seconds for which a
document stood still, by its own clock, and only those in which it could have seen it move.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path

import msgspec

from store.base import Delete, DocumentStore, Expect, Put, Reader, StoreError
from store.collections import PROCESSES

logger = logging.getLogger(__name__)

#: Seconds between two looks at the others, at most.
LOOK = 1.0
#: After so many times `lease_ttl` the document of a dead process is removed.
FORGOTTEN = 10


class Vitals(msgspec.Struct, frozen=True):
    """How a process is: live sessions, sockets, seconds by which its event loop came late at its
    last look around, and seconds for which its oldest change is in no snapshot.
    """

    sessions: int = 0
    sockets: int = 0
    loopLag: float = 0.0
    saveLag: float = 0.0


class Process(msgspec.Struct, frozen=True):
    """One server process, as it tells of itself.

    `address`: where the others reach it, a URL. `place`: the machine, as those name it that can see
    each other's process ids; `born` tells one process from a later one with its `pid`. `layer` is
    the scheme of its channel layer, `accounts` the kind of database that has them, and `secret`
    the same where the signing keys are the same. `beat` grows as long as it lives.
    """

    id: str
    address: str
    host: str
    place: str
    pid: int
    born: int
    layer: str
    accounts: str
    secret: str
    beat: int = 0
    vitals: Vitals = Vitals()

    @property
    def is_gone(self) -> bool:
        """Whether it ran where this process runs, and does no more."""
        return self.place == place() and born(self.pid) != self.born


class Stillness:
    """For how long each process' document stood still. Pure: `now` are seconds of one clock.

    Of the time between two looks no more than `longest` counts: whoever could not look, or was
    stopped itself, cannot tell.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._looked: float | None = None
        self._seen: dict[str, tuple[int, float]] = {}

    def look(self, beats: Iterable[tuple[str, int]], now: float) -> None:
        """See the beats of all processes there are, by id."""
        passed = 0.0 if self._looked is None else min(now - self._looked, self._longest)
        self._looked = now
        seen: dict[str, tuple[int, float]] = {}
        for id, beat in beats:
            before, still = self._seen.get(id, (beat, -passed))
            seen[id] = (beat, still + passed if before == beat else 0.0)
        self._seen = seen

    def of(self, id: str, beat: int) -> float:
        """Seconds for which it stood still at this beat; 0 for what was not seen."""
        last, still = self._seen.get(id, (beat, 0.0))
        return still if last == beat else 0.0


class Membership:
    """This process among those that use the store; a thread of its own renews its document.

    `ttl`: seconds after which one that stands still is dead. `vitals` is called in that thread.
    """

    def __init__(
        self, store: DocumentStore, me: Process, ttl: float, vitals: Callable[[], Vitals]
    ) -> None:
        self.me = me
        self.ttl = ttl
        #: Done when the others can see this process.
        self.announced: Future[None] = Future()
        self._store = store
        self._vitals = vitals
        self._pause = min(LOOK, ttl / 3)
        # When all were stopped together, whoever looks first must not take the others for dead.
        self._stillness = Stillness(1.5 * self._pause)
        self._processes: tuple[Process, ...] = ()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Announce this process, and go on doing so."""
        self._thread.start()

    def close(self, patience: float) -> None:
        """Tell the others that this process has ended; waits so many seconds at most."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(patience)

    @property
    def processes(self) -> tuple[Process, ...]:
        """All there are as they were seen last, this one too."""
        return self._processes

    def find(self, id: str) -> Process | None:
        """The process with this id, as it is now; None once it has ended. Raises Unavailable."""
        found = self._store.get(PROCESSES, id)
        return None if found is None else process_of(found.body)

    def still(self, process: Process) -> float:
        """Seconds for which it was seen to stand still."""
        return self._stillness.of(process.id, process.beat)

    def is_dead(self, process: Process) -> bool:
        """Whether what it holds may be taken."""
        return process.is_gone or self.still(process) >= self.ttl

    def _run(self) -> None:
        beat_at = time.monotonic()
        while not self._ending.wait(self._pause if self.announced.done() else 0):
            try:
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + self.ttl / 3
                    self._beat()
                self._look()
            except StoreError as error:
                logger.warning("the processes of the cluster cannot be seen: %s", error)
                self._ending.wait(LOOK)
            except Exception:
                logger.exception("the heartbeat failed")
                self._ending.wait(LOOK)
        self._end()

    def _beat(self) -> None:
        me = msgspec.structs.replace(self.me, beat=self.me.beat + 1, vitals=self._vitals())
        self._store.write([Put(PROCESSES, me.id, msgspec.to_builtins(me))])
        self.me = me
        if not self.announced.done():
            self.announced.set_result(None)

    def _look(self) -> None:
        processes = all_processes(self._store)
        self._stillness.look(((each.id, each.beat) for each in processes), time.monotonic())
        self._processes = processes
        for each in processes:
            if each.is_gone or self.still(each) > FORGOTTEN * self.ttl:
                forget(self._store, each)

    def _end(self) -> None:
        try:
            self._store.write([Delete(PROCESSES, self.me.id)])
        except StoreError as error:
            logger.warning("the others are not told that this process has ended: %s", error)
        self._store.close()


def all_processes(reader: Reader) -> tuple[Process, ...]:
    """Every process there is a document of, by id."""
    return tuple(process_of(each.body) for each in reader.iterate(PROCESSES))


def process_of(body: dict[str, object]) -> Process:
    """A process from its document."""
    return msgspec.convert(body, Process)


def forget(store: DocumentStore, process: Process) -> None:
    """Remove the document of a dead process, unless it has moved meanwhile."""
    try:
        store.write([Delete(PROCESSES, process.id, {"beat": process.beat})])
    except StoreError as error:
        logger.info("the document of process %s stays: %s", process.id, error)


def unmoved(process: Process) -> Expect:
    """The condition that the process has not moved since it was read."""
    return Expect(PROCESSES, process.id, {"beat": process.beat})


def place() -> str:
    """Where this process runs: the same for all that see each other's process ids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def born(pid: int) -> int:
    """When the process with this id began, on a scale of the system's; 0 if there is none.

    One that has ended and was not waited for is none any more.
    """
    try:
        # The name in front may hold anything, spaces and parentheses too.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0 if Path("/proc/self/stat").exists() else _lives(pid)
    except ProcessLookupError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def _lives(pid: int) -> int:
    """1 if a process may have this id, where a system tells no more."""
    if os.name == "nt":
        # There this would end it.
        return 1
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return 0
    except PermissionError:
        return 1
    return 1
