"""The one shape of every error under /api, and what stands for a status that says nothing more."""

from __future__ import annotations

import msgspec

BY_STATUS = {
    400: (
        "bad_request",
        "The request could not be understood; /api/docs shows what it should look like.",
    ),
    401: (
        "unauthorized",
        "Send `Authorization: Bearer <token>`; POST /api/auth/login gives you a token.",
    ),
    403: (
        "forbidden",
        "Your role does not allow this; ask an owner of the workspace for another one.",
    ),
    404: ("not_found", "There is nothing at this address; /api/docs lists every call."),
    405: ("method_not_allowed", "This address does not take that method; see the Allow header."),
    408: ("timeout", "The request came too slowly; send it again, all at once."),
    409: ("conflict", "Somebody was faster; read it again and repeat your change."),
    413: ("too_large", "The request is too large; send less at once."),
    415: (
        "unsupported_media_type",
        "Send JSON in UTF-8 as application/json, and an image as multipart/form-data.",
    ),
    416: (
        "range_not_satisfiable",
        "These bytes are not there; Content-Range says how many there are.",
    ),
    429: ("rate_limited", "Too many requests; wait as long as Retry-After says."),
    431: ("too_large", "The headers of the request are too large; send fewer."),
    500: (
        "internal_error",
        "Something broke on our side; try again, and tell who runs this server.",
    ),
    503: ("unavailable", "The server cannot answer now; try again in a moment."),
}


def error_body(code: str, message: str, **more: object) -> bytes:
    """The JSON of one error: its code, a sentence that says what to do, `details` or `index`."""
    return msgspec.json.encode({"error": code, "message": message, **more})


def plain_error(status: int) -> bytes:
    """The JSON of an error of which only the status is known."""
    known = BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]
    return error_body(*known)
