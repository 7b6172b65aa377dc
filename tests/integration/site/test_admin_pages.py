"""The admin site's pages about sessions, workflows and images: what they show and do."""

from __future__ import annotations

import html
import re

import httpx

from tests.integration.site.admin_browser import (
    IMAGES,
    SESSIONS,
    WORKFLOWS,
    Browser,
    cells,
    joined,
    make,
    said,
    upload,
)
from tests.serving import Serving
from tests.wire import APPEND, put


def test_a_session_is_shown_with_who_is_in_it_and_how_far_it_is(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    with joined(server, rest, flow, "here") as here, joined(server, rest, flow, "there"):
        here.act(flow, put("nodes/a/posX", 2), id="1")
        here.expect("ack", seq=1)
        row = next(each for each in cells(browser.get(SESSIONS)) if each[1] == "Flow")
        assert row[2:] == ["admin", "2", "1", "0", "1"], "who, sockets, seq, lag, since save"
        sockets = cells(browser.get(f"{SESSIONS}{flow}/"))
        assert [each[1:4] for each in sockets] == [
            ["admin", "here", "owner"],
            ["admin", "there", "owner"],
        ]
        assert all(re.fullmatch(r"[-\d]{10} [:\d]{8}", each[4]) for each in sockets)
        assert {each[5] for each in sockets} == {"0 bytes"}
        listed = cells(browser.get(f"{WORKFLOWS}?q={flow}"))
        assert [each[-1] for each in listed] == ["2 sockets"]


def test_who_is_disconnected_is_told_to_come_back_and_nobody_else_is(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    """WS-DISCONNECT-1"""
    with joined(server, rest, flow, "here") as here, joined(server, rest, flow, "there") as there:
        path = f"{SESSIONS}{flow}/"
        chosen = re.findall(r'value="([^"]* there)"', browser.get(path))
        page = browser.post(path, {"action": "disconnect", "_selected_action": chosen})
        assert said(page) == ["“Flow”: 1 socket disconnected; they may come back."]
        assert there.expect("closing")["retryAfterMs"] <= 1000
        assert there.closed() == 1013
        here.act(flow, APPEND, id="1")
        here.expect("ack", seq=1)
        with joined(server, rest, flow, "there") as back:
            back.act(flow, APPEND, id="2")
            back.expect("ack", seq=2)


def test_disconnecting_a_session_closes_all_its_sockets(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    other = make(rest, "Other")
    with (
        joined(server, rest, flow, "here") as here,
        joined(server, rest, flow, "there") as there,
        joined(server, rest, other, "else") as kept,
    ):
        chosen = {"action": "disconnect", "_selected_action": [flow]}
        assert said(browser.post(SESSIONS, chosen))[0].startswith("“Flow”: 2 sockets")
        assert here.closed() == there.closed() == 1013
        kept.act(other, APPEND, id="1")
        kept.expect("ack", seq=1)
        page = browser.post(f"{SESSIONS}{other}/", {"action": "disconnect-all"})
        assert said(page) == ["“Other”: 1 socket disconnected; they may come back."]
        assert kept.closed() == 1013


def test_a_save_is_waited_for_and_told(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    with joined(server, rest, flow, "here") as here:
        for number in range(3):
            here.act(flow, APPEND, id=str(number))
            here.expect("ack")
        page = browser.post(SESSIONS, {"action": "save", "_selected_action": [flow]})
        assert said(page) == ["“Flow” is saved at batch 3."]
        here.expect("saved", seq=3)
        assert "at batch 3, with 1 node and 0 edges" in browser.get(f"{WORKFLOWS}{flow}/change/")
        page = browser.post(f"{SESSIONS}{flow}/", {"action": "save"})
        assert said(page) == ["“Flow” is saved at batch 3."], "nothing to save is no failure"


def test_what_cannot_be_done_is_told(browser: Browser, flow: str) -> None:
    closed = browser.post(SESSIONS, {"action": "save", "_selected_action": [flow]})
    assert said(closed) == ["“Flow”: It is not open any more; what is not open is saved."]
    gone = browser.post(SESSIONS, {"action": "disconnect", "_selected_action": [flow]})
    assert said(gone) == ["“Flow”: none of these is connected any more."]
    for fields in ({"action": "save"}, {"action": "drop", "_selected_action": [flow]}, {}):
        assert "Choose what to do" in said(browser.post(SESSIONS, fields))[0]


def test_workflows_are_listed_newest_first_and_found_by_name_key_category_and_workspace(
    browser: Browser, rest: httpx.Client
) -> None:
    first, second = make(rest, "Straße nach Rom"), make(rest, "Another straSSE")
    names = [each[0] for each in cells(browser.get(WORKFLOWS))[:2]]
    assert names == ["Another straSSE", "Straße nach Rom"]
    found = cells(browser.get(f"{WORKFLOWS}?q=STRASSE"))
    assert [each[0] for each in found] == ["Another straSSE", "Straße nach Rom"]
    assert [each[0] for each in cells(browser.get(f"{WORKFLOWS}?q={first}"))] == ["Straße nach Rom"]
    for query in ("q=tests", "q=default", "workspace=default", "q=strasse&workspace=default"):
        assert "Another straSSE" in browser.get(f"{WORKFLOWS}?{query}"), query
    for query in ("q=no+such", "workspace=elsewhere", "q=strasse&workspace=elsewhere"):
        assert cells(browser.get(f"{WORKFLOWS}?{query}")) == [], query
    assert f'href="{WORKFLOWS}{second}/change/"' in browser.get(WORKFLOWS)


def test_lists_have_pages(browser: Browser, rest: httpx.Client) -> None:
    keys = {make(rest, "Paged") for _ in range(51)}
    for query in ("q=paged", "workspace=default"):
        seen: list[str] = []
        for number in (1, 2):
            text = browser.get(f"{WORKFLOWS}?{query}&p={number}")
            seen += re.findall(rf'href="{WORKFLOWS}(\w*)/change/"', text)
        assert keys <= {*seen} and len(seen) == len({*seen}) > 50, query
    first = browser.get(f"{WORKFLOWS}?q=paged")
    assert html.unescape(re.findall(r'<a href="([^"]*)">Next', first)[0]) == "?q=paged&p=2"


def test_a_restore_is_asked_for_twice_and_then_a_batch_that_everybody_sees(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    with joined(server, rest, flow, "here") as here:
        for number in (10, 20):
            here.act(flow, put("nodes/a/posX", number), id=str(number))
            here.expect("ack")
        history = cells(browser.get(f"{WORKFLOWS}{flow}/change/"))
        assert [(each[0], each[2], each[3]) for each in history] == [
            ("2", "admin", "here"),
            ("1", "admin", "here"),
            ("0", "", ""),
        ]
        assert history[0][4] == "SET nodes/a/posX"
        asked = browser.get(f"{WORKFLOWS}{flow}/restore/?seq=1")
        assert "Bring “Flow” back" in asked and "Now, batch 2" in asked
        page = browser.post(f"{WORKFLOWS}{flow}/restore/?seq=1", {"seq": "1"})
        assert said(page) == ["“Flow” is as it was after batch 1; that is batch 3 now."]
        update = here.expect("update", seq=3, sourceClientId=None)
        assert update["instructions"] == [put("nodes/a/posX", 10)]
        newest, *_ = cells(page)
        assert newest[0] == "3" and newest[2:4] == ["admin", "HTTP"]
        browser.post(f"{WORKFLOWS}{flow}/restore/?seq=0", {"seq": "0"})
        assert here.expect("update", seq=4)["instructions"] == [put("nodes/a/posX", 1)]


def test_a_history_is_read_page_by_page(browser: Browser, rest: httpx.Client, flow: str) -> None:
    for _ in range(30):
        sent = {"instructions": [APPEND, put("nodes/a/b", [1]), APPEND, APPEND]}
        rest.post(f"/api/workflow/{flow}/instructions", json=sent).raise_for_status()
    first = browser.get(f"{WORKFLOWS}{flow}/change/")
    assert [each[0] for each in cells(first)] == [str(seq) for seq in range(30, 5, -1)]
    assert cells(first)[0][4] == "ARR_ADD data/log SET nodes/a/b ARR_ADD data/log and 1 more"
    assert '<a href="?before=6">' in first
    second = browser.get(f"{WORKFLOWS}{flow}/change/?before=6")
    assert [each[0] for each in cells(second)] == ["5", "4", "3", "2", "1", "0"]


def test_what_cannot_be_restored_changes_nothing_and_is_told(
    browser: Browser, rest: httpx.Client, flow: str
) -> None:
    page = browser.post(f"{WORKFLOWS}{flow}/restore/?seq=0", {"seq": "7"})
    assert said(page)[0].startswith("Nothing was restored: ")
    for query in ("seq=7", "seq=x", "seq=-1", f"seq={'9' * 5000}", ""):
        browser.get(f"{WORKFLOWS}{flow}/restore/?{query}", 404)
    assert rest.get(f"/api/workflow/{flow}").json()["workflow"]["seq"] == 0


def test_what_is_done_is_written_down_with_who_did_it(
    server: Serving, browser: Browser, rest: httpx.Client
) -> None:
    key = make(rest, "Noted")
    with joined(server, rest, key, "here") as here:
        here.act(key, APPEND, id="1")
        here.expect("ack")
        browser.post(f"{SESSIONS}{key}/", {"action": "save"})
        browser.post(f"{WORKFLOWS}{key}/restore/?seq=0", {"seq": "0"})
        page = browser.get(f"{WORKFLOWS}{key}/change/")
        browser.post(SESSIONS, {"action": "disconnect", "_selected_action": [key]})
    notes = re.findall(r"<td>admin</td><td>(.*?)</td>", page)
    assert notes == ["Restored batch 0, as batch 2.", "Saved at batch 1."]
    recent = browser.get("/admin/")
    for kind in ("workflow", "session"):
        tail = "change/" if kind == "workflow" else ""
        assert f'<a href="/admin/nodius/{kind}/{key}/{tail}">Noted</a>' in recent
    for what in ("Saved at batch 1", "Restored batch 0", "Disconnected 1 socket"):
        assert re.search(rf"admin.*{key}.*{what}", server.text()), what


def test_images_are_listed_with_previews_newest_first(browser: Browser, rest: httpx.Client) -> None:
    first, second = upload(rest, "first.png", 400), upload(rest, "second.png", 20)
    page = browser.get(f"{IMAGES}?workspace=default")
    newest, older = cells(page)[:2]
    assert newest[1:6] == ["second.png", "default", "admin", "image/png", "20 × 10"]
    assert older[1] == "first.png"
    previews = re.findall(r'<img class="preview" src="([^"]*)"', page)[:2]
    assert previews == [f"/api/image/{key}?width=320" for key in (second, first)]
    for source in previews:
        assert browser.http.get(source).headers["Content-Type"] == "image/png"
    assert cells(browser.get(f"{IMAGES}?workspace=elsewhere")) == []
