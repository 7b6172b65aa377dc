"""Requests that change a workflow whose session another process holds: passed on to it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from nodius_site.passes import is_passed
from sync.passes import pass_for
from workflows.errors import Elsewhere, GivenUp

#: Seconds for an answer: no less than whoever is asked may take over a commit.
PATIENCE = 30.0


def answer(request: HttpRequest, to: Elsewhere) -> HttpResponse:
    """What the process that holds the workflow answers to this request. Raises GivenUp.

    What another process has passed on goes no further.
    """
    if is_passed(getattr(request, "scope", {})):
        raise GivenUp("Another process has taken this workflow; ask again.")
    # Whoever is alone need not wait for the import of an HTTP client.
    from sync.pipe import pass_on

    answered = pass_on(
        to,
        pass_for(to.process, settings.PASS_KEY),
        str(request.method),
        request.get_full_path(),
        {name.lower(): value for name, value in request.headers.items()},
        request.body,
        PATIENCE,
    )
    return HttpResponse(answered.body, status=answered.status, headers=dict(answered.headers))
