"""Who vouches for a name and a password: Nodius, or a provider (docs/auth-providers.md)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from django.contrib.auth import get_backends
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.db import transaction
from django.http import HttpRequest

from accounts import names
from accounts.errors import Taken
from accounts.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderUser:
    """A user as the provider knows it. `id` never changes and is never given to somebody else."""

    id: str
    username: str


@runtime_checkable
class AuthProvider(Protocol):
    """What a login provider must be able to do. An exception is an outage and lets nobody in."""

    def authenticate(self, username: str, password: str) -> ProviderUser | None:
        """The user to whom this name and password belong, else None."""
        ...

    def get_user_by_id(self, id: str) -> ProviderUser | None:
        """The user with this id, or None once it is gone or locked."""
        ...


class LocalBackend(ModelBackend):
    """The users whose passwords Nodius keeps; takes the same time whether a name exists or not."""

    def get_user(self, user_id: str) -> User | None:
        """The user with this id, unless disabled or a provider's."""
        return User.objects.filter(pk=user_id, is_active=True, provider_id=None).first()


class ProviderBackend(BaseBackend):
    """An entry for AUTHENTICATION_BACKENDS that asks a provider; subclasses set both attributes.

    At the first login the provider's user becomes a user of Nodius, known from then on by the
    provider's id, so that a rename there is a rename here. A user of that name who is not the
    provider's is never taken over.
    """

    #: Tells providers apart; never change it, or everybody becomes somebody new.
    name: ClassVar[str]
    provider: ClassVar[AuthProvider]

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        """The user for whom the provider vouches, else None."""
        # Many directories take an empty password for an anonymous login, and say yes.
        if not username or not password:
            return None
        found = self.provider.authenticate(username, password)
        user = None if found is None else self._user(found)
        return user if user and user.is_active else None

    def get_user(self, user_id: str) -> User | None:
        """The user with this id, if it is this provider's, and known there still."""
        user = User.objects.filter(pk=user_id, is_active=True).first()
        return user if user and self.vouches_for(user) else None

    def owns(self, user: User) -> bool:
        """Whether this user came from this provider."""
        return (user.provider_id or "").startswith(self._prefix)

    def vouches_for(self, user: User) -> bool:
        """Whether this user came from this provider and is known there still."""
        id = (user.provider_id or "").removeprefix(self._prefix)
        return self.owns(user) and self.provider.get_user_by_id(id) is not None

    @property
    def _prefix(self) -> str:
        return f"{self.name}:"

    def _user(self, found: ProviderUser) -> User | None:
        provider_id = f"{self._prefix}{found.id}"
        user = User.objects.filter(provider_id=provider_id).first()
        if user is None:
            return self._newcomer(found, provider_id)
        if user.username != found.username:
            _rename(user, found.username)
        return user

    def _newcomer(self, found: ProviderUser, provider_id: str) -> User | None:
        if problem := names.problem(found.username):
            logger.warning("%s: %r cannot log in: %s", self.name, found.username, problem)
            return None
        user = User(username=found.username, provider_id=provider_id)
        user.set_unusable_password()
        try:
            return User.objects.enroll(user)
        except Taken:
            # Or the same user has come in by another process just now.
            known = User.objects.filter(provider_id=provider_id).first()
            if known is None:
                logger.warning(
                    "%s: %r cannot log in: another user has that name here; rename one of them",
                    self.name,
                    found.username,
                )
            return known


def is_still_known(user: User) -> bool:
    """Whether this user is one of Nodius itself, or one whose provider is there and knows it."""
    if user.provider_id is None:
        return True
    providers = (each for each in get_backends() if isinstance(each, ProviderBackend))
    return any(each.vouches_for(user) for each in providers)


def _rename(user: User, username: str) -> None:
    """Follow the provider; the old name stays while the new one cannot be had."""
    taken = User.objects.filter(canonical=names.canonical(username)).exclude(pk=user.pk)
    if names.problem(username) or taken.exists():
        logger.warning("%r keeps its name: %r cannot be had", user.username, username)
        return
    user.username = username
    with transaction.atomic():
        user.save(update_fields=["username"])
