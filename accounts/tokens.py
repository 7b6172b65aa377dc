"""Access tokens and the login sessions behind them; nothing else knows what a token is."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from accounts.access import Principal
from accounts.backends import is_still_known
from accounts.cleanup import remove_some
from accounts.errors import TokenExpired, Unauthorized
from accounts.models import LoginSession, User

ALGORITHM = "HS256"
#: Ours have some 330 characters.
MAX_TOKEN = 2048
#: How much later another machine's clock may be when it has signed a token.
CLOCK_SKEW = 60

_REQUIRED = ["exp", "iat", "sub", "jti", "iss", "aud"]

Key = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,20}\Z")]


class _Claims(msgspec.Struct, frozen=True):
    """What a token says, in exactly these types."""

    sub: Key
    jti: Key
    exp: int
    iat: int
    nbf: int = 0


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, and when it ends (ms since 1970)."""

    token: str
    expires_at: int


def issue(user: User, *, address: str = "", user_agent: str = "") -> IssuedToken:
    """Begin a login session for this user, as just read; removes some that ended long ago.

    Raises Unauthorized if the user was disabled or got another password since it was read.
    """
    _clean_up()
    now, expires = _lifetime()
    with transaction.atomic():
        same = User.objects.select_for_update().filter(
            pk=user.pk, password=user.password, is_active=True
        )
        if not same.first():
            raise Unauthorized("The account has just been changed. Log in again.")
        session = LoginSession.objects.create(
            user=user,
            expires=_moment(expires),
            address=address[:64],
            user_agent=user_agent[:200],
        )
    return _sign(session, now, expires)


def authenticate(token: str) -> Principal:
    """Who this token stands for; raises TokenExpired, Unauthorized."""
    claims = _read(token)
    session = _session(claims)
    if claims.exp <= time.time():
        raise TokenExpired("The token has expired. Refresh it, or log in again.")
    user = session.user
    return Principal(
        user_id=user.pk,
        username=user.username,
        is_admin=user.is_superuser,
        roles=tuple(user.roles),
        session_id=session.pk,
        expires_at=claims.exp * 1000,
    )


def signed_for(token: str) -> str | None:
    """The id of the user to whom a token of ours was given whose time is not over, else None.

    It asks no database, so it says nothing of whether the session lives: for counting only.
    """
    try:
        claims = _read(token)
    except Unauthorized:
        return None
    return claims.sub if claims.exp > time.time() else None


def refresh(token: str) -> IssuedToken:
    """A fresh token of the same session; the old one may have expired up to REFRESH_WINDOW ago.

    Raises Unauthorized if it is older, forged, or its session has ended.
    """
    claims = _read(token)
    session = _session(claims)
    if claims.exp <= time.time() - settings.REFRESH_WINDOW.total_seconds():
        raise Unauthorized("The token expired too long ago to be refreshed. Log in again.")
    if not is_still_known(session.user):
        raise Unauthorized("Your login provider knows you no longer. Ask an administrator.")
    now, expires = _lifetime()
    alive = LoginSession.objects.filter(pk=session.pk, revoked_at=None)
    # Greatest: another process may refresh at the same time, by a clock that is ahead.
    if not alive.update(expires=Greatest("expires", Value(_moment(expires)))):
        raise _ended()
    return _sign(session, now, expires)


def revoke(session_id: str) -> None:
    """End this login session: all its tokens are dead, whatever their age."""
    LoginSession.objects.revoke([session_id])


def end_sessions(user: User, except_for: str | None = None) -> None:
    """End all login sessions of this user, but the one with the key `except_for`."""
    LoginSession.objects.end(user, except_for)


def ended(session_ids: Collection[str]) -> frozenset[str]:
    """Which of these login sessions are revoked, gone, or of a disabled user."""
    alive = LoginSession.objects.filter(pk__in=session_ids, revoked_at=None, user__is_active=True)
    return frozenset(session_ids) - set(alive.values_list("pk", flat=True))


def _read(token: str) -> _Claims:
    """What a token of ours says, whether or not its time is over; raises Unauthorized."""
    if len(token) > MAX_TOKEN or not token.isascii():
        raise _forged()
    try:
        claims = jwt.decode(
            token,
            settings.JWT_SECRET.encode(),
            algorithms=[ALGORITHM],
            audience=settings.JWT_AUDIENCE,
            issuer=settings.JWT_ISSUER,
            options={
                "require": _REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        found = msgspec.convert(claims, _Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError):
        raise _forged() from None
    if max(found.iat, found.nbf) > time.time() + CLOCK_SKEW:
        raise Unauthorized("The token is not valid yet. Check the clock of the server.")
    return found


def _session(claims: _Claims) -> LoginSession:
    """The session of a token, if it lives and gave out one lasting as long; else Unauthorized."""
    sessions = LoginSession.objects.select_related("user")
    session = sessions.filter(pk=claims.jti, user_id=claims.sub, revoked_at=None).first()
    if session is None or not session.user.is_active:
        raise _ended()
    if claims.exp > session.expires.timestamp():
        raise _forged()
    return session


def _sign(session: LoginSession, now: int, expires: int) -> IssuedToken:
    claims = {
        "sub": session.user_id,
        "jti": session.pk,
        "iat": now,
        "exp": expires,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
    }
    token = jwt.encode(claims, settings.JWT_SECRET.encode(), algorithm=ALGORITHM)
    return IssuedToken(token, expires * 1000)


def _lifetime() -> tuple[int, int]:
    """When a token of now begins and ends, in seconds since 1970."""
    now = int(time.time())
    return now, now + int(settings.TOKEN_LIFETIME.total_seconds())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _clean_up() -> None:
    """Remove some of the sessions none of whose tokens can be refreshed any more."""
    before = datetime.now(UTC) - settings.REFRESH_WINDOW - timedelta(seconds=CLOCK_SKEW)
    remove_some(LoginSession.objects.filter(expires__lt=before))


def _forged() -> Unauthorized:
    return Unauthorized("The token is not valid. Log in again.")


def _ended() -> Unauthorized:
    return Unauthorized("This login session has ended. Log in again.")
