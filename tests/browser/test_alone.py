"""What one person does at the editor: from the set-up link to an older state restored."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from nodius_site.options import ROOT
from tests.browser.people import Person, Visit
from tests.serving import PASSWORD, Serving

EXAMPLE = ROOT / "examples" / "order_handling.json"
#: Whether nothing moves any more, but for what never ends.
AT_REST = """() => document.getAnimations().every(
    (each) => each.playState !== 'running' || each.effect.getTiming().iterations === Infinity
)"""


def test_the_set_up_link_makes_the_first_user_who_then_signs_in(
    built: None, browser: Browser, tmp_path: Path
) -> None:
    with Serving(tmp_path / "data") as serving:
        link = serving.said(r"or open, once: (\S+)")
        person = Person(browser, serving.url)
        page = person.page
        page.goto(link)
        page.get_by_label("Username").fill("first")
        for field in page.get_by_label(re.compile("password", re.IGNORECASE)).all():
            if field.get_attribute("type") == "password":
                field.fill(PASSWORD)
        page.get_by_role("button").first.click()
        expect(page.get_by_label("Username")).to_have_count(0)
        person.sign_in("first")
        expect(page.get_by_role("heading", name="No workflows yet")).to_be_visible()
        person.leave()


def test_a_wrong_password_is_told_and_nobody_is_signed_in(visit: Visit) -> None:
    person = visit(None)
    person.page.goto(person.url)
    person.page.get_by_label("Username").fill("admin")
    person.page.get_by_label("Password", exact=True).fill("wrong-password")
    person.button("Sign in").click()
    expect(person.page.get_by_role("alert")).to_be_visible()
    expect(person.button("Sign in")).to_be_visible()


def test_who_is_signed_in_stays_so_until_signing_out(visit: Visit) -> None:
    person = visit(None)
    person.sign_in()
    person.page.reload()
    expect(person.page.get_by_role("heading", name="Workflows", level=1)).to_be_visible()
    person.button("Account of admin").click()
    person.page.get_by_role("menuitem", name="Sign out").click()
    expect(person.button("Sign in")).to_be_visible()
    person.page.reload()
    expect(person.button("Sign in")).to_be_visible()


def test_a_file_is_imported_found_and_exported_again(visit: Visit, tmp_path: Path) -> None:
    person = visit()
    person.page.goto(person.url)
    with person.page.expect_file_chooser() as chooser:
        person.button("Import").click()
    chooser.value.set_files(EXAMPLE)
    expect(person.canvas).to_be_visible()
    expect(person.node("Order received")).to_be_visible()
    with person.page.expect_download() as download:
        person.button("More actions").click()
        person.page.get_by_role("menuitem", name=re.compile("^Export")).click()
    download.value.save_as(tmp_path / "exported.json")
    exported = json.loads((tmp_path / "exported.json").read_text())
    given = json.loads(EXAMPLE.read_text())
    assert exported["nodes"].keys() == set(keys(given["nodes"]))
    person.page.goto(f"{person.url}/#/")
    search = person.page.get_by_role("searchbox", name="Search workflows")
    search.fill("order hand")
    expect(person.page.get_by_role("link", name="Order handling").first).to_be_visible()
    search.fill("no such thing")
    expect(person.page.get_by_role("link", name="Order handling")).to_have_count(0)


def keys(parts: object) -> list[str]:
    """The keys of nodes or edges, however a file has them."""
    if isinstance(parts, dict):
        return list(parts)
    assert isinstance(parts, list)
    return [each["_key"] for each in parts]


def test_an_older_state_is_looked_at_and_restored(
    visit: Visit, rest: httpx.Client, flow: str
) -> None:
    person = visit()
    person.open(flow)
    person.add("Step", "Kept")
    person.add("Step", "Gone")
    person.page.keyboard.press("Escape")
    person.node("Gone").click()
    person.page.keyboard.press("Delete")
    expect(person.node("Gone")).to_have_count(0)
    person.saved()
    person.button("History").click()
    slider = person.page.get_by_role("slider", name="Change")
    last = int(slider.input_value())
    past = person.page.get_by_role("application")
    person.button("Previous change").click()
    expect(past.get_by_role("group").filter(has_text="Gone")).to_be_visible()
    person.button("Restore this state").click()
    person.page.get_by_role("dialog").get_by_role("button", name=re.compile("Restore")).click()
    expect(person.button("History")).to_be_visible()
    expect(person.node("Gone")).to_be_visible()
    assert rest.get(f"/api/workflow/{flow}").json()["workflow"]["seq"] == last + 1


def test_what_a_change_did_is_on_the_screen_however_far_away(
    visit: Visit, rest: httpx.Client
) -> None:
    parts = {
        name: {"type": "step", "name": name, "posX": at, "posY": at}
        for name, at in (("Near", 0), ("Far", 9000))
    }
    key = rest.post("/api/workflow", json={"name": "Wide", "nodes": parts}).json()["workflowKey"]
    for name in parts:
        move = {"o": 15, "p": ["nodes", name], "v": {"data": {"a": 1}}}
        answer = rest.post(f"/api/workflow/{key}/instructions", json={"instructions": [move]})
        assert answer.status_code == 200
    person = visit()
    person.page.goto(f"{person.url}/#/workflow/{key}/history")
    past = person.page.get_by_role("application")
    expect(past.get_by_role("group").filter(has_text="Far")).to_be_in_viewport()
    person.button("Previous change").click()
    expect(past.get_by_role("group").filter(has_text="Near")).to_be_in_viewport()


def test_names_and_labels_are_text_whatever_is_in_them(visit: Visit, rest: httpx.Client) -> None:
    """T32"""
    evil = "</script><script>window.evil = 1</script><img src=x onerror='window.evil=2'>"
    made = rest.post(
        "/api/workflow",
        json={
            "name": evil,
            "description": evil,
            "nodes": {
                "a": {"type": evil, "name": evil, "posX": 0, "posY": 0, "process": evil},
                "b": {"type": "x", "name": "b", "posX": 400, "posY": 0, "data": {"text": evil}},
            },
            "edges": {"e": {"source": "a", "target": "b", "label": evil}},
        },
    )
    person = visit()
    person.page.goto(person.url)
    expect(person.page.get_by_text(evil).first).to_be_visible()
    person.open(made.json()["workflowKey"])
    person.canvas.get_by_test_id("rf__node-a").click()
    for tab in ("Code", "JSON"):
        person.page.get_by_role("tab", name=tab).click()
        expect(person.page.get_by_role("tabpanel")).to_contain_text("script")
    assert person.page.evaluate("window.evil") is None


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_are_usable_for_all(
    visit: Visit, rest: httpx.Client, pictures: Path, width: int, dark: bool
) -> None:
    """Without a violation that axe finds, and without a page that is wider than its window."""
    axe = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    given = json.loads(EXAMPLE.read_text())
    key = rest.post("/api/workflow", json=given).json()["workflowKey"]
    for node in keys(given["nodes"])[:3]:
        move = {"o": 15, "p": ["nodes", node], "v": {"color": "amber"}}
        rest.post(f"/api/workflow/{key}/instructions", json={"instructions": [move]})
    scheme = "dark" if dark else "light"
    person = visit(width=width, height=900 if width > 500 else 844, color_scheme=scheme)
    faults = []
    for name, path in (
        ("workflows", ""),
        ("editor", f"workflow/{key}"),
        ("history", f"workflow/{key}/history"),
        ("configurations", "library/node-configurations"),
        ("workspaces", "library/workspaces"),
    ):
        person.page.goto(f"{person.url}/#/{path}")
        expect(person.page.get_by_role("main")).to_be_visible()
        expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
        person.page.wait_for_function(AT_REST)
        person.shows(pictures / f"{name}-{width}-{scheme}.png")
        person.page.evaluate(axe)
        found = person.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
            "v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).slice(0, 3)}`))"
        )
        faults += [f"{name}: {each}" for each in found]
        wide = person.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{name} is {wide} wide")
    assert not faults, "\n".join(faults)
