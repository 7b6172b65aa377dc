"""The pages of this app: the set-up page, and the one that says to wait."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import setup, throttle
from accounts.errors import Forbidden, Invalid, NotFound, Taken, Throttled
from accounts.forms import SetupForm
from accounts.login import peer

#: The page shows itself and runs its own script; nothing else may.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@sensitive_post_parameters()
@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def setup_page(request: HttpRequest) -> HttpResponse:
    """The form that makes the first admin, while nobody exists."""
    if not setup.is_open():
        return _page(request, "gone", 410)
    if request.method != "POST":
        return _page(request, "form", 200, form=SetupForm())
    try:
        throttle.count(throttle.SETUPS_OF_ADDRESS, peer(request))
    except Throttled as throttled:
        return too_many(request, throttled)
    return _submit(request, SetupForm(request.POST))


def too_many(request: HttpRequest, throttled: Throttled) -> HttpResponse:
    """The page for somebody who has tried too often."""
    response = _page(request, "wait", 429, message=str(throttled))
    response.headers["Retry-After"] = str(throttled.retry_after)
    return response


def _submit(request: HttpRequest, form: SetupForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, "form", 422, form=form)
    given = form.cleaned_data
    try:
        setup.first_admin(given["secret"], given["username"], given["password1"])
    except (NotFound, Taken):
        return _page(request, "gone", 410)
    except Forbidden as forbidden:
        form.add_error("secret", str(forbidden))
        return _page(request, "form", 403, form=form)
    except Invalid as invalid:
        form.add_error(None, str(invalid))
        return _page(request, "form", 422, form=form)
    return _page(request, "done", 200)


def _page(request: HttpRequest, state: str, status: int, **more: object) -> HttpResponse:
    response = render(request, "accounts/page.html", {"state": state, **more}, status=status)
    response.headers["Content-Security-Policy"] = _POLICY
    return response
