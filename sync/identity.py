"""Whose socket it is: the user whose token it has shown, and until when that token counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from accounts.access import Principal
from sync.messages import TokenExpiring, encode
from sync.outbox import Outbox
from workflows.repository import now

T = TypeVar("T")

#: Close code: the socket has no token that counts.
UNAUTHORIZED = 4401

#: Milliseconds before the end of a token at which its socket is told, and after which it is closed.
TOKEN_NOTICE = TOKEN_GRACE = 60_000


class AnotherUser(Exception):
    """A token of another user than the one whose socket this is."""


class Identity:
    """The user of one socket; `principal` is None until a token was shown.

    `timed`: whether to look after the token's end here; else somebody in front of this does.
    """

    def __init__(self, outbox: Outbox, timed: bool = True) -> None:
        self.principal: Principal | None = None
        self._outbox = outbox
        self._timed = timed
        self._deadlines: list[asyncio.TimerHandle] = []

    def show(self, principal: Principal) -> None:
        """Take a good token for this socket's, until it ends. Raises AnotherUser."""
        if self.principal is not None and principal.user_id != self.principal.user_id:
            raise AnotherUser
        self.principal = principal
        self.end()
        if not self._timed:
            return
        left = principal.expires_at - now()
        told = encode(TokenExpiring(principal.expires_at))
        self._later(max(left - TOKEN_NOTICE, 0), self._outbox.put, told)
        self._later(left + TOKEN_GRACE, self._outbox.close, UNAUTHORIZED)

    def end(self) -> None:
        """Wait for no token's end any more."""
        for deadline in self._deadlines:
            deadline.cancel()
        self._deadlines.clear()

    def _later(self, milliseconds: int, do: Callable[[T], None], what: T) -> None:
        loop = asyncio.get_running_loop()
        self._deadlines.append(loop.call_later(milliseconds / 1000, do, what))
