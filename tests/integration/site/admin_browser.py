"""Somebody at the admin site, and what the pages there say."""

from __future__ import annotations

import html
import re
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import httpx
from PIL import Image

from tests.serving import PASSWORD, Serving
from tests.wire import Wire

SESSIONS, WORKFLOWS = "/admin/nodius/session/", "/admin/nodius/workflow/"
IMAGES = "/admin/nodius/image/"


class Browser:
    """`with Browser(server, username) as browser`: somebody who is logged in to the admin site."""

    def __init__(self, server: Serving, username: str) -> None:
        self.username = username
        self.http = httpx.Client(base_url=server.url, follow_redirects=True, trust_env=False)

    def __enter__(self) -> Self:
        self.http.__enter__()
        form = {"username": self.username, "password": PASSWORD, "next": "/admin/"}
        self.post("/admin/login/", form)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def get(self, path: str, status: int = 200) -> str:
        """The page there."""
        answer = self.http.get(path)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.text

    def post(self, path: str, fields: dict[str, Any], status: int = 200) -> str:
        """Send a form of the page there; returns the page that one is led to."""
        self.get(path)
        token = {"csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        headers = {"Referer": f"{self.http.base_url}{path}"}
        answer = self.http.post(path, data=fields | token, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.text


def said(page: str) -> list[str]:
    """The messages at the top of a page."""
    found = re.findall(r'<li class="(?:success|error|warning|info)">(.*?)</li>', page, re.DOTALL)
    return [html.unescape(each) for each in found]


def cells(page: str) -> list[list[str]]:
    """The texts of the rows of its list."""
    table = re.search(r'<table id="result_list">.*?</table>', page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table[0] if table else "", re.DOTALL)[1:]
    return [
        [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split()) for cell in each]
        for each in (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    ]


def make(rest: httpx.Client, name: str) -> str:
    given = {"name": name, "data": {"log": []}, "nodes": {"a": {"posX": 1}}, "category": "tests"}
    answer = rest.post("/api/workflow", json=given)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["workflowKey"]
    return key


def upload(rest: httpx.Client, name: str, width: int) -> str:
    picture = BytesIO()
    Image.new("RGB", (width, width // 2), (width % 256, 0, 0)).save(picture, "PNG")
    form = {"file": ("x.png", picture.getvalue(), "image/png")}
    answer = rest.post("/api/image/upload", files=form, data={"name": name})
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["imageKey"]
    return key


def joined(server: Serving, rest: httpx.Client, key: str, client: str) -> Wire:
    """A socket of the administrator in this workflow."""
    wire = Wire(server, rest.headers["Authorization"].removeprefix("Bearer "))
    wire.join(key, clientId=client)
    return wire
