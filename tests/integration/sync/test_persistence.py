"""Calls that block, made from the event loop: the order they are taken in, and their end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from store.base import Unavailable
from sync import persistence
from sync.persistence import Persistence
from tests.integration.sync.conftest import until

pytestmark = pytest.mark.django_db(databases="__all__")


class Door:
    """A call that stays where it is until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.reached.set()
        assert self.opened.wait(10)
        return "through"


@pytest.fixture
async def threads() -> AsyncIterator[Persistence]:
    made = Persistence()
    yield made
    await made.close()


async def held(threads: Persistence) -> tuple[Door, asyncio.Task[str]]:
    """A call that holds up the writing thread, and who waits for it."""
    door = Door()
    waiting = asyncio.create_task(threads.write(door))
    await until(door.reached.is_set)
    return door, waiting


async def test_a_call_that_was_given_up_before_it_began_is_never_made(
    threads: Persistence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the thread goes on to the next one."""
    made: list[str] = []
    monkeypatch.setattr(persistence, "PATIENCE", 0.05)
    door, waiting = await held(threads)
    with pytest.raises(Unavailable):
        await threads.write(lambda: made.append("late"))
    with pytest.raises(Unavailable):
        await waiting
    monkeypatch.setattr(persistence, "PATIENCE", 10)
    door.opened.set()
    await threads.write(lambda: made.append("next"))
    assert made == ["next"]


@pytest.mark.parametrize("call", ["write", "commit"])
async def test_a_call_whose_waiter_has_gone_before_it_began_is_never_made(
    threads: Persistence, call: str
) -> None:
    made: list[str] = []
    door, waiting = await held(threads)
    make: Callable[[Callable[[], None]], asyncio.Future[None]] = getattr(threads, call)
    gone = asyncio.ensure_future(make(lambda: made.append("for nobody")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    door.opened.set()
    assert await waiting == "through"
    await threads.write(lambda: made.append("next"))
    assert made == ["next"]


async def test_a_call_that_fails_after_its_waiter_has_gone_is_no_news(
    threads: Persistence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when it had begun, nor does anybody hear of it afterwards."""
    heard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))

    def fail() -> None:
        door()
        raise ZeroDivisionError

    door = Door()
    waiting = asyncio.create_task(threads.write(fail))
    await until(door.reached.is_set)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    door.opened.set()
    assert await threads.write(lambda: "next") == "next"
    del waiting
    await asyncio.sleep(0)
    assert heard == []


async def test_what_the_journal_has_goes_before_whatever_else_waits(threads: Persistence) -> None:
    made: list[str] = []
    door, waiting = await held(threads)
    saves = [asyncio.create_task(threads.write(lambda n=n: made.append(n))) for n in "ab"]  # type: ignore[misc]
    await asyncio.sleep(0)
    commit = threads.commit(lambda: made.append("commit"))
    door.opened.set()
    await commit
    await asyncio.gather(waiting, *saves)
    assert made == ["commit", "a", "b"]


async def test_what_is_asked_after_the_end_is_refused(threads: Persistence) -> None:
    await threads.close()
    with pytest.raises(Unavailable):
        await threads.read(lambda: "late")
