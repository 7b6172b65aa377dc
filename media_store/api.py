"""The calls under /api/image."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from accounts.access import Role
from accounts.api import Request
from accounts.paging import Limit, Offset
from accounts.problems import Problem
from media_store import current, responses
from media_store.errors import TooLarge
from media_store.picture import MAX_BYTES, TOO_MANY_BYTES
from media_store.repository import MISSING, Image
from media_store.schemas import ImageList, Name, NewName, Renamed, Uploaded, Width
from workflows import answers, reach
from workflows.schemas import FAILS

image_router = Router(by_alias=True)

#: What a name may have, and what is left of a file's own.
LONGEST_NAME = 255
BINARY = {"schema": {"type": "string", "format": "binary"}}
BYTES = {
    "description": "The picture",
    "content": dict.fromkeys(responses.ENDINGS, BINARY),
}


@image_router.post(
    "/upload",
    response={201: Uploaded, **FAILS},
    summary="Upload an image",
)
def upload_image(
    request: Request,
    file: Annotated[UploadedFile, File()],
    name: Annotated[Name | None, Form()] = None,
    workspace: Annotated[str | None, Form()] = None,
) -> Status[dict[str, object]]:
    """Keep a PNG, JPEG, WebP or GIF, decoded and encoded anew, upright and without metadata.

    Without a `name` it gets the file's own; without a `workspace` it goes to `default`.
    """
    place = reach.for_new(request.auth, workspace)
    if file.size is None or file.size > MAX_BYTES:
        raise TooLarge(TOO_MANY_BYTES)
    picture = current.decoders.remake(file.read())
    called = name or _name_of(file)
    image = current.images().add(called, place, request.auth.user_id, picture)
    shown = _shown(image)
    del shown["_key"], shown["createdAt"]
    return Status(201, {"imageKey": image.key, **shown})


@image_router.get("", response=ImageList, summary="List images")
def list_images(
    request: Request, workspace: str | None = None, limit: Limit = 50, offset: Offset = 0
) -> HttpResponse:
    """The images one may see, newest first."""
    workspaces = reach.listed(request.auth, workspace)
    images, total = current.images().page(workspaces, limit, offset)
    return answers.json({"images": [_shown(each) for each in images], "total": total})


@image_router.get(
    "/{key}",
    auth=None,
    response={200: None, 206: None, 304: None, frozenset({404, 413, 416}): Problem},
    openapi_extra={"responses": {200: BYTES, 206: {**BYTES, "description": "A part of it"}}},
    summary="Show an image",
)
@image_router.api_operation(["HEAD"], "/{key}", auth=None, include_in_schema=False)
def show_image(request: HttpRequest, key: str, width: Width = None) -> HttpResponseBase:
    """The picture, for anybody who knows its key; with `width` a copy that is no wider.

    `Range` and `If-None-Match` are heeded. A copy is made when it is first asked for.
    """
    image = current.images().get(key)
    file, shown = current.copies().open(image, width)
    tag = responses.etag(image, shown)
    if responses.is_known(request, tag):
        file.close()
        return responses.not_modified(tag)
    return responses.whole_or_part(request, image, file, tag)


@image_router.put("/{key}/rename", response={200: Renamed, **FAILS}, summary="Rename an image")
def rename_image(request: Request, key: str, given: NewName) -> HttpResponse:
    """Give an image another name; its address stays."""
    _reached(request, key)
    return answers.json({"image": _shown(current.images().rename(key, given.name))})


@image_router.delete("/{key}", response={204: None, **FAILS}, summary="Delete an image")
def delete_image(request: Request, key: str) -> Status[None]:
    """Delete an image; its bytes go with the last image that shows them."""
    _reached(request, key)
    current.images().remove(key)
    return Status(204, None)


def _reached(request: Request, key: str) -> None:
    """Return if the user may change this image. Raises NotFound, Forbidden."""
    image = current.images().get(key)
    reach.require(request.auth, image.workspace, Role.EDITOR, MISSING)


def _shown(image: Image) -> dict[str, object]:
    return {
        "_key": image.key,
        "name": image.name,
        "url": f"/api/image/{image.key}",
        "mime": image.mime,
        "size": image.size,
        "width": image.width,
        "height": image.height,
        "createdAt": image.createdAt,
    }


def _name_of(file: UploadedFile) -> str:
    """The file's name without a path and without what cannot be shown."""
    plain = "".join(each for each in PurePosixPath(file.name or "").name if each.isprintable())
    return plain.strip()[-LONGEST_NAME:] or "image"
