"""The HTTP side: who asks, for which database, and what is answered."""

from __future__ import annotations

import base64
import json
import socket
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.arango_double.errors import ArangoError
from tests.arango_double.faults import Fault
from tests.arango_double.requests import Answer, Request
from tests.arango_double.service import Service


class Double(ThreadingHTTPServer):
    """Serves until it is killed; `address` is where."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, service: Service, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.service = service
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.authorization = f"Basic {token}"

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Double

    def setup(self) -> None:
        """Answers are small, and somebody waits for each."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """Serve the connection; one that the other side has left is no error."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _take(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode(errors="surrogateescape")
        url = urlsplit(self.path)
        faults = self.server.service.faults
        if url.path == "/_double/faults":
            return self._answer(self._set_faults(body))
        if url.path == "/_double/requests":
            found = list(faults.requests)
            if self.command == "DELETE":
                faults.requests.clear()
            return self._answer(Answer(200, found))
        return self._carry_out(url.path, url.query, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _take

    def _set_faults(self, body: str) -> Answer:
        faults = self.server.service.faults
        try:
            faults.clear() if self.command == "DELETE" else faults.add(json.loads(body))
        except (TypeError, ValueError) as error:
            return Answer(400, {"error": str(error)})
        return Answer(200, {})

    def _carry_out(self, path: str, query: str, body: str) -> None:
        database, endpoint = "_system", path
        if path.startswith("/_db/"):
            database, _, endpoint = path.removeprefix("/_db/").partition("/")
            endpoint = f"/{endpoint}"
        fault = self.server.service.faults.next(self.command, endpoint, query, body)
        time.sleep(fault.delay)
        if fault.do == "drop-before":
            return self._drop()
        try:
            answer = self._answer_to(fault, unquote(database), endpoint, query, body)
        except ArangoError as error:
            answer = Answer(error.code, error.body)
        except Exception:
            failed = ArangoError(501, 9, f"the double failed: {traceback.format_exc()}")
            answer = Answer(failed.code, failed.body)
        return self._drop() if fault.do == "drop-after" else self._answer(answer)

    def _answer_to(
        self, fault: Fault, database: str, endpoint: str, query: str, body: str
    ) -> Answer:
        if fault.do == "status":
            raise ArangoError(fault.status, fault.number, fault.message)
        if self.headers.get("Authorization") != self.server.authorization:
            raise ArangoError(401, 11, "not authorized to execute this request")
        parameters = {name: each[-1] for name, each in parse_qs(query).items()}
        request = Request(
            self.command,
            endpoint,
            database,
            parameters,
            {name.lower(): value for name, value in self.headers.items()},
            _decoded(body),
        )
        return self.server.service.answer(request)

    def _answer(self, answer: Answer) -> None:
        text = json.dumps(answer.body, allow_nan=False).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        self.wfile.flush()

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _decoded(body: str) -> Any:
    if not body:
        return None

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        body.encode()  # what is no UTF-8 is told by this
        found = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ArangoError(400, 600, "invalid JSON") from None
    if _depth(found) >= 200:
        raise ArangoError(400, 600, "invalid JSON: too deeply nested")
    return found


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        inner = [e for e in level if isinstance(e, list | dict)]
        level = [x for e in inner for x in (e.values() if isinstance(e, dict) else e)]
    return deepest
