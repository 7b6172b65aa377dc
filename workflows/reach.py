"""Who reaches what: between the calls of this app and `accounts.access`, which decides."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

import accounts.errors
import store.current
from accounts import access
from accounts.access import DEFAULT_WORKSPACE, Principal, Role
from workflows.errors import NotFound
from workflows.repository import Head, Repository
from workflows.values import DEFAULT_LIMITS, Limits

NO_WORKFLOW = (
    "This workflow does not exist, or you are no member of its workspace; "
    "GET /api/workflow lists those you may see."
)


def limits() -> Limits:
    """The limits of this server's options."""
    return replace(
        DEFAULT_LIMITS,
        text=settings.MAX_TEXT,
        workflow=settings.MAX_WORKFLOW,
        depth=settings.MAX_DEPTH,
    )


def repository() -> Repository:
    """The workflows in the store of this process."""
    return Repository(store.current.current())


def head(principal: Principal, key: str, role: Role) -> Head:
    """The head of a workflow that this user has at least this role for.

    Raises NotFound, in the same words for a stranger and for a missing key; Forbidden, Damaged,
    Unavailable.
    """
    try:
        found = repository().head(key)
    except NotFound:
        raise NotFound(NO_WORKFLOW) from None
    require(principal, found.workspace, role, NO_WORKFLOW)
    return found


def require(principal: Principal, workspace: str, role: Role, missing: str) -> None:
    """Return if the user has the role or more. Raises Forbidden, for a stranger NotFound."""
    try:
        access.require(principal, workspace, role, "It")
    except accounts.errors.NotFound:
        raise NotFound(missing) from None


def for_new(principal: Principal, workspace: str | None) -> str:
    """Where something new goes, `default` if nothing is asked for. Raises NotFound, Forbidden."""
    chosen = DEFAULT_WORKSPACE if workspace is None else workspace
    access.require(principal, chosen, Role.EDITOR, "The workspace")
    return chosen


def listed(principal: Principal, workspace: str | None) -> tuple[str, ...] | None:
    """The workspaces a list shows: the one asked for if it may be seen; None stands for all."""
    if workspace is None:
        return access.visible_workspaces(principal)
    return () if access.role_in(principal, workspace) is None else (workspace,)
