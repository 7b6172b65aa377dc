"""What a server process counts, by Prometheus' conventions; docs/monitoring.md says what for.

A registry of our own, so that nothing gets in by being imported. No label ever holds what a user
can choose: no keys, no names, no paths.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from store.base import StoreError

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has not typed it

REGISTRY = CollectorRegistry(auto_describe=True)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

SOCKETS = Gauge("nodius_sockets", "Open sockets of clients.", registry=REGISTRY)
SOCKETS_CLOSED = Counter(
    "nodius_sockets_closed",
    "Closed sockets by close code; `client` where the client closed.",
    ["code"],
    registry=REGISTRY,
)
PIPES = Gauge(
    "nodius_pipes",
    "Clients whose workflow another process holds: `out` theirs there, `in` others' here.",
    ["direction"],
    registry=REGISTRY,
)
PIPED = Counter(
    "nodius_piped_messages",
    "Messages of clients passed on to other processes (`out`), and what came for them (`in`).",
    ["direction"],
    registry=REGISTRY,
)
MESSAGES_REFUSED = Counter(
    "nodius_messages_refused",
    "Errors told to sockets before a session was asked, by code.",
    ["code"],
    registry=REGISTRY,
)
BATCHES_REFUSED = Counter(
    "nodius_batches_refused",
    "Batches that a session refused, from sockets and over HTTP, by code.",
    ["code"],
    registry=REGISTRY,
)
BATCHES = Counter("nodius_batches_committed", "Committed batches.", registry=REGISTRY)
COMMIT_SECONDS = Histogram(
    "nodius_journal_commit_duration_seconds",
    "Time of a transaction of the journal.",
    buckets=_SECONDS,
    registry=REGISTRY,
)
GROUP_BATCHES = Histogram(
    "nodius_journal_group_batches",
    "Batches in a transaction of the journal.",
    buckets=(0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000),
    registry=REGISTRY,
)
SESSIONS_GIVEN_UP = Counter(
    "nodius_sessions_given_up", "Sessions that were given up.", registry=REGISTRY
)
SAVE_SECONDS = Histogram(
    "nodius_autosave_duration_seconds", "Time of a save.", buckets=_SECONDS, registry=REGISTRY
)
SAVES_FAILED = Counter("nodius_autosave_failures", "Saves that failed.", registry=REGISTRY)
STORE_ERRORS = Counter(
    "nodius_store_errors", "Errors of the document store, by kind.", ["kind"], registry=REGISTRY
)
LOOP_LAG = Gauge(
    "nodius_event_loop_lag_seconds",
    "How much later than asked for the event loop came to its last look around.",
    registry=REGISTRY,
)
LOG_LINES_LOST = Counter(
    "nodius_log_lines_lost", "Log lines that nobody took in time.", registry=REGISTRY
)


class Tally(Collector):
    """A counter too busy for a lock: `count` is added to on the event loop alone."""

    def __init__(self, name: str, help: str) -> None:
        self.count = 0
        self._name, self._help = name, help
        REGISTRY.register(self)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """What Prometheus is told."""
        yield CounterMetricFamily(self._name, self._help, value=self.count)


INSTRUCTIONS = Tally("nodius_instructions_applied", "Applied instructions.")


@contextmanager
def committing(batches: int) -> Iterator[None]:
    """Measure the transaction of a group of so many batches; one that fails counts no batch."""
    began = time.perf_counter()
    try:
        yield
    finally:
        COMMIT_SECONDS.observe(time.perf_counter() - began)
    GROUP_BATCHES.observe(batches)
    BATCHES.inc(batches)


def value(gauge: Gauge) -> float:
    """What a gauge without labels shows now."""
    return sum(sample.value for metric in gauge.collect() for sample in metric.samples)


def store_error(error: StoreError) -> None:
    """Count an error of the document store."""
    STORE_ERRORS.labels(type(error).__name__).inc()
