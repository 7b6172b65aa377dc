"""The processes of the cluster: which there are, and how each is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from nodius_site import processes
from nodius_site.admin.pages import guarded, show
from nodius_site.admin.site import KINDS


@require_http_methods(["GET", "HEAD"])
@guarded
def list_page(request: HttpRequest) -> HttpResponse:
    """All processes that share the store, and the brokers that this one knows."""
    rows = processes.seen()
    return show(request, "processes", KINDS["process"], rows=rows)
