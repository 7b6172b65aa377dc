"""People, what they are logged in with, and the workspaces they share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts import names, news
from accounts.errors import Invalid, Taken
from accounts.ids import ID_LENGTH, random_id
from accounts.roles import DEFAULT_WORKSPACE, Role

if TYPE_CHECKING:
    from django.db.models.base import ModelBase

DEFAULT_JOINS: Mapping[str, Role] = {DEFAULT_WORKSPACE: Role.EDITOR}


def validate_username(username: str) -> None:
    """Raise ValidationError with the reason if this cannot be a username."""
    if problem := names.problem(username):
        raise ValidationError(problem)


class UserManager(BaseUserManager["User"]):
    """Finds users by any form of their name, and takes new ones in."""

    def by_name(self, username: str) -> User:
        """The user of this name in any case and Unicode form; raises User.DoesNotExist."""
        # What cannot be a name must not reach the database: PostgreSQL raises on NUL.
        if names.problem(username):
            raise self.model.DoesNotExist(username)
        return self.get(canonical=names.canonical(username))

    def get_by_natural_key(self, username: str | None) -> User:
        """As `by_name`; the name Django calls it by."""
        return self.by_name(username or "")

    def enroll(self, user: User, joins: Mapping[str, Role] = DEFAULT_JOINS) -> User:
        """Save a new user and make it a member of the workspaces `joins` names; raises Taken."""
        with transaction.atomic():
            try:
                with transaction.atomic():
                    user.save(force_insert=True)
            except IntegrityError:
                raise Taken(
                    f"The username {user.username!r} is taken. Choose another one."
                ) from None
            for workspace, role in joins.items():
                Membership.objects.create(workspace_id=workspace, user=user, role=role)
            # Whoever is about to use the set-up link holds its row: one of us sees the other.
            SetupLink.objects.all().delete()
        return user

    def create_user(
        self,
        username: str,
        password: str | None = None,
        *,
        email: str = "",
        joins: Mapping[str, Role] = DEFAULT_JOINS,
        is_admin: bool = False,
    ) -> User:
        """A new user; without a password it can log in through a provider only.

        The password's strength is not judged here. Raises Invalid (the name), Taken.
        """
        if problem := names.problem(username):
            raise Invalid(problem)
        user = self.model(username=username, email=self.normalize_email(email))
        user.is_staff = user.is_superuser = is_admin
        user.set_password(password)
        return self.enroll(user, joins)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who may log in. An admin (`is_superuser`) acts as owner of every workspace."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=random_id, editable=False)
    username = models.CharField(
        max_length=names.MAX_USERNAME,
        unique=True,
        validators=[validate_username],
        error_messages={"unique": "A user with that name exists already."},
    )
    canonical = models.CharField(max_length=names.MAX_USERNAME, unique=True, editable=False)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Untick to lock this user out; what is open under this name closes in seconds.",
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="May log in to this admin site."
    )
    provider_id = models.CharField(
        max_length=255,
        unique=True,
        null=True,
        editable=False,
        help_text="The login provider that vouches for this user, and its own id there.",
    )
    created = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    @property
    def roles(self) -> list[str]:
        """What REST tells about this user."""
        return ["admin", "user"] if self.is_superuser else ["user"]

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password; an outdated hash is renewed, unless changed by now."""
        stored = self.password

        def upgrade(password: str) -> None:
            renewed = make_password(password)
            if User.objects.filter(pk=self.pk, password=stored).update(password=renewed):
                self.password = renewed

        return check_password(raw_password, stored, upgrade)

    def save(
        self,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
        *,
        keep_session: str | None = None,
    ) -> None:
        """Save. A new password and being disabled end all login sessions but `keep_session`."""
        self.canonical = names.canonical(self.username)
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "canonical"}
        ends_sessions = getattr(self, "_password", None) is not None or not self.is_active
        with transaction.atomic(using=using):
            super().save(
                force_insert=force_insert,
                force_update=force_update,
                using=using,
                update_fields=update_fields,
            )
            if ends_sessions:
                LoginSession.objects.end(self, except_for=keep_session)


class LoginSessionManager(models.Manager["LoginSession"]):
    """Ends login sessions."""

    def end(self, user: User, except_for: str | None = None) -> None:
        """Revoke all sessions of this user, apart from the one with the key `except_for`."""
        alive = self.filter(user=user, revoked_at=None)
        alive.exclude(pk=except_for).update(revoked_at=timezone.now())
        news.tell()

    def revoke(self, keys: Collection[str]) -> int:
        """Revoke the sessions with these keys; the number of those that were alive."""
        ended = self.filter(pk__in=keys, revoked_at=None).update(revoked_at=timezone.now())
        news.tell()
        return ended


class LoginSession(models.Model):
    """One login on one device: the tokens that carry its key as `jti` live and die with it."""

    key = models.CharField(
        primary_key=True, max_length=ID_LENGTH, default=random_id, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_sessions")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(
        db_index=True, help_text="When the newest token of this session ends."
    )
    revoked_at = models.DateTimeField("revoked", null=True, blank=True)
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects: ClassVar[LoginSessionManager] = LoginSessionManager()

    class Meta:
        indexes = [models.Index(fields=["user", "address"], name="login_session_user_address")]

    def __str__(self) -> str:
        return f"{self.user} since {self.created:%Y-%m-%d %H:%M}"


class Workspace(models.Model):
    """What belongs together and is shared by the same people."""

    key = models.CharField(
        primary_key=True, max_length=ID_LENGTH, default=random_id, editable=False
    )
    name = models.CharField(max_length=200)
    created = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=[(role.value, role.value) for role in Role])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_role_a_workspace")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.workspace}"


class Attempts(models.Model):
    """When something was tried lately, for one address or account."""

    key = models.CharField(primary_key=True, max_length=64)
    times = models.JSONField(default=list, help_text="Milliseconds since 1970, oldest first.")
    last = models.BigIntegerField(db_index=True, default=0)

    def __str__(self) -> str:
        return self.key


class SetupLink(models.Model):
    """The one-time secret that makes the first admin; at most one row, and only its hash."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_setup_link")]

    def __str__(self) -> str:
        return "set-up link"
