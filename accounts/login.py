"""Logging in with a name and a password: the one road for REST and the admin site."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts import throttle
from accounts.addresses import group
from accounts.errors import InvalidCredentials
from accounts.models import LoginSession, User
from accounts.names import canonical, problem
from accounts.passwords import is_acceptable


def log_in(request: HttpRequest, username: str, password: str) -> User:
    """The user to whom the name, in any form, and the password belong.

    Counts the attempt before anything is hashed. Raises Throttled, InvalidCredentials.
    """
    address, account = peer(request), throttle.account(username)
    throttle.count(throttle.LOGINS_OF_ADDRESS, address)
    guarded = not _is_at_home(username, address)
    if guarded:
        throttle.count(throttle.LOGINS_OF_ACCOUNT, account)
    user = None
    if is_acceptable(password):
        user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    if guarded:
        throttle.forget(throttle.LOGINS_OF_ACCOUNT, account)
    return user


def peer(request: HttpRequest) -> str:
    """The address that attempts are counted for; headers count as far as trusted_proxies says."""
    return group(request.META.get("REMOTE_ADDR") or "")


def _is_at_home(username: str, address: str) -> bool:
    """Whether this account has a live session from this address.

    Such an address is held to its own limit only: strangers who guess elsewhere cannot lock
    the user out.
    """
    if problem(username):
        return False
    sessions = LoginSession.objects.filter(address=address, revoked_at=None)
    return sessions.filter(user__canonical=canonical(username)).exists()
