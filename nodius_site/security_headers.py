"""What a browser may do with what it gets from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: For what is no page. Whoever opens it in a browser gets text, and nothing that runs.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#: For pages of ours: what they need comes from here, and nothing stands within them.
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: The page that describes the calls writes styles into its elements.
DOCS = PAGE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
#: For the editor: pictures also from its own memory. Its socket is of the same host: 'self'.
EDITOR = PAGE.replace("img-src 'self' data:", "img-src 'self' data: blob:")
#: For the pages of others, in the folder that `static` names: they run what they bring along.
FOLDER = "base-uri 'self'; object-src 'none'; frame-ancestors 'none'"


class SecurityHeaders:
    """Goes before all middleware that may answer; Django's SecurityMiddleware does the rest.

    A policy that an answer brings along stays. Cookies that come by https never leave it.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        markcoroutinefunction(self)
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request.path_info))
        # The same again, for browsers that know nothing newer.
        response.headers.setdefault("X-Frame-Options", "DENY")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        if request.headers.get("Host", "").partition(":")[0] == "localhost":
            # That name is everybody's: other servers on the same machine may have no TLS.
            response.headers.pop("Strict-Transport-Security", None)
        return response


def _policy(path: str) -> str:
    if path.startswith("/api/docs"):
        return DOCS
    return NOTHING if f"{path}/".startswith("/api/") else PAGE
