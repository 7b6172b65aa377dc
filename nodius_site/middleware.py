"""What holds for every answer under /api: both forms of a path, one shape of errors, no caching."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from nodius_site.errors import plain_error
from nodius_site.refusal import Refusal, refused

PREFIX = "/api/"


class ApiMiddleware:
    """Goes before all middleware that may answer, to see what it and Django itself have to say.

    What was refused in front of Django is answered here, whatever its path.
    A path under /api is served with and without a trailing slash. An error that is not JSON yet,
    such as Django's own 400 and 404 or a 405, gets the one shape and keeps its headers.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        markcoroutinefunction(self)
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refusal = refused(getattr(request, "scope", {}))
        if refusal is not None:
            return _refusal(refusal)
        if not f"{request.path_info}/".startswith(PREFIX):
            return await self.get_response(request)
        request.path_info = request.path_info.removesuffix("/")
        response = await self.get_response(request)
        if response.status_code >= 400 and not _is_json(response):
            _reshape(response)
        # A request refers to itself by its user and its messages, and lives on until it is
        # collected: not with a whole workflow as its body, which its stream holds too.
        for body in ("_body", "_stream"):
            vars(request).pop(body, None)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


def _refusal(refusal: Refusal) -> HttpResponse:
    response = HttpResponse(status=refusal.status, headers=dict(refusal.headers))
    _reshape(response)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_json(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")


def _reshape(response: HttpResponseBase) -> None:
    if isinstance(response, HttpResponse):
        response.content = plain_error(response.status_code)
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.headers["Content-Length"] = str(len(response.content))
