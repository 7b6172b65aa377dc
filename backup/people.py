"""Users, workspaces and memberships: between Django's tables and the documents of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from accounts import names
from accounts.hashers import is_verifiable
from accounts.models import LoginSession, Membership, SetupLink, User, Workspace
from accounts.roles import Role
from backup.errors import Invalid

_KEY = re.compile(r"[A-Za-z0-9_-]{1,20}")
_LATEST = 2**53


class WorkspaceDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workspace in a file."""

    name: str
    createdAt: int


class UserDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user in a file; `password` is as it is stored, a hash."""

    username: str
    email: str
    roles: list[str]
    active: bool
    staff: bool
    password: str
    providerId: str | None
    createdAt: int


class MembershipDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has which role in which workspace."""

    workspace: str
    user: str
    role: Role


def workspaces() -> Iterator[tuple[str, dict[str, Any]]]:
    """All of them, ascending by key."""
    for each in Workspace.objects.order_by("key").iterator():
        yield each.key, {"name": each.name, "createdAt": _milliseconds(each.created)}


def users() -> Iterator[tuple[str, dict[str, Any]]]:
    """All of them, ascending by key."""
    for each in User.objects.order_by("id").iterator():
        yield (
            each.id,
            {
                "username": each.username,
                "email": each.email,
                "roles": each.roles,
                "active": each.is_active,
                "staff": each.is_staff,
                "password": each.password,
                "providerId": each.provider_id,
                "createdAt": _milliseconds(each.created),
            },
        )


def memberships() -> Iterator[tuple[str, dict[str, Any]]]:
    """All of them, ascending by key."""
    for each in Membership.objects.order_by("workspace_id", "user_id").iterator():
        place = {"workspace": each.workspace_id, "user": each.user_id}
        yield f"{each.workspace_id}-{each.user_id}", {**place, "role": each.role}


def put_workspace(key: str, document: WorkspaceDocument, *, dry: bool) -> bool:
    """Keep a workspace; True if it is new. Raises Invalid."""
    found = Workspace.objects.filter(pk=key).first()
    workspace = found or Workspace(key=_checked(key))
    workspace.name, workspace.created = document.name, _time(document.createdAt)
    return _kept(workspace, new=found is None, dry=dry)


def put_user(key: str, document: UserDocument, *, dry: bool) -> bool:
    """Keep a user; True if it is new. Raises Invalid.

    Another password, and being disabled, end the login sessions of a user who was there.
    """
    if is_password_usable(document.password) and not is_verifiable(document.password):
        raise Invalid("its password is no bcrypt hash of a cost that can be verified")
    if document.createdAt < 0 or not set(document.roles) <= {"admin", "user"}:
        raise Invalid("roles can be admin and user, and createdAt is a time in milliseconds")
    found = User.objects.filter(pk=key).first()
    user = found or User(id=_checked(key))
    ends = found is not None and found.password != document.password
    user.username, user.email = document.username, document.email
    user.is_superuser, user.is_staff = "admin" in document.roles, document.staff
    user.is_active, user.password = document.active, document.password
    user.provider_id, user.created = document.providerId, _time(document.createdAt)
    with transaction.atomic():
        new = _kept(user, new=found is None, dry=dry)
        if ends and not dry:
            LoginSession.objects.end(user)
        if new and not dry:
            # Somebody can log in now.
            SetupLink.objects.all().delete()
    return new


def put_membership(document: MembershipDocument, *, dry: bool) -> bool:
    """Give a user a role in a workspace, which both are there; True if there was none."""
    found = Membership.objects.filter(
        workspace_id=document.workspace, user_id=document.user
    ).first()
    if not dry:
        Membership.objects.update_or_create(
            workspace_id=document.workspace,
            user_id=document.user,
            defaults={"role": document.role},
        )
    return found is None


def has_workspace(key: str) -> bool:
    """Whether there is a workspace of this key."""
    return "\0" not in key and Workspace.objects.filter(pk=key).exists()


def has_user(key: str) -> bool:
    """Whether there is a user of this id."""
    return "\0" not in key and User.objects.filter(pk=key).exists()


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Invalid("its key must be 1 to 20 of A–Z a–z 0–9 _ -")
    return key


def _kept(row: Model, *, new: bool, dry: bool) -> bool:
    """Save a row, if it may be there."""
    try:
        if isinstance(row, User):
            # Names that are the same in another case or form are taken too.
            row.canonical = names.canonical(row.username)
        row.full_clean()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    if not dry:
        row.save(force_insert=new)
    return new


def _time(milliseconds: int) -> datetime:
    if not 0 <= milliseconds <= _LATEST:
        raise Invalid("createdAt must be a time in milliseconds since 1970")
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise Invalid("createdAt must be a time in milliseconds since 1970") from None


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
