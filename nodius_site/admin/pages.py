"""What all pages have in common: who gets in, how they are rendered, how they page, what happens
when something fails.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

import accounts.errors
import media_store.errors
import store.base
import workflows.errors
from nodius_site.admin.site import KINDS, LABEL, may_see
from nodius_site.api import answer_to

logger = logging.getLogger(__name__)

#: What a page tells its reader, rather than fail.
FAILURES = (
    accounts.errors.AccountsError,
    workflows.errors.WorkflowError,
    media_store.errors.ImageError,
    store.base.StoreError,
)

#: Characters of a name outside of lists, where it may have a million.
NAME = 200

View: TypeAlias = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way to a page, with its address."""

    name: str
    url: str


def list_crumb(kind: str) -> Crumb:
    """The step that lists all things of a kind."""
    return Crumb(KINDS[kind], url_of(f"{kind}_changelist"))


def guarded(view: View) -> View:
    """A page for administrators; what fails on the way to it is told on a page of its own."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may_see(request):
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except FAILURES as error:
            return _problem(request, error)

    return inner


def show(
    request: HttpRequest,
    template: str,
    title: str,
    crumbs: Sequence[Crumb] = (),
    status: int = 200,
    **context: object,
) -> HttpResponse:
    """A page within the admin site's frame."""
    shown = {**admin.site.each_context(request), "title": title, "crumbs": crumbs, **context}
    return render(request, f"nodius_admin/{template}.html", shown, status=status)


def url_of(page: str, key: str | None = None) -> str:
    """The address of one of the pages, such as "workflow_change", about the thing with this key."""
    args = [] if key is None else [quote(key)]
    return reverse(f"admin:{LABEL}_{page}", args=args)


def numbered(request: HttpRequest, total: int, size: int) -> Page[int]:
    """The page that is asked for by `?p=`, or the one nearest to it that there is."""
    return Paginator(range(total), size).get_page(request.GET.get("p"))


def short(text: str, most: int = NAME) -> str:
    """The text, or as many characters of it as are shown."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def time_of(milliseconds: int) -> datetime | None:
    """A time as templates show it; None for what no calendar has."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _problem(request: HttpRequest, error: Exception) -> HttpResponse:
    answer = answer_to(error)
    if answer.status == 500:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
    text = answer.message or str(error)
    return show(request, "problem", "This cannot be shown", status=answer.status, problem=text)
