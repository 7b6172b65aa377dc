"""What a process has asked and waits for."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """`is_answered_by_peer` tells a request from a message that need only be on its way."""

    peer: str
    future: Future[Any]
    deadline: float
    is_answered_by_peer: bool


class Questions:
    """The open questions by number; used by one thread."""

    def __init__(self) -> None:
        self._open: dict[int, Question] = {}
        self._numbers = itertools.count(1)
        #: When the next one has waited long enough, by the monotonic clock.
        self.deadline = math.inf

    def __len__(self) -> int:
        return len(self._open)

    def add(self, question: Question) -> int:
        """Returns its number."""
        number = next(self._numbers)
        self._open[number] = question
        self.deadline = min(self.deadline, question.deadline)
        return number

    def routed(self, number: int) -> None:
        """The message is on its way; a request goes on waiting."""
        question = self._open.get(number)
        if question and not question.is_answered_by_peer:
            del self._open[number]
            question.future.set_result(None)

    def settle(self, number: int, peer: str | None, settle: Callable[[Future[Any]], None]) -> None:
        """Settle a question; with a `peer`, only if that is who was asked."""
        question = self._open.get(number)
        if question and peer in (None, question.peer):
            del self._open[number]
            settle(question.future)

    def expire(self) -> None:
        """Fail those that have waited long enough."""
        now = time.monotonic()
        if now < self.deadline:
            return
        for number, each in list(self._open.items()):
            if each.deadline <= now:
                del self._open[number]
                each.future.set_exception(TimeoutError(f"{each.peer} has not answered in time"))
        self.deadline = min((each.deadline for each in self._open.values()), default=math.inf)

    def fail(self, error: Exception) -> None:
        """Fail all."""
        while self._open:
            self._open.popitem()[1].future.set_exception(error)
