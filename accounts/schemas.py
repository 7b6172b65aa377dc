"""What the calls of this app take and answer; `/api/docs` is made from it.

A field that is not named here is ignored. A number is no text.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from accounts.roles import Role

#: Printable, and not only spaces.
WorkspaceName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class Credentials(_Strict):
    """A name, in any case and Unicode form, and the password."""

    username: str
    password: str


class OldToken(_Strict):
    """A token to be replaced; it may have expired."""

    token: str


class NewPassword(_Strict):
    """The password of now, and the one to come."""

    current_password: str = Field(alias="currentPassword")
    new_password: str = Field(alias="newPassword")


class NewWorkspace(_Strict):
    """A workspace to be made."""

    name: WorkspaceName


class NewRole(BaseModel):
    """What a member shall be."""

    role: Role


class UserShown(BaseModel):
    """A user, as it is told to itself."""

    id: str
    username: str
    roles: list[str]


class Token(BaseModel):
    """An access token, and when it ends (ms since 1970)."""

    token: str
    expires_at: int = Field(serialization_alias="expiresAt")


class LoggedIn(Token):
    """The answer to a login."""

    user: UserShown


class Me(BaseModel):
    """Who asks."""

    user: UserShown


class WorkspaceShown(BaseModel):
    """A workspace, and the role of who asks in it."""

    key: str = Field(serialization_alias="_key")
    name: str
    role: Role


class Workspaces(BaseModel):
    """The workspaces that one may see."""

    workspaces: list[WorkspaceShown]


class MemberShown(BaseModel):
    """Somebody in a workspace."""

    username: str
    role: Role


class Members(BaseModel):
    """A part of those who are in a workspace, and how many there are."""

    members: list[MemberShown]
    total: int


class WorkspaceMade(BaseModel):
    """The key of a new workspace."""

    workspace_key: str = Field(serialization_alias="workspaceKey")
