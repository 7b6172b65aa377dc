"""Making administrators."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import names, passwords
from accounts.errors import Invalid, Taken
from accounts.models import User


def create_admin(username: str, password: str, email: str = "") -> User:
    """A new user who may do everything, here and on the admin site.

    Raises Taken if the name exists in any case or Unicode form, Invalid if one of the three
    cannot be accepted.
    """
    if problem := names.problem(username):
        raise Invalid(problem)
    if User.objects.filter(canonical=names.canonical(username)).exists():
        raise Taken(f"The user {username!r} exists already; nothing was changed.")
    if email:
        _check_email(email)
    passwords.check(password, User(username=username, email=email))
    return User.objects.create_user(username, password, email=email, is_admin=True)


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(f"{email!r} is no e-mail address.") from None
