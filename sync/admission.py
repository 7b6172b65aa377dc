"""Who may come in: tokens and roles, looked up outside of the event loop."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from accounts import access, tokens
from accounts.access import Principal, Role
from sync.hub import Hub
from workflows.errors import NotFound


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts at one moment: login sessions that have ended, and the roles of users by
    workspace.
    """

    ended: frozenset[str]
    roles: dict[tuple[str, str], Role]


class Admission:
    """Asks the accounts. Every call raises Unavailable if they do not answer."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def authenticate(self, token: str) -> Principal:
        """Who shows this token. Raises AccountsError."""
        return await self.hub.persistence.ask(partial(tokens.authenticate, token))

    async def admit(self, token: str, key: str) -> tuple[Principal, Role | None]:
        """Who shows this token, and their role for a workflow, if any. Raises AccountsError."""
        return await self.hub.persistence.ask(partial(self._admit, token, key))

    async def standing(
        self, sessions: Collection[str], places: Collection[tuple[str, str]]
    ) -> Standing:
        """Which login sessions have ended, and the roles at these (user id, workspace) places."""
        return await self.hub.persistence.ask(
            lambda: Standing(tokens.ended(sessions), access.roles_at(places))
        )

    def _admit(self, token: str, key: str) -> tuple[Principal, Role | None]:
        principal = tokens.authenticate(token)
        try:
            workspace = self.hub.repository.head(key).workspace
        except NotFound:
            return principal, None
        return principal, access.role_in(principal, workspace)
