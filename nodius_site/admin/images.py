"""The images, as they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.models import User, Workspace
from media_store import current
from media_store.repository import Image
from nodius_site.admin.pages import guarded, numbered, show, time_of
from nodius_site.admin.site import KINDS

#: Images on a page, and pixels that a preview is wide; the page shows it at half of that.
PAGE, WIDTH = 50, 320


@dataclass(frozen=True, slots=True)
class Row:
    """An image in the list, with the addresses of the picture and of its preview."""

    image: Image
    url: str
    preview: str
    workspace: str
    username: str
    created: datetime | None


@require_http_methods(["GET", "HEAD"])
@guarded
def list_page(request: HttpRequest) -> HttpResponse:
    """The images, newest first; `?workspace=` shows those of one."""
    workspace = request.GET.get("workspace")
    where = None if workspace is None else (workspace,)
    _, total = current.images().page(where, 0, 0)
    page = numbered(request, total, PAGE)
    images, _ = current.images().page(where, PAGE, max(page.start_index() - 1, 0))
    rows = _rows(images)
    return show(request, "images", KINDS["image"], rows=rows, page=page, workspace=workspace)


def _rows(images: Sequence[Image]) -> list[Row]:
    workspaces = Workspace.objects.filter(pk__in={each.workspace for each in images})
    users = User.objects.filter(pk__in={each.userId for each in images})
    places = dict(workspaces.values_list("key", "name"))
    names = dict(users.values_list("pk", "username"))
    return [
        Row(
            each,
            f"/api/image/{each.key}",
            f"/api/image/{each.key}?width={WIDTH}",
            places.get(each.workspace, each.workspace),
            names.get(each.userId, each.userId),
            time_of(each.createdAt),
        )
        for each in images
    ]
