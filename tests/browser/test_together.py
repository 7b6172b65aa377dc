"""Two people draw one workflow, each in a browser of their own."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.people import PATIENCE, Person, Visit
from tests.ports import free_ports
from tests.serving import Serving


def stored(rest: httpx.Client, key: str) -> dict[str, dict[str, object]]:
    """The nodes and edges as the server has them, by name and by ends."""
    flow = rest.get(f"/api/workflow/{key}").json()["workflow"]
    nodes = {each["_key"]: each.get("name") for each in flow["nodes"]}
    return {
        "nodes": {str(each.get("name")): each for each in flow["nodes"]},
        "edges": {f"{nodes[e['source']]} > {nodes[e['target']]}": e for e in flow["edges"]},
    }


@pytest.fixture
def ada(visit: Visit, flow: str) -> Person:
    """One of them, the administrator."""
    person = visit()
    person.open(flow)
    return person


@pytest.fixture
def bea(visit: Visit, flow: str) -> Person:
    """The other one, an editor."""
    person = visit("bea")
    person.open(flow)
    return person


def test_what_one_does_the_other_sees_and_the_server_keeps(
    ada: Person, bea: Person, rest: httpx.Client, flow: str
) -> None:
    ada.add("Step", "First")
    expect(bea.node("First")).to_be_visible()
    bea.add("Decision", "Second")
    expect(ada.node("Second")).to_be_visible()
    bea.drag(bea.node("Second"), 60, 120)
    ada.connect("First", "Second")
    for person in (ada, bea):
        expect(person.edges()).to_have_count(1)
    bea.page.keyboard.press("Escape")
    bea.node("First").click()
    field = bea.properties.get_by_label("Name", exact=True)
    field.fill("Renamed")
    field.press("Enter")
    expect(ada.node("Renamed")).to_be_visible()
    kept = stored(rest, flow)
    assert kept["nodes"].keys() == {"Renamed", "Second"}
    assert kept["edges"].keys() == {"Renamed > Second"}


def test_a_node_that_is_deleted_takes_its_connections_and_undo_brings_both_back(
    ada: Person, bea: Person, rest: httpx.Client, flow: str
) -> None:
    ada.add("Step", "A")
    ada.drag(ada.node("A"), -300, -100)
    ada.add("Step", "B")
    ada.connect("A", "B")
    expect(bea.edges()).to_have_count(1)
    ada.page.keyboard.press("Escape")
    ada.node("A").click()
    ada.page.keyboard.press("Delete")
    for person in (ada, bea):
        expect(person.node("A")).to_have_count(0)
        expect(person.edges()).to_have_count(0)
    ada.button("Undo").click()
    for person in (ada, bea):
        expect(person.node("A")).to_be_visible()
        expect(person.edges()).to_have_count(1)
    ada.button("Redo").click()
    for person in (ada, bea):
        expect(person.node("A")).to_have_count(0)
    assert stored(rest, flow)["nodes"].keys() == {"B"}


def test_each_sees_that_the_other_is_here(ada: Person, bea: Person) -> None:
    expect(ada.button("1 other is here: bea")).to_be_visible()
    expect(bea.button("1 other is here: admin")).to_be_visible()
    bea.context.close()
    expect(ada.button("1 other is here: bea")).to_have_count(0, timeout=PATIENCE)


def test_who_was_offline_goes_on_and_nothing_is_lost(
    ada: Person, bea: Person, rest: httpx.Client, flow: str
) -> None:
    ada.add("Step", "Before")
    ada.context.set_offline(True)
    # A browser keeps what is open; the network is gone for what comes next.
    ada.page.evaluate("window.dispatchEvent(new Event('offline'))")
    bea.add("Step", "Of bea")
    ada.add("Step", "Offline")
    ada.context.set_offline(False)
    for person in (ada, bea):
        for name in ("Before", "Of bea", "Offline"):
            expect(person.node(name)).to_be_visible(timeout=60_000)
    assert stored(rest, flow)["nodes"].keys() == {"Before", "Of bea", "Offline"}


def test_a_viewer_sees_everything_and_can_change_nothing(
    ada: Person, visit: Visit, flow: str
) -> None:
    viv = visit("viv")
    viv.open(flow)
    ada.add("Step", "Look")
    expect(viv.node("Look")).to_be_visible()
    expect(
        viv.page.get_by_text("View only").or_(viv.page.get_by_text("only look")).first
    ).to_be_visible()
    expect(viv.button("Add Step")).to_have_count(0)
    viv.node("Look").click()
    viv.page.keyboard.press("Delete")
    ada.add("Step", "After")
    expect(viv.node("After")).to_be_visible()
    expect(ada.node("Look")).to_be_visible()


def test_who_becomes_a_viewer_is_told_and_can_change_nothing_more(
    ada: Person, bea: Person, rest: httpx.Client, flow: str
) -> None:
    member = "/api/workspace/default/member/bea"
    assert rest.put(member, json={"role": "viewer"}).status_code == 204
    try:
        # A changed role counts within seconds; until then it can still be pressed.
        press = "() => { document.querySelector('[aria-label=\"Add Step\"]')?.click(); }"
        for _ in range(100):
            bea.page.evaluate(press)
            if bea.button("Add Step").count() == 0:
                break
            bea.page.wait_for_timeout(200)
        expect(bea.page.get_by_text("Not accepted").first).to_be_visible()
        expect(bea.button("Add Step")).to_have_count(0)
        expect(bea.page.get_by_text("View only").first).to_be_visible()
    finally:
        assert rest.put(member, json={"role": "editor"}).status_code == 204
    ada.add("Step", "Seen by both")
    expect(bea.node("Seen by both")).to_be_visible()
    # Only what is in sight is drawn.
    bea.page.keyboard.press("f")
    kept = len(rest.get(f"/api/workflow/{flow}").json()["workflow"]["nodes"])
    expect(bea.canvas.locator(".react-flow__node")).to_have_count(kept)
    # One who may edit once more has to ask.
    expect(bea.button("Add Step")).to_have_count(0)
    bea.button("View only").click()
    expect(bea.button("Add Step")).to_be_visible()


def test_what_is_drawn_while_the_server_is_away_is_kept(
    built: None, browser: object, tmp_path: object
) -> None:
    """Killed, with work that has no answer; the page is even reloaded meanwhile."""
    from pathlib import Path
    from typing import cast

    from playwright.sync_api import Browser

    serving = Serving(Path(str(tmp_path)) / "data", port=free_ports()[0])
    serving.create_admin()
    with serving, serving.login() as http:
        key = http.post("/api/workflow", json={"name": "Killed"}).json()["workflowKey"]
        ada = Person(cast("Browser", browser), serving.url)
        ada.sign_in()
        ada.open(key)
        ada.add("Step", "One")
        serving.kill()
        ada.add("Step", "Two")
        expect(ada.node("Two")).to_be_visible()
        serving.start()
        ada.page.reload()
        expect(ada.node("Two")).to_be_visible(timeout=60_000)
        ada.add("Step", "Three")
        ada.saved()
        ada.leave()
        with serving.login() as again:
            assert stored(again, key)["nodes"].keys() == {"One", "Two", "Three"}
            assert again.get(f"/api/history/{key}").json()["total"] >= 3
