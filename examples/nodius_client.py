"""A small client for scripts: the REST calls it needs, and a workflow live, one step after another.

    with Nodius("http://localhost:8426", "ada", "correct-horse-battery") as nodius:
        key = nodius.post("workflow", name="Orders", data={"log": []})["workflowKey"]
        with nodius.open(key) as flow:
            flow.apply(set_at("nodes/start", {"type": "webhook", "posX": 0, "posY": 0}))
            print(flow.document["nodes"], flow.seq)

Every batch has an id and is sent until it is answered, over as many sockets as that takes; it is
applied once. Nothing runs in the background: what others do is seen at the next call. Needs httpx
and websockets.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

SET, REMOVE, APPEND = 1, 2, 3
#: Close codes after which coming back would end in the same way.
FINAL = {4401, 4403, 4409}
#: Seconds between two attempts to come back, at most, and for all of them.
PAUSE, PATIENCE = 5.0, 60.0

Instruction = dict[str, Any]


def set_at(path: str, value: object) -> Instruction:
    """Set the value at a path such as nodes/start/posX."""
    return {"o": SET, "p": path.split("/"), "v": value}


def remove_at(path: str) -> Instruction:
    """Remove what is at a path."""
    return {"o": REMOVE, "p": path.split("/")}


def append_at(path: str, value: object) -> Instruction:
    """Append to the array at a path."""
    return {"o": APPEND, "p": path.split("/"), "v": value}


class Refused(Exception):
    """The server has refused something; `code` says what, and nothing changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Nodius:
    """A server, as one user. Raises Refused, and httpx.TransportError if it is not there."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=f"{self.url}/api/", trust_env=False)
        try:
            told = self.post("auth/login", username=username, password=password)
        except BaseException:
            self._http.close()
            raise
        self.token: str = told["token"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """What is at this path under /api."""
        return _told(self._http.get(path, params=query))

    def post(self, path: str, **fields: object) -> Any:
        """Make or do something; returns what the server tells of it."""
        return _told(self._http.post(path, json=fields))

    def put(self, path: str, **fields: object) -> Any:
        """Change something."""
        return _told(self._http.put(path, json=fields))

    def delete(self, path: str) -> None:
        """Remove something."""
        _told(self._http.delete(path))

    def open(self, workflow_key: str) -> Flow:
        """A workflow, live."""
        return Flow(self, workflow_key)


class Flow:
    """`with nodius.open(key) as flow`: a workflow that is followed and changed.

    `document` is as of batch `seq`, the newest that was looked at. It changes by what the server
    tells, never before.
    """

    def __init__(self, nodius: Nodius, key: str) -> None:
        self.key = key
        self.document: dict[str, Any] = {}
        self.seq = -1
        self.others: list[dict[str, Any]] = []
        self._nodius = nodius
        self._client_id = secrets.token_hex(8)
        self._epoch = ""
        self._opened = ExitStack()
        self._socket: ClientConnection | None = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def apply(self, *instructions: Instruction) -> int:
        """Change it, all or nothing; returns the batch's seq when that is durable."""
        return self._ask("instructions", instructions=instructions)

    def undo(self) -> int:
        """Take this user's newest change back."""
        return self._ask("undo")

    def redo(self) -> int:
        """Take the newest undo back."""
        return self._ask("redo")

    def look(self, seconds: float = 0.0) -> int:
        """See what others have done by now, or do within so many seconds; returns the seq."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._hear(self._open_socket().recv(max(deadline - time.monotonic(), 0.001)))
            except TimeoutError:
                return self.seq
            except ConnectionClosed as closed:
                self._lost(closed)

    def _ask(self, type: str, **fields: object) -> int:
        id = secrets.token_hex(8)
        while True:
            try:
                self._send(type, id=id, **fields)
                while (answer := self._hear(self._open_socket().recv(PATIENCE), id)) is None:
                    pass
                return answer
            except ConnectionClosed as closed:
                # Whether it was applied shows when it is sent again with its id.
                self._lost(closed)

    def _hear(self, frame: str | bytes, id: str | None = None) -> int | None:
        """Take a message in; returns the seq of the batch with this id if it tells of that."""
        message = json.loads(frame)
        answered = None
        if message["type"] == "updates":
            for entry in message["updates"]:
                if entry["seq"] == self.seq + 1:
                    self.seq = entry["seq"]
                    self.document = self._state(entry["seq"])
                if entry.get("id") == id and entry["sourceClientId"] == self._client_id:
                    answered = entry["seq"]
        elif message["type"] == "ack" and message["id"] == id:
            answered = message["seq"]
        elif message["type"] in ("deleted", "error") and message.get("id") in (id, None):
            code = message.get("code", "deleted")
            raise Refused(code, message.get("message", "the workflow is gone"))
        return answered

    def _state(self, seq: int) -> dict[str, Any]:
        """The document after a batch: asked for, so that nothing here has to apply instructions."""
        whole = self._nodius.get(f"workflow/{self.key}", seq=seq)["workflow"]
        parts = {
            field: {part.pop("_key"): part for part in whole[field]} for field in ("nodes", "edges")
        }
        names = ("name", "category", "description", "data")
        return {name: whole[name] for name in names} | parts

    def _connect(self) -> None:
        self._opened.close()
        url = f"ws{self._nodius.url.removeprefix('http')}/ws"
        self._socket = self._opened.enter_context(
            connect(url, max_size=None, compression=None, proxy=None)
        )
        known = {"lastSeq": self.seq, "epoch": self._epoch} if self.seq >= 0 else {}
        token, client_id = self._nodius.token, self._client_id
        self._send("connect", token=token, clientId=client_id, batch=True, **known)
        told = json.loads(self._socket.recv(PATIENCE))
        if told["type"] != "connected":
            raise Refused(told.get("code", told["type"]), told.get("message", "come back later"))
        self._epoch, self.others = told["epoch"], told["participants"]
        if "workflow" in told:
            self.document, self.seq = told["workflow"], told["seq"]

    def _lost(self, closed: ConnectionClosed) -> None:
        """Come back, as often as it takes; raises what ended the socket if that is no use."""
        if closed.rcvd is not None and closed.rcvd.code in FINAL:
            raise closed
        deadline = time.monotonic() + PATIENCE
        while True:
            time.sleep(random.uniform(0, PAUSE) / 10)  # noqa: S311 - spreads load
            try:
                return self._connect()
            except (OSError, WebSocketException):
                if time.monotonic() > deadline:
                    raise

    def _send(self, type: str, **fields: object) -> None:
        self._open_socket().send(json.dumps({"type": type, "workflowKey": self.key, **fields}))

    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("use it as `with nodius.open(key) as flow`")
        return self._socket


def _told(answer: httpx.Response) -> Any:
    if answer.status_code == httpx.codes.NO_CONTENT:
        return None
    told = answer.json()
    if answer.is_error:
        raise Refused(told["error"], told["message"])
    return told
