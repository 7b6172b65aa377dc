"""What administrators did on these pages: in Django's log of it, and in the server's own."""

from __future__ import annotations

import logging

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User
from nodius_site.admin.site import LABEL

logger = logging.getLogger(__name__)


def actor(request: HttpRequest) -> User:
    """Who asks, on a page that only administrators see."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user


def note(request: HttpRequest, kind: str, key: str, name: str, what: str) -> None:
    """Write down what the administrator did with the thing of this kind, key and name.

    `kind` is one of `site.KINDS`; `name` has at most 200 characters.
    """
    user = actor(request)
    logger.info("administrator %s, %s %r: %s", user.username, kind, key, what)
    LogEntry.objects.create(
        user_id=user.pk,
        content_type_id=_type_of(kind).pk,
        object_id=key,
        object_repr=name,
        action_flag=CHANGE,
        change_message=what,
    )


def notes(key: str, most: int) -> list[LogEntry]:
    """What was done on these pages with the thing of this key, newest first."""
    entries = LogEntry.objects.filter(content_type__app_label=LABEL, object_id=key)
    return list(entries.select_related("user").order_by("-action_time")[:most])


def _type_of(kind: str) -> ContentType:
    # Of no model; Django makes a link to the page of the thing from it all the same.
    found, _ = ContentType.objects.get_or_create(app_label=LABEL, model=kind)
    return found
