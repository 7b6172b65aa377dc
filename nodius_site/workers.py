"""Several processes under one: forked, restarted when one dies, ended together."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from django.db import connections

import store.current

logger = logging.getLogger(__name__)

#: Seconds: a job that ran for less is started again only after a pause, each time a longer one.
SOON, SHORTEST, LONGEST = 5.0, 0.2, 5.0
#: Seconds that all have for ending in order.
PATIENCE = 20.0
#: Seconds after which the jobs are looked at without any signal.
LOOK = 1.0


@dataclass
class Job:
    """What one process does: `run` is called in it with a function to call when it is ready.

    `last`: whether to end it when the others have ended, who may need it for that.
    """

    name: str
    run: Callable[[Callable[[], None]], None]
    last: bool = False
    pid: int | None = None
    began: float = 0.0
    ready: bool = False
    _pause: float = field(default=0.0, repr=False)

    def next_start(self) -> float:
        """When to start it again, now that it has died."""
        now = time.monotonic()
        quick = now - self.began < SOON
        self._pause = min(max(2 * self._pause, SHORTEST), LONGEST) if quick else 0.0
        return now + self._pause


class Workers:
    """Runs jobs, each in a process of its own, until this one is told to end.

    `on_ready` is called when all of them are ready.
    """

    def __init__(self, jobs: Sequence[Job], on_ready: Callable[[], None]) -> None:
        self._jobs = tuple(jobs)
        self._on_ready = on_ready
        self._starts: dict[str, float] = {}
        self._told = False
        self._ending = False
        # Nobody writes to it: that it is closed tells the children that this process is gone.
        self._life, self._alive = os.pipe()
        self._said, self._saying = os.pipe()

    def run(self) -> int:
        """Returns the exit status: 0, or that of a job which never was ready."""
        with self._signals():
            for job in self._jobs:
                self._start(job)
            while not self._ending:
                self._wait(LOOK)
                self._hear()
                if status := self._reap():
                    self._end()
                    return status
                self._start_again()
            self._end()
        return 0

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Meanwhile signals wake this process, and those that say so end it."""
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        before = signal.set_wakeup_fd(wake)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._told_to_end)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def _told_to_end(self, number: int, frame: object) -> None:
        self._ending = True

    def _wait(self, seconds: float) -> None:
        readable, _, _ = select.select([self._woken, self._said], [], [], seconds)
        if self._woken in readable:
            os.read(self._woken, 4096)

    def _hear(self) -> None:
        """Learn which jobs are ready, each of which has written its number."""
        while select.select([self._said], [], [], 0)[0]:
            self._jobs[os.read(self._said, 1)[0]].ready = True
        if not self._told and all(job.ready for job in self._jobs):
            self._told = True
            self._on_ready()

    def _start(self, job: Job) -> None:
        # What is half done in a thread here would stay so for ever over there.
        for handler in logging.root.handlers:
            handler.flush()
        sys.stdout.flush()
        job.began = time.monotonic()
        job.pid = os.fork()
        if job.pid == 0:
            self._be(job)

    def _be(self, job: Job) -> NoReturn:
        """Do the job, in the new process; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, lambda number, frame: sys.exit(0))
            os.close(self._alive)
            threading.Thread(target=self._end_with_parent, name="parent", daemon=True).start()
            number = self._jobs.index(job)
            job.run(lambda: self._say_ready(number))
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _say_ready(self, number: int) -> None:
        os.write(self._saying, bytes([number]))

    def _end_with_parent(self) -> None:
        os.read(self._life, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _reap(self) -> int:
        """See which jobs have died; the exit status of one that never was ready."""
        for job in self._jobs:
            status = _status_of(job)
            if status is None:
                continue
            if not job.ready:
                return status or 1
            self._starts[job.name] = job.next_start()
            pause = max(self._starts[job.name] - time.monotonic(), 0)
            logger.error("%s ended (%s) and starts again in %.1f s", job.name, status, pause)
        return 0

    def _start_again(self) -> None:
        now = time.monotonic()
        for job in self._jobs:
            if job.pid is None and now >= self._starts.get(job.name, now):
                self._start(job)

    def _end(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for last in (False, True):
            group = [job for job in self._jobs if job.last is last]
            for job in group:
                _signal(job, signal.SIGTERM)
            while any(job.pid is not None and _status_of(job) is None for job in group):
                if time.monotonic() > deadline:
                    for job in group:
                        _signal(job, signal.SIGKILL)
                self._wait(0.1)


def before_forks() -> None:
    """Give up what must not be shared by two processes: connections to the databases."""
    store.current.current().close()
    for connection in connections.all(initialized_only=True):
        connection.close()
        if close_pool := getattr(connection, "close_pool", None):
            close_pool()


def _status_of(job: Job) -> int | None:
    """How the job's process has ended; None if it has not, or there is none."""
    if job.pid is None:
        return None
    pid, status = os.waitpid(job.pid, os.WNOHANG)
    if pid == 0:
        return None
    job.pid = None
    return os.waitstatus_to_exitcode(status)


def _signal(job: Job, number: signal.Signals) -> None:
    if job.pid is not None:
        os.kill(job.pid, number)
