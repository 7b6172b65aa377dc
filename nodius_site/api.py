"""The REST interface: its routers, and the one table of errors."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Literal

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import Router, Status
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, Field

import accounts.errors
import media_store.errors
import store.base
import store.current
import workflows.errors
import workflows.live
from accounts.api import BearerAuth, auth_router, workspace_router
from media_store.api import image_router
from nodius_site import forwarding
from nodius_site.cluster_api import router as cluster_router
from nodius_site.described import DescribedAPI
from nodius_site.errors import BY_STATUS, error_body
from nodius_site.json_io import MOST_VALUES, JsonParser, JsonRenderer, TooMany
from nodius_site.ready import router as ready_router
from workflows.api import history_router, workflow_router
from workflows.catalogs_api import category_router, data_type_router, node_config_router

logger = logging.getLogger(__name__)

EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

#: Details of a validation error beyond this many help nobody.
MOST_DETAILS = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """What an exception becomes; without a message, the exception's own text is told."""

    status: int
    code: str
    message: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def _usual(status: int, **headers: str) -> Answer:
    code, message = BY_STATUS[status]
    return Answer(
        status, code, message, {name.replace("_", "-"): headers[name] for name in headers}
    )


CHALLENGE = {"WWW-Authenticate": "Bearer"}
INVALID_JSON = Answer(
    400, "invalid_json", "The body is no valid JSON in UTF-8; check how it is encoded."
)
TOO_DEEP = Answer(413, "too_large", "The JSON is nested too deeply; flatten it.")
TOO_MANY = Answer(413, "too_large", f"The JSON holds over {MOST_VALUES:,} values; send fewer.")
#: By what the parser raised; all else is no JSON.
UNREADABLE: dict[type, Answer] = {RecursionError: TOO_DEEP, TooMany: TOO_MANY}
UNAVAILABLE = _usual(503, Retry_After="1")

#: The one table of errors: the class nearest to an exception's own says how it is answered.
ANSWERS: dict[type[Exception], Answer] = {
    Exception: _usual(500),
    Http404: _usual(404),
    SuspiciousOperation: _usual(400),
    RequestDataTooBig: _usual(413),
    UnreadablePostError: _usual(400),
    MultiPartParserError: _usual(400),
    accounts.errors.InvalidCredentials: Answer(401, "invalid_credentials", None, CHALLENGE),
    accounts.errors.Unauthorized: Answer(401, "unauthorized", None, CHALLENGE),
    accounts.errors.Forbidden: Answer(403, "forbidden"),
    accounts.errors.NotFound: Answer(404, "not_found"),
    accounts.errors.Taken: Answer(409, "conflict"),
    accounts.errors.Invalid: Answer(422, "validation_error"),
    accounts.errors.Throttled: Answer(429, "rate_limited"),
    workflows.errors.NotFound: Answer(404, "not_found"),
    workflows.errors.Taken: Answer(409, "conflict"),
    workflows.errors.Invalid: Answer(422, "validation_error"),
    workflows.errors.Damaged: Answer(500, "internal_error"),
    workflows.errors.GivenUp: UNAVAILABLE,
    media_store.errors.NotFound: Answer(404, "not_found"),
    media_store.errors.NotAnImage: Answer(415, "unsupported_media_type"),
    media_store.errors.Broken: Answer(422, "validation_error"),
    media_store.errors.TooLarge: Answer(413, "too_large"),
    media_store.errors.Busy: Answer(503, "unavailable", None, {"Retry-After": "2"}),
    media_store.errors.NotKept: Answer(503, "unavailable", None, {"Retry-After": "60"}),
    store.base.Unavailable: UNAVAILABLE,
    OperationalError: UNAVAILABLE,
    InterfaceError: UNAVAILABLE,
    store.base.Corrupt: Answer(500, "internal_error"),
    store.base.TooLarge: _usual(413),
}


api = DescribedAPI(
    title="Nodius",
    version="1",
    description="Workflows that people draw together. Live edits go over the WebSocket at /ws.",
    docs_url="/docs",
    openapi_url="/openapi.json",
    auth=BearerAuth(),
    parser=JsonParser(),
    renderer=JsonRenderer(),
)


@api.exception_handler(Exception)
@api.exception_handler(Http404)
@api.exception_handler(HttpError)
@api.exception_handler(ValidationError)
def answer_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """The response to whatever a call has raised."""
    match error:
        case ValidationError():
            return _answer_validation_error(request, error)
        case HttpError():
            # Ninja's own, for a body that the parser refused.
            return _respond(UNREADABLE.get(type(error.__cause__), INVALID_JSON))
        case workflows.errors.Elsewhere():
            return _ask_elsewhere(request, error)
        case workflows.errors.Refused():
            status = 413 if error.code == "too_large" else 422
            index: dict[str, object] = {} if error.index is None else {"index": error.index}
            return _respond(Answer(status, error.code, error.message), **index)
    found = answer_to(error)
    if found.status == 500:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
    response = _respond(found, text=error)
    if isinstance(error, accounts.errors.Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _ask_elsewhere(request: HttpRequest, elsewhere: workflows.errors.Elsewhere) -> HttpResponse:
    try:
        return forwarding.answer(request, elsewhere)
    except workflows.errors.GivenUp as error:
        return _respond(UNAVAILABLE, text=error)


def answer_to(error: Exception) -> Answer:
    """The row of the table for this exception."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def _answer_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Which fields are wrong and why, never what they held: it may have been a password."""
    from_body = any(each["loc"][0] == "body" for each in error.errors)
    if from_body and not request.body:
        return _respond(INVALID_JSON)
    details = [{"field": _field(each["loc"]), "message": each["msg"]} for each in error.errors]
    first = details[0]
    message = f"{first['field']}: {first['message']}"
    return _respond(Answer(422, "validation_error", message), details=details[:MOST_DETAILS])


def _field(loc: tuple[str | int, ...]) -> str:
    """Where the fault is, as the client named it: without what ninja puts in front of it."""
    source, *path = loc
    inside = path[1:] if source == "body" else path
    return ".".join(str(part)[:64] for part in inside) or str(source)


def _respond(answer: Answer, text: object = "", **more: object) -> HttpResponse:
    body = error_body(answer.code, answer.message or str(text), **more)
    return HttpResponse(
        body,
        status=answer.status,
        headers=answer.headers,
        content_type="application/json; charset=utf-8",
    )


class Health(BaseModel):
    """Whether the server can do its work now."""

    status: Literal["ok", "unavailable"]
    timestamp: int
    unsaved: int = Field(
        description="Open workflows whose last save failed; what was acknowledged is journalled."
    )


@api.get("/health", auth=None, response={200: Health, 503: Health}, tags=["health"])
def health(request: HttpRequest) -> Status[dict[str, object]]:
    """200 while the store answers, else 503."""
    timestamp = time.time_ns() // 1_000_000
    more = {"timestamp": timestamp, "unsaved": workflows.live.current().unsaved()}
    try:
        store.current.current().ping()
    except store.base.Unavailable:
        return Status(503, {"status": "unavailable", **more})
    return Status(200, {"status": "ok", **more})


elsewhere = Router()


@elsewhere.api_operation(EVERY_METHOD, "/{path:rest}", include_in_schema=False)
def nothing_here(request: HttpRequest, rest: str) -> None:
    """Every other path: it needs a token too, so that nobody learns without one what there is."""
    raise Http404


api.add_router("/cluster", cluster_router, tags=["cluster"])
api.add_router("/ready", ready_router, tags=["health"])
api.add_router("/auth", auth_router, tags=["auth"])
api.add_router("/workspace", workspace_router, tags=["workspaces"])
api.add_router("/workflow", workflow_router, tags=["workflows"])
api.add_router("/history", history_router, tags=["history"])
api.add_router("/category", category_router, tags=["categories"])
api.add_router("/nodeconfig", node_config_router, tags=["node configurations"])
api.add_router("/datatype", data_type_router, tags=["data types"])
api.add_router("/image", image_router, tags=["images"])
api.add_router("", elsewhere)
