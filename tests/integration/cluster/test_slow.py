"""Who does not keep up loses messages, and nobody else does; what is lost is counted."""

from __future__ import annotations

import signal
from typing import Any

from tests.integration.cluster.scene import Running, peer_process
from tests.waiting import until


def test_a_subscriber_that_hangs_slows_nobody_and_what_it_misses_is_counted() -> None:
    with (
        Running(high_water=5) as running,
        running.manager("a") as a,
        running.manager("b") as b,
        peer_process(running.ports, "slow") as slow,
    ):
        got: list[Any] = []
        b.subscribe("news", got.append).ready.result(10)
        slow.signal(signal.SIGSTOP)
        # More than the operating system keeps for the one that hangs.
        for number in range(200):
            a.publish("news", [number, "x" * 200_000])
            until(lambda: len(got) > number)  # noqa: B023 - it is called at once
        slow.signal(signal.SIGCONT)
        until(lambda: any(each.name == "slow" and each.state == "alive" for each in a.peers()))

        def all_is_accounted_for() -> bool:
            a.publish("news", "last")
            until(lambda: got[-1] == "last")
            counts = a.request("slow", "counts").result(10)
            published = running.broker.counts["published"]
            return bool(
                counts.get("missed", 0) > 50 and counts["news"] + counts["missed"] == published
            )

        until(all_is_accounted_for)
        assert b.counts().get("missed", 0) == 0


def test_a_peer_that_takes_nothing_more_is_an_error_told_to_the_sender() -> None:
    with (
        Running(high_water=5) as running,
        running.manager("a") as a,
        peer_process(running.ports, "slow") as slow,
    ):
        until(lambda: a.send("slow", 1).exception(10) is None)
        slow.signal(signal.SIGSTOP)
        until(lambda: a.send("slow", "x" * 200_000).exception(10) is not None)
        error = a.send("slow", "x" * 200_000).exception(10)
        assert "does not take" in str(error) or "gone" in str(error)
        until(lambda: running.broker.counts["dropped"] or "gone" in str(error))
