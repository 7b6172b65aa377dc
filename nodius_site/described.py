"""The description of the calls at /api/openapi.json, with what is answered before they are asked.

A call names what it answers itself; here is added what others say in its place: those who look at
the token, count requests, or read the body.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from nodius_site.rate_limit import FREE

#: Said of the token, of how often somebody calls, and of what a call needs.
TOKEN = {401}
COUNTED = {429, 503}
INPUT = {400, 422}
BODY = {400, 408, 413, 415, 422}
PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


class DescribedAPI(NinjaAPI):
    """Ninja's, with a description that is complete."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The description of every call, with each status that it may have."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for path, calls in schema["paths"].items():
            for call in calls.values():
                for status in _answered_for(path, call) - call["responses"].keys():
                    problem = {"description": HTTPStatus(status).phrase, "content": PROBLEM}
                    call["responses"][status] = problem
        return schema


def _answered_for(path: str, call: dict[str, Any]) -> set[int]:
    """The statuses with which a call may be answered without having been asked."""
    statuses = set() if path in FREE else set(COUNTED)
    if call.get("security"):
        statuses |= TOKEN
    if any(each["in"] == "query" for each in call["parameters"]):
        statuses |= INPUT
    if "requestBody" in call:
        statuses |= BODY
    return statuses
