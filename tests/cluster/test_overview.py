"""What administrators see of the processes."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.team import Team
from tests.integration.site.admin_browser import Browser, cells
from tests.waiting import until


def test_the_processes_are_told_with_what_they_hold_and_how_they_are(tmp_path: Path) -> None:
    """REST-CLUSTER-1"""
    with Team(tmp_path) as team, team.client(0) as admin, team.wire(0) as first:
        flow = team.make()
        first.join(flow)

        def told() -> list[dict[str, object]]:
            found: list[dict[str, object]] = admin.get("/api/cluster").json()["processes"]
            return sorted(found, key=lambda each: not each["here"])

        until(lambda: len(told()) == 2 and told()[0]["sockets"] == 1)
        here, there = told()
        assert here["workflows"] == [flow] and here["workflowCount"] == 1
        assert there["workflows"] == [] and there["state"] == here["state"] == "alive"
        assert here["pid"] == team.servers[0].process.pid
        assert there["pid"] == team.servers[1].process.pid
        with team.stopped(1):
            until(lambda: told()[1]["state"] == "late")
            until(lambda: told()[1]["state"] == "gone")
        until(lambda: told()[1]["state"] == "alive")
        with Browser(team.servers[0], "admin") as browser:
            page = browser.get("/admin/nodius/process/")
        assert [each[1] for each in cells(page)] == ["alive", "alive"]
        assert sorted(each[4] for each in cells(page)) == ["0", "1"]
        team.servers[1].stop()
        until(lambda: len(told()) == 1)


def test_the_metrics_tell_what_the_layer_and_its_broker_have_counted(tmp_path: Path) -> None:
    with Team(tmp_path) as team, team.client(0) as admin:

        def told(name: str) -> float:
            lines = admin.get("/metrics").text.splitlines()
            values = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")]
            return float(values[0]) if values else -1

        broker = f'broker="127.0.0.1:{team.ports.pub}"'
        published = f'nodius_broker_events_total{{{broker},event="published"}}'
        until(lambda: told("nodius_layer_connected") == 1)
        with team.wire(1) as other:
            other.join(team.make())
        until(lambda: told(published) > 0)
        team.end_broker()
        until(lambda: told("nodius_layer_connected") == 0)
        assert told(published) == -1
