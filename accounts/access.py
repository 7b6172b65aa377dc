"""The one place that decides who may do what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from accounts.errors import Forbidden, NotFound
from accounts.models import Membership, User, Workspace
from accounts.roles import DEFAULT_WORKSPACE, Role

__all__ = [
    "DEFAULT_WORKSPACE",
    "Principal",
    "Role",
    "require",
    "require_admin",
    "require_member",
    "require_owner",
    "role_in",
    "roles_at",
    "visible_workspaces",
]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a user, as proved by a token of one login session, until `expires_at` (ms)."""

    user_id: str
    username: str
    is_admin: bool
    roles: tuple[str, ...]
    session_id: str
    expires_at: int


def role_in(principal: Principal, workspace: str) -> Role | None:
    """The role of this user in this workspace; None for a stranger. An admin is owner of all."""
    if "\0" in workspace:
        return None
    if principal.is_admin:
        return Role.OWNER if Workspace.objects.filter(pk=workspace).exists() else None
    held = Membership.objects.filter(user_id=principal.user_id, workspace_id=workspace)
    role = held.values_list("role", flat=True).first()
    return None if role is None else Role(role)


def roles_at(places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Role]:
    """The roles held at these (user id, workspace key) places; a stranger's are missing."""
    users = {user for user, _ in places}
    held = Membership.objects.filter(user_id__in=users)
    roles = {
        (user, workspace): Role(role)
        for user, workspace, role in held.values_list("user_id", "workspace_id", "role")
    }
    chiefs = User.objects.filter(pk__in=users, is_superuser=True)
    admins = set(chiefs.values_list("pk", flat=True))
    return {
        place: Role.OWNER if place[0] in admins else roles[place]
        for place in places
        if place[0] in admins or place in roles
    }


def require(principal: Principal, workspace: str, role: Role, what: str) -> Role:
    """The role held in the workspace, which is at least `role`.

    `what` names the thing that is asked for, as in "The workflow 'x'".
    Raises NotFound to one who is no member, Forbidden to one whose role is too low.
    """
    held = role_in(principal, workspace)
    if held is None:
        raise NotFound(f"{what} does not exist, or you are no member of its workspace.")
    if not held.covers(role):
        raise Forbidden(
            f"You are {held} here, and this takes {role}. Ask an owner of the workspace for it."
        )
    return held


def require_member(principal: Principal, workspace: str) -> None:
    """Return if this user may see who is in the workspace; raises NotFound."""
    require(principal, workspace, Role.VIEWER, f"The workspace {workspace!r}")


def require_owner(principal: Principal, workspace: str) -> None:
    """Return if this user may manage the members of the workspace; raises NotFound, Forbidden."""
    require(principal, workspace, Role.OWNER, f"The workspace {workspace!r}")


def require_admin(principal: Principal) -> None:
    """Return if this user may see how the server is; raises Forbidden."""
    if not principal.is_admin:
        raise Forbidden("This is for administrators. Ask one of them.")


def visible_workspaces(principal: Principal) -> tuple[str, ...] | None:
    """The keys of the workspaces this user is a member of, ascending; None stands for all."""
    if principal.is_admin:
        return None
    held = Membership.objects.filter(user_id=principal.user_id).order_by("workspace_id")
    return tuple(held.values_list("workspace_id", flat=True))
