"""/metrics: who may read it, and what it says after something has happened."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from nodius_site import metrics
from nodius_site.layer_metrics import LayerCollector
from nodius_site.options import ROOT
from sync.metrics import REGISTRY
from tests.serving import PASSWORD, Serving, command
from tests.wire import Wire, put

TOKEN = secrets.token_urlsafe(36)
WAIT = 20.0


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with `metrics_token`, and the administrator `admin`."""
    folder = tmp_path_factory.mktemp("measured") / "data"
    serving = Serving(folder, metrics_token=TOKEN, autosave=0.2, max_outbox=65536, rate_limit=0)
    serving.create_admin()
    with serving:
        yield serving


@pytest.fixture(scope="module")
def admin(measured: Serving) -> Iterator[httpx.Client]:
    """Its administrator."""
    with measured.login() as client:
        yield client


@pytest.fixture
def flow(admin: httpx.Client) -> str:
    """A new workflow."""
    key = admin.post("/api/workflow", json={"name": "x", "data": {"log": []}}).json()["workflowKey"]
    assert isinstance(key, str)
    return key


def ask(server: Serving, token: str | None = TOKEN, **headers: str) -> httpx.Response:
    """GET /metrics."""
    shown = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return httpx.get(f"{server.url}/metrics", headers=shown | headers, trust_env=False)


def samples(server: Serving) -> dict[str, float]:
    """Every sample, by name and labels as `name{label=value,…}`."""
    families: list[Metric] = list(text_string_to_metric_families(ask(server).text))
    found = {}
    for family in families:
        for each in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(each.labels.items()))
            found[f"{each.name}{{{labels}}}" if labels else each.name] = each.value
    return found


def until(server: Serving, hold: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """Wait until the samples are like this."""
    deadline = time.monotonic() + WAIT
    while not hold(found := samples(server)):
        assert time.monotonic() < deadline, found
    return found


def growth(server: Serving, before: dict[str, float], name: str) -> float:
    """How much a counter has grown."""
    return samples(server).get(name, 0) - before.get(name, 0)


class TestWhoMayRead:
    """Nobody by default, from wherever they ask."""

    @pytest.mark.parametrize(
        "token",
        [None, "wrong", TOKEN[:-1], f"{TOKEN}x", "ä"],
        ids=["none", "wrong", "too short", "too long", "not ASCII"],
    )
    def test_without_the_token_it_is_401_also_from_this_machine(
        self, measured: Serving, token: str | None
    ) -> None:
        """REST-METRICS-1"""
        headers = {} if token is None else {b"Authorization": f"Bearer {token}".encode("latin-1")}
        answer = httpx.get(f"{measured.url}/metrics", headers=headers, trust_env=False)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["error"] == "unauthorized" and "nodius_" not in answer.text

    def test_the_token_of_the_option_and_an_administrators_are_good(
        self, measured: Serving, admin: httpx.Client
    ) -> None:
        """REST-METRICS-1"""
        for answer in (ask(measured), admin.get("/metrics")):
            assert answer.status_code == 200 and "nodius_sessions" in answer.text
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert answer.headers["Cache-Control"] == "no-store"

    def test_another_users_is_not(self, measured: Serving) -> None:
        made = command(
            "shell",
            "-c",
            "from accounts.models import User;"
            f"User.objects.create_user('reader', password='{PASSWORD}')",
            f"data_dir={measured.data_dir}",
        )
        assert made.returncode == 0, made.stderr
        with measured.login("reader") as reader:
            answer = reader.get("/metrics")
        assert answer.status_code == 403 and "nodius_" not in answer.text

    def test_it_is_nobodys_token_elsewhere(self, measured: Serving) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.get(f"{measured.url}/api/auth/me", headers=headers, trust_env=False)
        assert answer.status_code == 401

    def test_without_the_option_only_administrators_read_it(self, server: Serving) -> None:
        for token in (None, "None"):
            assert ask(server, token).status_code == 401
        with server.login() as client:
            assert client.get("/metrics").status_code == 200

    def test_it_is_read_only(self, measured: Serving, admin: httpx.Client) -> None:
        assert admin.post("/metrics").status_code in (403, 405)

    def test_a_short_token_is_refused_at_the_start(self) -> None:
        refused = command("options", "metrics_token=short")
        assert refused.returncode == 2 and "metrics_token" in refused.stderr


class TestWhatItSays:
    """Numbers that move with what happens."""

    def test_batches_instructions_refusals_and_groups(
        self, measured: Serving, admin: httpx.Client, flow: str
    ) -> None:
        before = samples(measured)
        with Wire(measured, admin.headers["Authorization"].split()[1]) as wire:
            wire.join(flow)
            for n in range(3):
                wire.act(flow, put("name", f"{n}"), put("category", f"{n}"), id=f"{n}")
                wire.expect("ack")
            wire.act(flow, put("nodes/a/b", 1), id="bad")
            wire.expect("error", code="path_not_found")
            wire.send("nonsense")
            wire.expect("error", code="invalid_message")
            now = samples(measured)
            assert now["nodius_sockets"] >= 1 and now["nodius_sessions"] >= 1
        for name, count in {
            "nodius_batches_committed_total": 3,
            "nodius_instructions_applied_total": 6,
            "nodius_batches_refused_total{code=path_not_found}": 1,
            "nodius_messages_refused_total{code=invalid_message}": 1,
            "nodius_journal_group_batches_sum": 3,
        }.items():
            assert growth(measured, before, name) == count, name
        assert growth(measured, before, "nodius_journal_commit_duration_seconds_count") >= 4
        assert growth(measured, before, "nodius_journal_commit_duration_seconds_sum") > 0

    def test_what_comes_over_http_counts_too(
        self, measured: Serving, admin: httpx.Client, flow: str
    ) -> None:
        before = samples(measured)
        path = f"/api/workflow/{flow}/instructions"
        assert admin.post(path, json={"instructions": [put("name", "y")]}).status_code == 200
        assert admin.post(path, json={"instructions": [put("a/b", 1)]}).status_code == 422
        assert growth(measured, before, "nodius_batches_committed_total") == 1
        assert (
            growth(measured, before, "nodius_batches_refused_total{code=invalid_instruction}") == 1
        )
        route = "route=/api/workflow/<key>/instructions"
        for status in (200, 422):
            name = f"nodius_http_requests_total{{method=POST,{route},status={status}}}"
            assert growth(measured, before, name) == 1
        name = f"nodius_http_request_duration_seconds_count{{method=POST,{route}}}"
        assert growth(measured, before, name) == 2

    def test_saves_and_how_far_they_are_behind(
        self, measured: Serving, admin: httpx.Client, flow: str
    ) -> None:
        before = samples(measured)["nodius_autosave_duration_seconds_count"]
        with Wire(measured, admin.headers["Authorization"].split()[1]) as wire:
            wire.join(flow)
            wire.act(flow, put("name", "y"), id="a")
            wire.expect("ack")
            # Seen before the save, or too late: what counts is that it is over then.
            wire.expect("saved")
            after = until(
                measured, lambda now: now["nodius_autosave_duration_seconds_count"] > before
            )
        assert after["nodius_autosave_lag_seconds"] == 0
        assert after["nodius_unsaved"] == after["nodius_autosave_failures_total"] == 0

    def test_a_socket_that_ends_counts_by_who_ended_it_and_why(
        self, measured: Serving, admin: httpx.Client, flow: str
    ) -> None:
        token = admin.headers["Authorization"].split()[1]
        before = samples(measured)
        with Wire(measured, token) as wire:
            wire.join(flow)
        with Wire(measured, token) as wire:
            for _ in range(10):
                wire.send("nonsense")
            assert wire.closed() == 4400
        with Wire(measured, token) as wire:
            for _ in range(65):
                wire.send("ping")
            assert wire.closed() == 4429
        with Wire(measured, token) as wire:
            wire.socket.close(4999)
        until(measured, lambda now: now["nodius_sockets"] == before["nodius_sockets"])
        assert growth(measured, before, "nodius_sockets_closed_total{code=4400}") == 1
        assert growth(measured, before, "nodius_sockets_closed_total{code=4429}") == 1
        assert growth(measured, before, "nodius_sockets_closed_total{code=client}") == 2
        assert "nodius_sockets_closed_total{code=4999}" not in samples(measured)

    def test_no_label_holds_what_somebody_can_choose(
        self, measured: Serving, admin: httpx.Client, flow: str
    ) -> None:
        chosen = "chosen-by-somebody"
        with httpx.Client(base_url=measured.url, trust_env=False) as nobody:
            for client in (admin, nobody):
                for path in ("", "/api", "/api/workflow", "/static", "/admin", "/ws", "/media"):
                    client.get(f"{path}/{chosen}?{chosen}={chosen}")
                    client.request("CHOSEN", f"{path}/{flow}/{chosen}")
                client.get(f"/api/workflow/{flow}", headers={"X-Request-ID": chosen})
                client.request("PUT", f"/api/workspace/{chosen}/member/{chosen}", json={})
        with Wire(measured, admin.headers["Authorization"].split()[1]) as wire:
            wire.join(flow, clientId=chosen)
            wire.act(flow, {"o": 1, "p": ["name"], "v": chosen, "code": chosen}, id=chosen)
            wire.send(chosen)
        text = ask(measured).text
        assert chosen not in text.lower() and flow not in text and "CHOSEN" not in text
        assert 'route="other"' in text

    def test_it_tells_of_the_process(self, measured: Serving) -> None:
        told = samples(measured)
        assert told["process_resident_memory_bytes"] > 10_000_000
        assert told["process_open_fds"] > 5


def test_names_are_by_the_conventions_of_prometheus() -> None:
    for family in REGISTRY.collect():
        assert re.fullmatch(r"(nodius|process)_[a-z_]+", family.name), family.name
        assert family.documentation.endswith(".")
        assert not family.name.endswith("_total"), "the format adds it to counters"
        if family.type == "histogram" and "batches" not in family.name:
            assert family.name.endswith("_duration_seconds"), family.name


def test_the_page_on_monitoring_names_every_metric_with_its_labels_and_no_other() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `((?:nodius|process)_[^`]*)`", page, re.MULTILINE))
    known = {
        f"{each.name}_total" if each.type == "counter" else each.name
        for each in (*REGISTRY.collect(), *LayerCollector().describe())
        if each.name.startswith("nodius_")
    }
    assert {name.partition("{")[0] for name in named if name.startswith("nodius_")} == known
    described = {
        f"{each.name}_total" if each.type == "counter" else each.name: each
        for each in LayerCollector().describe()
    }
    for name in named:
        bare, _, labels = name.rstrip("}").partition("{")
        family = described.get(bare, REGISTRY._names_to_collectors[bare])
        assert ",".join(getattr(family, "_labelnames", ())) == labels.replace(" ", "")


def test_an_unknown_method_and_an_unknown_route_are_one_each() -> None:
    before = REGISTRY.get_sample_value(
        "nodius_http_requests_total", {"route": "other", "method": "other", "status": "404"}
    )
    metrics.request("BREW", None, 404, 0.1)
    after = REGISTRY.get_sample_value(
        "nodius_http_requests_total", {"route": "other", "method": "other", "status": "404"}
    )
    assert after == (before or 0) + 1
