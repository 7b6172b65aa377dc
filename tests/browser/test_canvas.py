"""What can be done on the canvas, by pointer and by keyboard."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import Person, Visit
from tests.waiting import until


@pytest.fixture
def ada(visit: Visit, flow: str) -> Person:
    """Somebody at an empty workflow."""
    person = visit()
    person.open(flow)
    return person


def history(rest: httpx.Client, key: str) -> list[dict[str, Any]]:
    """The batches of a workflow, the newest first."""
    entries: list[dict[str, Any]] = rest.get(f"/api/history/{key}").json()["history"]
    return entries


def nodes(rest: httpx.Client, key: str) -> dict[str, dict[str, Any]]:
    """The nodes as the server keeps them, by name."""
    found = rest.get(f"/api/workflow/{key}").json()["workflow"]["nodes"]
    return {each.get("name", each["type"]): each for each in found}


def moved(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> int:
    """How many nodes are further to the right than before."""
    return sum(after[name]["posX"] > before[name]["posX"] for name in before)


def step(at: int, columns: int) -> dict[str, Any]:
    """A node in its place in a grid."""
    place = {"posX": 230 * (at % columns), "posY": 120 * (at // columns)}
    return {"type": "step", "name": f"N{at}", **place}


def tab_to(person: Person, condition: str, key: str = "Tab") -> None:
    """Go on by keyboard until this is true of the element that has the focus."""
    for _ in range(80):
        if person.page.evaluate(f"(({condition}))(document.activeElement)"):
            return
        person.page.keyboard.press(key)
    raise AssertionError(f"never at {condition}")


def test_all_of_it_can_be_done_by_keyboard(ada: Person, rest: httpx.Client, flow: str) -> None:
    keyboard = ada.page.keyboard
    for name in ("One", "Two"):
        keyboard.press("/")
        expect(ada.page.get_by_role("searchbox", name="Search nodes to add")).to_be_focused()
        keyboard.press("Control+A")
        keyboard.type("step")
        tab_to(ada, "e => e.ariaLabel === 'Add Step'")
        keyboard.press("Enter")
        tab_to(ada, "e => e.labels?.[0]?.textContent.trim() === 'Name'")
        keyboard.press("Control+A")
        keyboard.type(name)
        keyboard.press("Enter")
        expect(ada.node(name)).to_be_visible()
        keyboard.press("Escape")
    tab_to(ada, "e => e.matches('.react-flow__node')", "Shift+Tab")
    keyboard.press("Enter")
    ada.saved()
    before = nodes(rest, flow)
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    # Where it comes to stand is told when the keys rest.
    until(lambda: moved(before, nodes(rest, flow)) == 1)
    tab_to(ada, "e => e.getAttribute('role') === 'tab' && e.closest('aside')")
    tab_to(ada, "e => e.textContent === 'Connections' && e.ariaSelected === 'true'", "ArrowRight")
    tab_to(ada, "e => e.ariaLabel?.startsWith('Connect out')")
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(ada.edges()).to_have_count(1)
    keyboard.press("Control+Z")
    expect(ada.edges()).to_have_count(0)
    keyboard.press("Control+Shift+Z")
    expect(ada.edges()).to_have_count(1)
    keyboard.press("Control+A")
    keyboard.press("Delete")
    expect(ada.canvas.locator(".react-flow__node")).to_have_count(0)
    keyboard.press("?")
    expect(ada.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_what_is_copied_is_pasted_with_its_connections_also_elsewhere(
    ada: Person, visit: Visit, rest: httpx.Client, flow: str
) -> None:
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada.add("Step", "From")
    ada.add("Step", "To")
    ada.page.keyboard.press("Escape")
    ada.connect("From", "To")
    expect(ada.edges()).to_have_count(1)
    ada.saved()
    before = len(history(rest, flow))
    ada.page.keyboard.press("Control+A")
    ada.page.keyboard.press("Control+C")
    ada.page.keyboard.press("Control+V")
    expect(ada.edges()).to_have_count(2)
    expect(ada.node("From")).to_have_count(2)
    ada.saved()
    assert len(history(rest, flow)) == before + 1
    key = rest.post("/api/workflow", json={"name": "Elsewhere"}).json()["workflowKey"]
    ada.open(key)
    expect(ada.page.get_by_role("heading", name="Elsewhere")).to_be_visible()
    expect(ada.canvas.locator(".react-flow__node")).to_have_count(0)
    ada.page.keyboard.press("Control+V")
    expect(ada.edges()).to_have_count(1)
    expect(ada.node("To")).to_be_visible()
    ada.page.keyboard.press("Control+D")
    expect(ada.node("To")).to_have_count(2)
    ada.page.keyboard.press("Control+X")
    expect(ada.node("To")).to_have_count(1)


def test_many_nodes_that_are_dragged_are_seen_on_their_way_and_are_one_batch(
    visit: Visit, rest: httpx.Client
) -> None:
    parts = {f"n{at}": step(at, 5) for at in range(20)}
    key = rest.post("/api/workflow", json={"name": "Many", "nodes": parts}).json()["workflowKey"]
    ada, bea = visit(), visit("bea")
    for person in (ada, bea):
        person.open(key)
        expect(person.node("N19")).to_be_visible()
    ada.page.keyboard.press("Control+A")
    (x, y), (middle, _) = ada.middle(ada.node("N7")), bea.middle(bea.node("N12"))
    mouse = ada.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 60, y + 30, steps=10)
    bea.page.wait_for_function(
        """(x) => {
            const box = document.querySelector('[data-id=n12]').getBoundingClientRect();
            return box.x + box.width / 2 > x + 10;
        }""",
        arg=middle,
    )
    assert rest.get(f"/api/workflow/{key}").json()["workflow"]["seq"] == 0, "not dropped yet"
    mouse.up()
    ada.saved()
    (batch,) = history(rest, key)
    assert batch["seq"] == 1
    assert {
        each["posX"] - parts[name.lower()]["posX"] for name, each in nodes(rest, key).items()
    } == {nodes(rest, key)["N0"]["posX"]}
    ada.page.keyboard.press("Control+Z")
    ada.saved()
    assert {name: each["posX"] for name, each in nodes(rest, key).items()} == {
        each["name"]: each["posX"] for each in parts.values()
    }


def test_an_arrangement_puts_what_follows_to_the_right_and_nothing_onto_another(
    visit: Visit, rest: httpx.Client
) -> None:
    parts = {f"n{at}": {"type": "step", "name": f"N{at}", "posX": 0, "posY": 0} for at in range(6)}
    edges = {f"e{at}": {"source": f"n{at // 2}", "target": f"n{at}"} for at in range(1, 6)}
    body = {"name": "Heap", "nodes": parts, "edges": edges}
    key = rest.post("/api/workflow", json=body).json()["workflowKey"]
    person = visit()
    person.open(key)
    person.button("Arrange automatically").click()
    person.is_right_of("N5", "N2")
    person.saved()
    placed = nodes(rest, key)
    for edge in edges.values():
        one, other = (placed[edge[end].upper()] for end in ("source", "target"))
        assert one["posX"] < other["posX"]
    assert len({(each["posX"], each["posY"]) for each in placed.values()}) == len(parts)
    assert len(history(rest, key)) == 1


def test_sheets_are_made_named_and_deleted_with_what_is_on_them(
    ada: Person, visit: Visit, rest: httpx.Client, flow: str
) -> None:
    bea = visit("bea")
    bea.open(flow)
    ada.add("Step", "Here")
    ada.button("Add sheet").click()
    expect(ada.node("Here")).to_have_count(0)
    ada.add("Step", "There")
    ada.button("Actions for this sheet").click()
    ada.page.get_by_role("menuitem", name="Rename sheet").click()
    ada.page.get_by_role("dialog").get_by_label("Name").fill("Later")
    ada.page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    tab = bea.page.get_by_role("tab", name="Later")
    expect(tab).to_be_visible()
    expect(bea.node("There")).to_have_count(0)
    tab.click()
    expect(bea.node("There")).to_be_visible()
    ada.button("Actions for this sheet").click()
    ada.page.get_by_role("menuitem", name="Delete sheet").click()
    ada.page.get_by_role("dialog").get_by_role("button", name="Delete sheet").click()
    expect(tab).to_have_count(0)
    expect(bea.node("Here")).to_be_visible()
    ada.saved()
    assert nodes(rest, flow).keys() == {"Here"}
    ada.button("Undo").click()
    expect(bea.page.get_by_role("tab", name="Later")).to_be_visible()
    assert nodes(rest, flow).keys() == {"Here", "There"}


def test_two_write_one_code_and_see_where_the_other_writes(
    ada: Person, visit: Visit, rest: httpx.Client, flow: str
) -> None:
    ada.add("Step", "Coded")
    bea = visit("bea")
    bea.open(flow)
    bea.node("Coded").click()
    for person in (ada, bea):
        person.page.get_by_role("tab", name="Code").click()
        expect(person.page.locator(".cm-content").first).to_be_visible()
    code = "const total = order.lines.length;"
    ada.page.locator(".cm-content").first.click()
    ada.page.keyboard.type(code)
    expect(bea.page.locator(".cm-content").first).to_contain_text(code)
    expect(bea.properties.get_by_text("admin").first).to_be_visible()
    bea.page.locator(".cm-content").first.click()
    bea.page.keyboard.press("Control+End")
    bea.page.keyboard.press("Enter")
    bea.page.keyboard.type("return total;")
    expect(ada.page.locator(".cm-content").first).to_contain_text("return total;")
    for person in (ada, bea):
        person.saved()
    assert nodes(rest, flow)["Coded"]["process"] == f"{code}\nreturn total;"


def test_a_picture_that_is_dropped_or_pasted_becomes_a_node(
    ada: Person, rest: httpx.Client, flow: str
) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(raw, "PNG")
    given = base64.b64encode(raw.getvalue()).decode()
    script = """([given, kind]) => {
        const bytes = Uint8Array.from(atob(given), (each) => each.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], `${kind}.png`, { type: 'image/png' }));
        const canvas = document.querySelector('.react-flow');
        const box = canvas.getBoundingClientRect();
        const at = { bubbles: true, cancelable: true, clientX: box.x + 90, clientY: box.y + 90 };
        const event = kind === 'drop'
            ? new DragEvent('drop', { ...at, dataTransfer: data })
            : new ClipboardEvent('paste', { ...at, clipboardData: data });
        (kind === 'drop' ? canvas : document).dispatchEvent(event);
    }"""
    for number, kind in enumerate(("drop", "paste"), 1):
        ada.page.evaluate(script, [given, kind])
        shown = ada.canvas.locator("img")
        expect(shown).to_have_count(number)
    ada.page.wait_for_function(
        "() => [...document.querySelectorAll('.react-flow img')].every(e => e.naturalWidth > 0)"
    )
    ada.saved()
    made = nodes(rest, flow)
    assert made.keys() == {"drop", "paste"}
    for node in made.values():
        key = node["data"]["image"]
        assert rest.get(f"/api/image/{key}").headers["Content-Type"].startswith("image/")


def test_two_thousand_nodes_are_drawn_and_one_of_them_is_moved(
    visit: Visit, rest: httpx.Client, pictures: Path
) -> None:
    parts = {f"n{at}": step(at, 50) for at in range(2000)}
    edges = {f"e{at}": {"source": f"n{at - 1}", "target": f"n{at}"} for at in range(1, 2000)}
    body = {"name": "Big", "nodes": parts, "edges": edges}
    key = rest.post("/api/workflow", json=body).json()["workflowKey"]
    person = visit()
    person.open(key)
    node = person.node("N151")
    expect(node).to_be_visible(timeout=60_000)
    person.shows(pictures / "big-1440-light.png")
    person.drag(node, 140, 130)
    person.saved()
    moved = nodes(rest, key)["N151"]
    assert (moved["posX"], moved["posY"]) != (parts["n151"]["posX"], parts["n151"]["posY"])


def test_what_undo_would_take_back_is_said(ada: Person) -> None:
    ada.add("Step", "Told")
    expect(ada.button("Undo")).to_have_attribute("title", re.compile("^Undo: .+"))
    ada.button("Undo").click()
    expect(ada.button("Redo")).to_be_enabled()
    expect(ada.button("Redo")).to_have_attribute("title", re.compile("^Redo: .+"))


def test_what_is_added_is_on_the_screen_and_covers_nothing(
    ada: Person, rest: httpx.Client, flow: str
) -> None:
    for at in range(12):
        ada.add("Step", f"N{at}")
        expect(ada.node(f"N{at}")).to_be_in_viewport(ratio=1)
    ada.saved()
    places = {(each["posX"], each["posY"]) for each in nodes(rest, flow).values()}
    assert len(places) == 12


def test_a_node_can_be_edited_as_json(ada: Person) -> None:
    ada.add("Step", "Parcel")
    ada.page.get_by_role("tab", name="JSON").click()
    ada.page.locator(".cm-content").first.click()
    ada.page.keyboard.press("Control+A")
    ada.page.keyboard.insert_text("{")
    ada.button("Apply JSON").click()
    expect(ada.properties.get_by_role("alert")).to_be_visible()
    expect(ada.node("Parcel")).to_be_visible()
    ada.button("Discard").click()
    ada.page.locator(".cm-content").first.click()
    ada.page.keyboard.press("Control+A")
    ada.page.keyboard.insert_text(json.dumps({"type": "step", "name": "Renamed"}))
    ada.button("Apply JSON").click()
    expect(ada.node("Renamed")).to_be_visible()
