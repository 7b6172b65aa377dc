"""The calls under /api/auth and /api/workspace."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status
from ninja.security import HttpBearer

from accounts import members, throttle, tokens
from accounts.access import Principal
from accounts.errors import Forbidden, Unauthorized
from accounts.login import log_in, peer
from accounts.models import User
from accounts.paging import Limit, Offset
from accounts.passwords import check
from accounts.problems import Problem
from accounts.schemas import (
    Credentials,
    LoggedIn,
    Me,
    Members,
    MemberShown,
    NewPassword,
    NewRole,
    NewWorkspace,
    OldToken,
    Token,
    UserShown,
    WorkspaceMade,
    Workspaces,
    WorkspaceShown,
)


class Request(HttpRequest):
    """A request that has shown a good token."""

    auth: Principal


class BearerAuth(HttpBearer):
    """Takes the token from the Authorization header, and from nowhere else."""

    def __call__(self, request: HttpRequest) -> Principal:
        """Who asks; raises Unauthorized, TokenExpired."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized("Log in, and send the header `Authorization: Bearer <token>`.")
        return self.authenticate(request, token.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Principal:
        """Who this token stands for; raises Unauthorized, TokenExpired."""
        return tokens.authenticate(token)


#: What a call about the members of a workspace may answer besides its own.
FAILS = {frozenset({403, 404, 409}): Problem}

auth_router = Router(by_alias=True)
workspace_router = Router(by_alias=True)


@auth_router.post("/login", auth=None, response={200: LoggedIn, 401: Problem}, summary="Log in")
def login(request: HttpRequest, given: Credentials) -> LoggedIn:
    """A token for a name and a password; the answer never tells which of the two is wrong."""
    user = log_in(request, given.username, given.password)
    agent = request.headers.get("User-Agent", "")
    issued = tokens.issue(user, address=peer(request), user_agent=agent)
    shown = UserShown(id=user.pk, username=user.username, roles=user.roles)
    return LoggedIn(token=issued.token, expires_at=issued.expires_at, user=shown)


@auth_router.post(
    "/refresh", auth=None, response={200: Token, 401: Problem}, summary="Replace a token"
)
def refresh(request: HttpRequest, given: OldToken) -> Token:
    """A fresh token of the same login, up to 7 days after the old one has expired."""
    issued = tokens.refresh(given.token)
    return Token(token=issued.token, expires_at=issued.expires_at)


@auth_router.post("/logout", response={204: None}, summary="Log out")
def logout(request: Request) -> Status[None]:
    """End this login: its tokens are dead from now on, and its sockets close."""
    tokens.revoke(request.auth.session_id)
    return Status(204, None)


@auth_router.get("/me", response=Me, summary="Who am I?")
def me(request: Request) -> Me:
    """The user whose token this is."""
    who = request.auth
    return Me(user=UserShown(id=who.user_id, username=who.username, roles=list(who.roles)))


@auth_router.post("/password", response={204: None, 403: Problem}, summary="Change the password")
def change_password(request: Request, given: NewPassword) -> Status[None]:
    """Replace the password; the user's other logins end, this one goes on."""
    throttle.count(throttle.PASSWORD_CHANGES, request.auth.user_id)
    user = User.objects.get(pk=request.auth.user_id)
    if not user.has_usable_password():
        raise Forbidden("Your password is not kept here. Change it where you log in otherwise.")
    if not user.check_password(given.current_password):
        raise Forbidden("currentPassword is wrong; nothing was changed. Try again.")
    check(given.new_password, user)
    user.set_password(given.new_password)
    user.save(update_fields=["password"], keep_session=request.auth.session_id)
    return Status(204, None)


@workspace_router.get("", response=Workspaces, summary="List workspaces")
def list_workspaces(request: Request) -> Workspaces:
    """The workspaces this user is a member of, with its role; an admin sees all, as owner."""
    found = members.list_workspaces(request.auth)
    return Workspaces(
        workspaces=[WorkspaceShown(key=key, name=name, role=role) for key, name, role in found]
    )


@workspace_router.post("", response={201: WorkspaceMade}, summary="Make a workspace")
def make_workspace(request: Request, given: NewWorkspace) -> Status[WorkspaceMade]:
    """A new workspace, owned by who makes it."""
    key = members.make_workspace(request.auth, given.name)
    return Status(201, WorkspaceMade(workspace_key=key))


@workspace_router.get(
    "/{key}/member", response={200: Members, 404: Problem}, summary="List members"
)
def list_members(request: Request, key: str, limit: Limit = 50, offset: Offset = 0) -> Members:
    """Who is in a workspace, by name; for its members and admins."""
    found, total = members.list_members(request.auth, key, limit, offset)
    shown = [MemberShown(username=name, role=role) for name, role in found]
    return Members(members=shown, total=total)


@workspace_router.put(
    "/{key}/member/{username}", response={204: None, **FAILS}, summary="Set a role"
)
def set_role(request: Request, key: str, username: str, given: NewRole) -> Status[None]:
    """Take a user in, or change a member's role; for owners. The only owner stays one (409)."""
    members.set_role(request.auth, key, username, given.role)
    return Status(204, None)


@workspace_router.delete(
    "/{key}/member/{username}", response={204: None, **FAILS}, summary="Remove"
)
def remove_member(request: Request, key: str, username: str) -> Status[None]:
    """Take a member out; for owners. The only owner stays in (409)."""
    members.remove(request.auth, key, username)
    return Status(204, None)
