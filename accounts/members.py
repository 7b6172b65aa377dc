"""Workspaces and who is in them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from accounts.access import Principal, require_member, require_owner
from accounts.errors import NotFound, Taken
from accounts.models import Membership, User, Workspace
from accounts.roles import Role


def make_workspace(principal: Principal, name: str) -> str:
    """Make a workspace that this user owns; its key."""
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name)
        Membership.objects.create(workspace=workspace, user_id=principal.user_id, role=Role.OWNER)
    return workspace.key


def list_workspaces(principal: Principal) -> list[tuple[str, str, Role]]:
    """Key, name and role in each workspace this user may see, by name; an admin is owner of all."""
    if principal.is_admin:
        every = Workspace.objects.order_by("name", "key").values_list("key", "name")
        return [(key, name, Role.OWNER) for key, name in every]
    held = Membership.objects.filter(user_id=principal.user_id)
    rows = held.annotate(key=F("workspace__key"), name=F("workspace__name"))
    ordered = rows.order_by("name", "key").values_list("key", "name", "role")
    return [(key, name, Role(role)) for key, name, role in ordered]


def list_members(
    principal: Principal, workspace: str, limit: int, offset: int
) -> tuple[list[tuple[str, Role]], int]:
    """Name and role of members, by name, and how many there are; for members. Raises NotFound."""
    require_member(principal, workspace)
    held = Membership.objects.filter(workspace_id=workspace)
    rows = held.order_by("user__canonical").values_list("user__username", "role")
    return [(name, Role(role)) for name, role in rows[offset : offset + limit]], held.count()


def set_role(principal: Principal, workspace: str, username: str, role: Role) -> None:
    """Take a user in, or change a role. Raises NotFound, Forbidden, Taken (the last owner)."""
    require_owner(principal, workspace)
    user = _user(username)
    with transaction.atomic():
        _hold(workspace)
        if role != Role.OWNER:
            _keep_an_owner(workspace, user)
        Membership.objects.update_or_create(
            workspace_id=workspace, user=user, defaults={"role": role}
        )


def remove(principal: Principal, workspace: str, username: str) -> None:
    """Take a member out. Raises NotFound, Forbidden, Taken (the last owner)."""
    require_owner(principal, workspace)
    user = _user(username)
    with transaction.atomic():
        _hold(workspace)
        _keep_an_owner(workspace, user)
        removed, _ = Membership.objects.filter(workspace_id=workspace, user=user).delete()
    if not removed:
        raise NotFound(f"{user.username!r} is no member of this workspace.")


def _user(username: str) -> User:
    try:
        return User.objects.by_name(username)
    except User.DoesNotExist:
        raise NotFound(f"There is no user {username[:150]!r}. Check the name.") from None


def _hold(workspace: str) -> None:
    """Let changes of one workspace's members happen one after the other."""
    if not Workspace.objects.select_for_update().filter(pk=workspace).first():
        raise NotFound(f"The workspace {workspace!r} does not exist.")


def _keep_an_owner(workspace: str, leaving: User) -> None:
    owners = Membership.objects.filter(workspace_id=workspace, role=Role.OWNER)
    left = owners.values_list("user_id", flat=True)
    if set(left) == {leaving.pk}:
        raise Taken(
            f"{leaving.username!r} is the only owner of this workspace. "
            "Make somebody else owner first."
        )
