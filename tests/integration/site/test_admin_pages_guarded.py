"""The admin site's pages: for whom they are, what stays text, and what happens when things fail."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from nodius_site.options import ROOT
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
from tests.serving import ENVIRONMENT, PASSWORD, Serving
from tests.wire import APPEND, put

#: What a page must show as the text it is.
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 'evalu'|add:'ated' }}"
#: What would be in a page that took it for more: a script, an image, the value of the expression.
TAKEN = ("<script>alert", "<img src=x", "evaluated")


@pytest.fixture(scope="module")
def staff(server: Serving, browser: Browser) -> Iterator[Browser]:
    """Of somebody who may log in to the admin site, and is no administrator."""
    add = {"username": "clerk", "email": "", "usable_password": "true", "_save": "Save"}
    browser.post("/admin/accounts/user/add/", add | {"password1": PASSWORD, "password2": PASSWORD})
    found = re.search(
        r"/admin/accounts/user/[^/]*/change/", browser.get("/admin/accounts/user/?q=clerk")
    )
    assert found
    browser.post(found[0], {"username": "clerk", "email": "", "is_active": "on", "is_staff": "on"})
    with Browser(server, "clerk") as made:
        yield made


def pages(key: str) -> list[str]:
    """All pages about one workflow."""
    return [
        SESSIONS,
        f"{SESSIONS}{key}/",
        WORKFLOWS,
        f"{WORKFLOWS}{key}/change/",
        f"{WORKFLOWS}{key}/restore/?seq=0",
        IMAGES,
    ]


def test_texts_of_users_are_never_markup(
    server: Serving, browser: Browser, rest: httpx.Client
) -> None:
    given = {"name": EVIL, "category": EVIL, "description": EVIL, "nodes": {"a": {}}}
    key = rest.post("/api/workflow", json=given).json()["workflowKey"]
    upload(rest, EVIL, 30)
    with joined(server, rest, key, "here") as here:
        here.act(key, {"o": 1, "p": ["nodes", "a", EVIL], "v": 1}, id="1")
        here.expect("ack")
        shown = [browser.get(path) for path in pages(key)]
        shown.append(browser.post(f"{SESSIONS}{key}/", {"action": "save"}))
        shown.append(browser.get(f"{WORKFLOWS}?q={httpx.QueryParams(q=EVIL)['q']}"))
        shown.append(browser.get("/admin/"))
    for page in shown:
        assert "alert(1)" in page and not [each for each in TAKEN if each in page]


def test_a_name_of_any_length_is_shown_in_short(
    server: Serving, browser: Browser, rest: httpx.Client
) -> None:
    key = rest.post("/api/workflow", json={"name": "x", "nodes": {"a": {}}}).json()["workflowKey"]
    with joined(server, rest, key, "here") as here:
        here.act(key, put("name", "Long" * 50_000), id="1")
        here.expect("ack")
        shown = [browser.get(path) for path in pages(key)]
        shown.append(browser.post(SESSIONS, {"action": "save", "_selected_action": [key]}))
        shown.append(browser.post(f"{WORKFLOWS}{key}/restore/?seq=1", {"seq": "1"}))
    assert all("LongLong" in page for page in shown[:-3])
    assert max(map(len, shown)) < 100_000


@pytest.mark.parametrize("key", ["nowhere", "no\0where"])
def test_what_is_not_open_is_told_and_not_written_down(browser: Browser, key: str) -> None:
    for action in ("save", "disconnect"):
        page = browser.post(SESSIONS, {"action": action, "_selected_action": [key]})
        assert said(page)[0].startswith(f"“{key}”: ")
    assert "where/" not in browser.get("/admin/")


def test_the_pages_carry_no_script_and_no_style_of_their_own(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    """What a strict content security policy would stop."""
    with joined(server, rest, flow, "here"):
        for path in pages(flow):
            markup = Markup()
            markup.feed(browser.get(path))
            assert markup.tags and not markup.active, (path, markup.active)


class Markup(HTMLParser):
    """The tags of a page, and what in them would run or style by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.active.append(tag)
        self.active += [each for each in names if each == "style" or each.startswith("on")]


def test_only_administrators_see_and_do_anything(
    server: Serving, browser: Browser, staff: Browser, rest: httpx.Client, flow: str
) -> None:
    assert "/admin/nodius/" in browser.get("/admin/")
    assert "/admin/nodius/" not in staff.get("/admin/")
    staff.get("/admin/nodius/", 404)
    nobody = httpx.Client(base_url=server.url, trust_env=False)
    with nobody, joined(server, rest, flow, "here") as here:
        here.act(flow, APPEND, id="1")
        here.expect("ack", seq=1)
        for path in pages(flow):
            assert nobody.get(path).headers["Location"].startswith("/admin/login/"), path
            staff.get(path, 403)
        for path, fields in forms(flow):
            assert nobody.post(path, data=fields).status_code in (302, 403)
            token = {"csrfmiddlewaretoken": staff.http.cookies["csrftoken"]}
            assert staff.http.post(path, data=fields | token).status_code == 403
        here.act(flow, APPEND, id="2")
        here.expect("ack", seq=2)


def forms(key: str) -> list[tuple[str, dict[str, Any]]]:
    """All that can be done with one workflow."""
    return [
        (SESSIONS, {"action": "disconnect", "_selected_action": [key]}),
        (SESSIONS, {"action": "save", "_selected_action": [key]}),
        (f"{SESSIONS}{key}/", {"action": "disconnect-all"}),
        (f"{WORKFLOWS}{key}/restore/", {"seq": "0"}),
    ]


def test_nothing_is_done_without_the_forms_token_and_no_page_can_be_framed(
    server: Serving, browser: Browser, rest: httpx.Client, flow: str
) -> None:
    with joined(server, rest, flow, "here") as here:
        here.act(flow, APPEND, id="1")
        here.expect("ack", seq=1)
        for path, fields in forms(flow):
            assert browser.http.post(path, data=fields).status_code == 403
        for path in pages(flow):
            assert browser.http.get(path).headers["X-Frame-Options"] == "DENY"
        here.act(flow, APPEND, id="2")
        here.expect("ack", seq=2)


@pytest.mark.parametrize("key", ["nope", "a_2Fb", "_00", "..", "x" * 300, "%00", "%ff"])
def test_no_address_is_a_failure_of_the_server(browser: Browser, key: str) -> None:
    for path in pages(key):
        assert browser.http.get(path).status_code in (200, 404), path
    for query in ("p=0", "p=-1", "p=x", "p=99", "q=%00", "q=%ff", "workspace=%00", "before=x"):
        for path in (SESSIONS, WORKFLOWS, IMAGES):
            browser.get(f"{path}?{query}")


def test_sessions_are_shown_and_ended_while_the_documents_are_away(
    tmp_path: Path,
) -> None:
    server = Serving(tmp_path / "data", store="sql")
    server.create_admin()
    with server, server.login() as rest:
        key = make(rest, "Flow")
        with Browser(server, "admin") as browser, joined(server, rest, key, "here") as here:
            documents = server.data_dir / "documents.sqlite3"
            documents.rename(documents.with_suffix(".away"))
            assert [each[1] for each in cells(browser.get(SESSIONS))] == [key]
            browser.get(WORKFLOWS, 503)
            browser.post(SESSIONS, {"action": "disconnect", "_selected_action": [key]})
            assert here.closed() == 1013
            documents.with_suffix(".away").rename(documents)


class Daphne(Serving):
    """The same application, served by daphne."""

    def start(self) -> None:
        self.spawn()
        self.url = "http://" + self.said(r"Listening on TCP address (\S+)")

    def spawn(self) -> None:
        words = ["-b", "127.0.0.1", "-p", "0", "nodius_site.asgi:application"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daphne", *words],
                cwd=ROOT,
                env=ENVIRONMENT | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def test_it_all_works_with_daphne_too(tmp_path: Path) -> None:
    server = Daphne(tmp_path / "data")
    server.create_admin()
    with server, Browser(server, "admin") as browser, server.login() as rest:
        assert cells(browser.get(SESSIONS)) == [], "though no socket was ever open"
        key = make(rest, "Flow")
        with joined(server, rest, key, "here") as here:
            here.act(key, put("nodes/a/posX", 2), id="1")
            here.expect("ack", seq=1)
            page = browser.post(SESSIONS, {"action": "save", "_selected_action": [key]})
            assert said(page) == ["“Flow” is saved at batch 1."]
            browser.post(f"{WORKFLOWS}{key}/restore/?seq=0", {"seq": "0"})
            here.expect("update", seq=2, instructions=[put("nodes/a/posX", 1)])
            browser.post(SESSIONS, {"action": "disconnect", "_selected_action": [key]})
            assert here.closed() == 1013
