"""What is left behind by clients that come and go, and by those that fail."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable

from benchmarks.load import clock
from benchmarks.nodius import Api, Nodius, NodiusDialect
from benchmarks.scenarios import Settings
from benchmarks.servers import Server
from benchmarks.table import mebibytes, table
from benchmarks.wire import Connection, frame

CYCLES, FAILING = 5000, 500
#: Clients at a time, and the workflows they go to.
AT_A_TIME, WORKFLOWS = 10, 20
#: Cycles before what is compared with, as the first ones take what is then used again.
FIRST = 500
#: Seconds until the last session must be gone.
PATIENCE = 30.0


async def run(settings: Settings) -> None:
    """5,000 times connect, edit, close; then 500 times in ways that fail."""
    nodius = Nodius(settings.folder, settings.database)
    nodius.create_user()
    with nodius.server(observed=True) as server:
        soak = Soak(server, nodius.login(server))
        rows = [("started", *(await soak.held()))]
        await soak.repeat(FIRST, soak.edit)
        rows.append((f"{FIRST} cycles", *(await soak.held())))
        for done in range(FIRST, CYCLES, (CYCLES - FIRST) // 3):
            await soak.repeat((CYCLES - FIRST) // 3, soak.edit)
            rows.append((f"{done + (CYCLES - FIRST) // 3} cycles", *(await soak.held())))
        await soak.repeat(FAILING, soak.fail)
        rows.append((f"{FAILING} failing ones", *(await soak.held())))
    head = ("after", "sessions", "tasks", "open files", "Python objects", "memory")
    settings.say(f"\n{table(head, rows)}")


class Soak:
    """Clients of some workflows."""

    def __init__(self, server: Server, api: Api) -> None:
        self._server, self._api = server, api
        self._keys = [api.create(f"soak-{number}", 20, 10) for number in range(WORKFLOWS)]
        self._dialect = NodiusDialect(api, batch=True)
        self._failures = [
            self._wrong_token,
            self._no_workflow,
            self._no_handshake,
            self._bad_messages,
            self._gone_before_the_answer,
        ]

    async def repeat(self, times: int, cycle: Callable[[int], Awaitable[None]]) -> None:
        """Run so many cycles, some at a time."""
        numbers = iter(range(times))

        async def work() -> None:
            for number in numbers:
                await cycle(number)

        await asyncio.gather(*(work() for _ in range(AT_A_TIME)))

    async def edit(self, number: int) -> None:
        """Connect, change something, see it, close."""
        key = self._keys[number % WORKFLOWS]
        connection = await Connection.open(self._api.port, "/ws")
        await self._dialect.connect(connection, key, f"client-{number}")
        connection.send(self._batch(key, number))
        await connection.receive_with(b'"id":"%d"' % number)
        connection.close()

    async def fail(self, number: int) -> None:
        """One of the ways to fail."""
        await self._failures[number % len(self._failures)](number)

    async def held(self) -> tuple[str, str, str, str, str]:
        """What the server holds once nobody is there: when no session is, or after a while."""
        deadline = clock() + PATIENCE
        while (told := await self._told())["sessions"] and clock() < deadline:  # noqa: ASYNC110 - asks
            await asyncio.sleep(0.2)
        files = self._server.open_files()
        return (
            f"{told['sessions']}",
            f"{told['tasks']}",
            f"{files}",
            f"{told['objects']:,}",
            mebibytes(self._server.memory()),
        )

    async def _told(self) -> dict[str, int]:
        before = len(self._server.text())
        os.kill(self._server.pid, signal.SIGUSR1)
        async with asyncio.timeout(PATIENCE):
            while not (text := self._server.text()[before:]).endswith("}\n"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        told: dict[str, int] = json.loads(text.splitlines()[-1])
        return told

    def _batch(self, key: str, number: int) -> bytes:
        change = {"o": 1, "p": ["nodes", "n7", "label"], "v": f"{number}"}
        message = {"type": "instructions", "workflowKey": key, "id": f"{number}"}
        return frame(
            json.dumps({**message, "instructions": [change]}, separators=(",", ":")).encode()
        )

    async def _wrong_token(self, number: int) -> None:
        other = NodiusDialect(Api(self._api.port, "no token"), batch=True)
        await self._refused(other, self._keys[0], b'"unauthorized"')

    async def _no_workflow(self, number: int) -> None:
        await self._refused(self._dialect, "nowhere", b'"workflow_not_found"')

    async def _refused(self, dialect: NodiusDialect, key: str, code: bytes) -> None:
        connection = await Connection.open(self._api.port, "/ws")
        connection.send(dialect.message(key, "failing"))
        await connection.receive_with(code)
        connection.close()

    async def _no_handshake(self, number: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self._api.port)
        writer.write(b"GET /ws HTTP/1.1\r\nUpgrade: webso")
        writer.close()
        await writer.wait_closed()

    async def _bad_messages(self, number: int) -> None:
        connection = await Connection.open(self._api.port, "/ws")
        connection.send(*[frame(b"no JSON")] * 10)
        for _ in range(10):
            await connection.receive_with(b'"invalid_json"')
        connection.close()

    async def _gone_before_the_answer(self, number: int) -> None:
        key = self._keys[number % WORKFLOWS]
        connection = await Connection.open(self._api.port, "/ws")
        await self._dialect.connect(connection, key, f"client-{number}")
        connection.send(self._batch(key, number))
        connection.abort()
