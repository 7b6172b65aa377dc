"""A picture as an HTTP answer: streamed, in part if that is asked for, and harmless to browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files.base import File
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

from media_store.ranges import Span, Unsatisfiable, span
from media_store.repository import Image

#: Bytes read at a time.
CHUNK = 256 * 1024
ALWAYS = {
    "Accept-Ranges": "bytes",
    # What a key stands for never changes.
    "Cache-Control": "public, max-age=31536000, immutable",
    # Should somebody find bytes that are a picture and a page as well, nothing of it runs.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


class Chunks:
    """Some bytes of a file, read in threads so that the loop never waits for a disk."""

    def __init__(self, file: File[Any], part: Span) -> None:
        self.file = file
        self.part = part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes, piece by piece."""
        read = sync_to_async(self.file.read, thread_sensitive=False)
        await sync_to_async(self.file.seek, thread_sensitive=False)(self.part.start)
        left = self.part.end - self.part.start
        while left and (chunk := await read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Close the file; Django calls this however the answer ends."""
        self.file.close()


def etag(image: Image, width: int | None) -> str:
    """What changes with the bytes: of the picture itself, or of its copy of this width."""
    return f'"{image.hash}"' if width is None else f'"{image.hash}-{width}"'


def is_known(request: HttpRequest, tag: str) -> bool:
    """Whether the client says that it has these bytes already."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or tag in {each.removeprefix("W/") for each in known}


def not_modified(tag: str) -> HttpResponse:
    """304: what the client has is what there is."""
    return HttpResponseNotModified(headers={"ETag": tag, **ALWAYS})


def whole_or_part(
    request: HttpRequest, image: Image, file: File[Any], tag: str
) -> HttpResponseBase:
    """The bytes of an open file, which the answer closes; or those that `Range` asks for."""
    size = file.size
    headers = {**ALWAYS, "ETag": tag, "Content-Disposition": _disposition(image)}
    try:
        part = span(_asked(request, tag), size)
    except Unsatisfiable:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    sent = part or Span(0, size)
    headers["Content-Length"] = str(sent.end - sent.start)
    status = 206 if part else 200
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers, content_type=image.mime)
    return StreamingHttpResponse(
        Chunks(file, sent), status=status, headers=headers, content_type=image.mime
    )


def _asked(request: HttpRequest, tag: str) -> str:
    """The Range header, if it holds for the bytes that there are."""
    if request.method != "GET" or request.headers.get("If-Range", tag) != tag:
        return ""
    return request.headers.get("Range", "")


def _disposition(image: Image) -> str:
    """Shown in the page; saved, it is called by its name, but ends as what it is."""
    plain = re.sub(r'[\x00-\x1f\x7f\\/:*?"<>|]+', "_", image.name)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", plain).strip(". ")
    name = f"{stem or 'image'}.{ENDINGS[image.mime]}"
    return str(content_disposition_header(False, name))
