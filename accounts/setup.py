"""The one-time link that makes the first admin of a fresh install."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts.admins import create_admin
from accounts.errors import Forbidden, NotFound
from accounts.models import SetupLink, User

PATH = "/setup/"


def is_open() -> bool:
    """Whether nobody exists yet, so that the link may be used."""
    return not User.objects.exists()


def new_link() -> str:
    """Make a secret in place of an older one; the path of the page that takes it.

    The secret stands in the fragment, which a browser never sends. For the console only.
    """
    secret = secrets.token_urlsafe(32)
    SetupLink.objects.update_or_create(id=1, defaults={"digest": _digest(secret)})
    return f"{PATH}#{secret}"


def first_admin(secret: str, username: str, password: str) -> User:
    """Make the first admin and use up the link.

    Raises NotFound once somebody exists, Forbidden if the secret is wrong, Invalid if the name
    or the password cannot be accepted.
    """
    with transaction.atomic():
        # Who else makes a user deletes this row: one of us waits for the other.
        link = SetupLink.objects.select_for_update().first()
        if link is None or not is_open():
            raise NotFound("This server is set up already. Log in instead.")
        if not constant_time_compare(link.digest, _digest(secret)):
            raise Forbidden(
                "This is not the set-up secret. "
                "Copy the whole link that the server printed when it last started."
            )
        return create_admin(username, password)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
