"""What holds for every answer under /api: both forms of a path, one shape of errors, no caching."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from nodius_site.errors import plain_error

PREFIX = "/api/"


class ApiMiddleware:
    """Goes first in MIDDLEWARE, to see what Django itself and every other middleware answer.

    A path under /api is served with and without a trailing slash. An error that is not JSON yet,
    such as Django's own 400 and 404 or a 405, gets the one shape and keeps its headers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not f"{request.path_info}/".startswith(PREFIX):
            return self.get_response(request)
        request.path_info = request.path_info.removesuffix("/")
        response = self.get_response(request)
        if response.status_code >= 400 and not _is_json(response):
            _reshape(response)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


def _is_json(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")


def _reshape(response: HttpResponseBase) -> None:
    if isinstance(response, HttpResponse):
        response.content = plain_error(response.status_code)
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.headers["Content-Length"] = str(len(response.content))
