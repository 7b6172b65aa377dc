"""The live sessions as HTTP reaches them: from request threads through the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any, TypeVar

from sync.hub import Hub
from sync.persistence import PATIENCE
from workflows.errors import GivenUp
from workflows.live import Change, State, Told

T = TypeVar("T")


class Port:
    """Implements `workflows.live.LiveWorkflows` on a hub and the loop it runs on."""

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self._hub = hub
        self._loop = loop

    def read(self, key: str) -> State:
        """The newest committed state."""
        return self._call(self._hub.read(key))

    def change(self, key: str, change: Change) -> Told:
        """Apply one batch and return when it is committed."""
        return self._call(self._hub.change(key, change))

    def unsaved(self) -> int:
        """How many open workflows could not be saved when they were last to be."""
        return self._hub.unsaved

    def delete(self, key: str) -> None:
        """Delete the workflow with all that belongs to it."""
        self._call(self._hub.delete(key))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return result_of(work, self._loop)


def result_of(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """What comes out of this work on the loop, for another thread.

    Raises GivenUp if that takes too long or the loop has ended, and what the work raises.
    """
    try:
        future = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError:
        work.close()
        raise GivenUp("The server has stopped; ask again.") from None
    try:
        return future.result(3 * PATIENCE)
    except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
        future.cancel()
        raise GivenUp("The server did not come to it in time; ask again.") from None
