"""People at the editor: each in a browser of their own, as far as a server can tell."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.serving import PASSWORD

#: Milliseconds that anything may take.
PATIENCE = 15_000
#: What a browser says of a server that is not there, and of a call that was refused.
EXPECTED = re.compile(r"ERR_CONNECTION|ERR_INTERNET|WebSocket connection|Failed to load resource")


class Person:
    """Somebody at the editor of the server at `url`, in a window of this size.

    With `login`, what the server has answered to one, they are signed in. `faults` are what the
    browser complained of: scripts that failed, what the policy of the page does not allow.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        width: int = 1440,
        height: int = 900,
        login: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.url = url
        if login is not None:
            # As the client library keeps it.
            kept = {"name": "nodius/token", "value": json.dumps(login)}
            options["storage_state"] = {"origins": [{"origin": url, "localStorage": [kept]}]}
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", **options
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._said)

    def _said(self, message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.faults.append(message.text)

    def sign_in(self, username: str = "admin", password: str = PASSWORD) -> None:
        """Sign in, and see the workflows."""
        self.page.goto(f"{self.url}/#/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.button("Sign in").click()
        expect(self.page.get_by_role("heading", name="Workflows", level=1)).to_be_visible()

    def open(self, key: str) -> None:
        """Open a workflow, and see it."""
        self.page.goto(f"{self.url}/#/workflow/{key}")
        expect(self.canvas).to_be_visible(timeout=PATIENCE)

    @property
    def canvas(self) -> Locator:
        """Where the workflow is drawn."""
        return self.page.get_by_role("application", name="Workflow")

    @property
    def properties(self) -> Locator:
        """What is chosen, with its fields."""
        return self.page.get_by_role("complementary", name="Properties")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """A button."""
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def node(self, name: str) -> Locator:
        """A node on the canvas, by its name."""
        return (
            self.canvas.get_by_role("group")
            .filter(has_text=name)
            .and_(self.canvas.locator(".react-flow__node"))
        )

    def edges(self) -> Locator:
        """All connections on the canvas."""
        return self.canvas.get_by_role("group", name=re.compile("^Connection from"))

    def add(self, kind: str, name: str) -> None:
        """Add a node of a kind from the palette, and give it a name."""
        self.button(f"Add {kind}").click()
        field = self.properties.get_by_label("Name", exact=True)
        field.fill(name)
        field.press("Enter")
        expect(self.node(name)).to_be_visible()

    def saved(self) -> None:
        """Return when the server has answered everything."""
        told = self.page.get_by_role("status").filter(has_text="Saved")
        expect(told).to_have_attribute("aria-busy", "false")

    def middle(self, what: Locator) -> tuple[float, float]:
        """Where the middle of something is, which moves no more and lies under nothing else."""
        what.hover(trial=True)
        box = what.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, what: Locator, right: int, down: int) -> None:
        """Drag something by so many pixels."""
        x, y = self.middle(what)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for step in range(1, 11):
            mouse.move(x + right * step / 10, y + down * step / 10)
        mouse.up()

    def is_right_of(self, node: str, other: str) -> None:
        """Return when a node stands beside another one, and moves no more."""
        last, deadline = None, time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            boxes = [self.node(each).bounding_box() for each in (node, other)]
            one, two = boxes
            # Before it is measured, a node is nowhere.
            if one and two and boxes == last and one["x"] >= two["x"] + two["width"]:
                return
            last = boxes
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{node} does not come to stand beside {other}: {last}")

    def connect(self, source: str, target: str) -> None:
        """Draw a connection from one node to another, which stands to the right of it."""
        self.is_right_of(target, source)
        start = self.node(source).locator(".react-flow__handle.source").first.bounding_box()
        end = self.node(target).locator(".react-flow__handle.target").first.bounding_box()
        assert start and end
        mouse = self.page.mouse
        mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        mouse.down()
        x, y = end["x"] + end["width"] / 2, end["y"] + end["height"] / 2
        mouse.move(x - 30, y, steps=5)
        mouse.move(x, y, steps=5)
        mouse.up()

    def shows(self, path: Path, full: bool = False) -> None:
        """Keep what is on the screen as a picture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=full)

    def leave(self) -> None:
        """Close the browser; nothing of it may have failed."""
        self.context.close()
        assert self.faults == []


Visit = Callable[..., Person]
expect.set_options(timeout=PATIENCE)
