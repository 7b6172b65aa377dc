"""The list of workflows, and what workflows are made of: kinds of nodes, data types, members."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from tests.browser.people import Person, Visit


def choose(person: Person, of: str, action: str) -> None:
    """Choose an action of a row."""
    person.button(f"Actions for {of}").click()
    person.page.get_by_role("menuitem", name=action, exact=True).click()


def submit(person: Person, words: str) -> None:
    """Send the dialog that is open, and see it close."""
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_role("button", name=words, exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_workflow_is_made_renamed_duplicated_and_deleted(visit: Visit) -> None:
    person = visit()
    page = person.page
    page.goto(person.url)
    person.button("New workflow").click()
    page.get_by_role("dialog").get_by_label("Name").fill("First draft")
    page.get_by_role("dialog").get_by_label("Category").fill("drafts")
    submit(person, "Create workflow")
    expect(person.canvas).to_be_visible()
    person.add("Step", "Carried along")
    person.saved()
    page.goto(f"{person.url}/#/?q=draft")
    choose(person, "First draft", "Rename and describe")
    page.get_by_role("dialog").get_by_label("Name").fill("Second draft")
    submit(person, "Save")
    choose(person, "Second draft", "Duplicate")
    copy = page.get_by_role("link", name="Second draft (copy)")
    copy.click()
    expect(person.node("Carried along")).to_be_visible()
    page.goto(f"{person.url}/#/?q=draft")
    choose(person, "Second draft", "Delete")
    submit(person, "Delete workflow")
    expect(page.get_by_role("link", name="Second draft", exact=True)).to_have_count(0)
    expect(copy).to_be_visible()
    page.get_by_label("Filter by category").select_option("drafts")
    expect(copy).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("1 ")


def test_more_workflows_than_a_page_holds_are_turned_over(visit: Visit, rest: httpx.Client) -> None:
    for number in range(30):
        rest.post("/api/workflow", json={"name": f"Paged {number:02}"})
    person = visit()
    person.page.goto(f"{person.url}/#/?q=paged")
    rows = person.page.get_by_role("list", name="Workflows").get_by_role("listitem")
    expect(person.page.get_by_text("Paged 29")).to_be_visible()
    expect(rows).to_have_count(20)
    person.button("Next").click()
    expect(person.page.get_by_text("Paged 00")).to_be_visible()
    expect(rows).to_have_count(10)
    expect(person.button("Next")).to_be_disabled()
    person.button("Previous").click()
    expect(person.page.get_by_text("Paged 29")).to_be_visible()


def test_an_owner_takes_somebody_in_changes_the_role_and_takes_them_out(visit: Visit) -> None:
    ann, bea = visit(), visit("bea")
    ann.page.goto(f"{ann.url}/#/library/workspaces")
    ann.button("New workspace").click()
    ann.page.get_by_role("dialog").get_by_label("Name").fill("Sales")
    submit(ann, "Create workspace")
    ann.button("Members of Sales").click()
    dialog = ann.page.get_by_role("dialog", name="Members of Sales")
    members = dialog.get_by_role("list", name="Members").get_by_role("listitem")
    expect(members).to_have_text([re.compile("^admin")])
    dialog.get_by_label("Username").fill("bea")
    dialog.get_by_label("Role", exact=True).select_option("viewer")
    dialog.get_by_role("button", name="Add").click()
    expect(members).to_have_count(2)
    expect(dialog.get_by_label("Username")).to_have_value("")
    dialog.get_by_label("Username").fill("nobody-at-all")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is no user")
    bea.page.goto(f"{bea.url}/#/library/workspaces")
    bea.button("Members of Sales").click()
    seen = bea.page.get_by_role("dialog", name="Members of Sales")
    expect(seen.get_by_role("listitem")).to_have_text(["adminowner", "beaviewer"])
    expect(seen.get_by_role("button", name="Add")).to_have_count(0)
    dialog.get_by_label("Role of bea").select_option("editor")
    expect(dialog.get_by_role("list", name="Members")).to_have_attribute("aria-busy", "false")
    bea.page.reload()
    expect(bea.page.get_by_role("listitem").filter(has_text="Sales")).to_contain_text("editor")
    dialog.get_by_role("button", name="Remove bea from Sales").click()
    expect(members).to_have_count(1)
    dialog.get_by_label("Role of admin").select_option("viewer")
    expect(dialog.get_by_role("alert")).to_contain_text("the only owner")
    expect(dialog.get_by_label("Role of admin")).to_have_value("owner")
    bea.page.reload()
    expect(bea.page.get_by_role("listitem").filter(has_text="Sales")).to_have_count(0)


def test_a_kind_of_node_is_made_and_its_ports_take_what_fits(
    visit: Visit, rest: httpx.Client, flow: str
) -> None:
    person = visit()
    page = person.page
    for name in ("Invoice", "Parcel"):
        page.goto(f"{person.url}/#/library/data-types")
        person.button("New data type").first.click()
        page.get_by_role("dialog").get_by_label("Name", exact=True).fill(name)
        submit(person, "Create data type")
    for name, takes, gives in (("Bill", "any", "Invoice"), ("Book", "Invoice", "any")):
        make_kind(person, name, takes, gives)
    make_kind(person, "Ship", "Parcel", "any")
    person.open(flow)
    for name in ("Bill", "Book", "Ship"):
        person.add(name, f"{name} it")
        person.page.keyboard.press("Escape")
    person.page.keyboard.press("l")
    person.node("Bill it").click()
    page.get_by_role("tab", name="Connections").click()
    out = page.get_by_role("region", name=re.compile("^Output"))
    ends = out.get_by_role("combobox").get_by_role("option")
    expect(ends).to_have_text(["Choose a node …", "Book it"])
    out.get_by_role("combobox").select_option("Book it")
    out.get_by_role("button", name="Connect").click()
    expect(out.get_by_role("listitem")).to_contain_text("to Book it")
    expect(person.edges()).to_have_count(1)
    page.goto(f"{person.url}/#/library/categories")
    person.button("New category").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("accounting")
    submit(person, "Create category")
    expect(page.get_by_role("listitem").filter(has_text="accounting")).to_be_visible()
    choose(person, "accounting", "Delete")
    submit(person, "Delete category")
    expect(page.get_by_role("listitem").filter(has_text="accounting")).to_have_count(0)
    made = {each["type"] for each in rest.get("/api/nodeconfig").json()["nodeConfigs"]}
    assert made >= {"bill", "book", "ship"}


def make_kind(person: Person, name: str, takes: str, gives: str) -> None:
    """Make a kind of node with one input and one output of these data types."""
    page = person.page
    page.goto(f"{person.url}/#/library/node-configurations")
    person.button("New configuration").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Type", exact=True).fill(name.lower())
    dialog.get_by_role("tab", name="Ports").click()
    dialog.get_by_label("Data type of port 1").select_option(takes)
    dialog.get_by_label("Data type of port 2").select_option(gives)
    submit(person, "Create configuration")
