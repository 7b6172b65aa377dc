"""`/metrics`: what is counted, for Prometheus, and for those alone who may know it."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from accounts import tokens
from accounts.errors import AccountsError
from nodius_site.errors import plain_error
from nodius_site.layer_metrics import LayerCollector
from sync.hub import Hub
from sync.metrics import REGISTRY

REQUESTS = Counter(
    "nodius_http_requests",
    "Answered requests by route, method and status; 499 where the client left.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "nodius_http_request_duration_seconds",
    "Time of a request, up to the last byte of its answer.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
SESSIONS = Gauge("nodius_sessions", "Open workflows.", registry=REGISTRY)
UNSAVED = Gauge("nodius_unsaved", "Open workflows whose last save failed.", registry=REGISTRY)
AUTOSAVE_LAG = Gauge(
    "nodius_autosave_lag_seconds",
    "Age of the oldest change that is in the journal and in no snapshot yet.",
    registry=REGISTRY,
)
ProcessCollector(registry=REGISTRY)
REGISTRY.register(LayerCollector())

#: Everything else that somebody sends as a method is one.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def watch(hub: Hub) -> None:
    """Tell of this hub from now on."""
    told: tuple[tuple[Gauge, Callable[[], float]], ...] = (
        (SESSIONS, lambda: hub.count),
        (UNSAVED, lambda: hub.unsaved),
        (AUTOSAVE_LAG, lambda: hub.lag),
    )
    for gauge, value in told:
        gauge.set_function(value)


def request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count an answered request; without a `route` nothing of its path is told."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(route or "other", known, status).inc()
    REQUEST_SECONDS.labels(route or "other", known).observe(seconds)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The metrics, to who shows `metrics_token` or an administrator's token.

    There is no exception for this machine: a proxy on it may well forget to say for whom it asks.
    """
    status = _status(request.headers.get("Authorization", ""))
    if status != 200:
        return HttpResponse(
            plain_error(status),
            status=status,
            headers=CHALLENGE if status == 401 else {},
            content_type="application/json; charset=utf-8",
        )
    return HttpResponse(
        generate_latest(REGISTRY),
        content_type=CONTENT_TYPE_PLAIN_0_0_4,
        headers={"Cache-Control": "no-store"},
    )


def _status(authorization: str) -> int:
    """200, or how to refuse who shows this."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    # An empty one is nobody's, also where the option was not given.
    if scheme.lower() != "bearer" or not token:
        return 401
    if _is_ours(token):
        return 200
    try:
        return 200 if tokens.authenticate(token).is_admin else 403
    except AccountsError:
        return 401
    except (OperationalError, InterfaceError):
        return 503


def _is_ours(token: str) -> bool:
    return hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
