"""Static files: those of the admin site and the docs; at / the editor, or what `static` names."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from servestatic.compress import Compressor  # type: ignore[import-untyped]
from servestatic.middleware import ServeStaticMiddleware  # type: ignore[import-untyped]
from servestatic.responders import (  # type: ignore[import-untyped]
    NotARegularFileError,
    Redirect,
    StaticFile,
)

from nodius_site.security_headers import EDITOR, FOLDER

#: What is served by others, whatever the folder holds.
OURS = {"api", "ws", "admin", "setup", "static", "metrics"}
#: Files of at least and at most so many bytes are compressed; others gain nothing, or take long.
COMPRESSED = range(1024, 32 * 1024 * 1024)


class StaticFiles(ServeStaticMiddleware):  # type: ignore[misc]
    """Answers where there is a file. The folder is looked at anew at each request, so that its
    files may be replaced while the server runs; the others are listed once, at the start.

    Of the folder nothing is served that begins with a dot, lies elsewhere behind a symbolic link,
    or has an address of ours. Nothing is ever listed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        folder: Path | None = settings.STATIC_FOLDER or settings.EDITOR_FOLDER
        self.policy = FOLDER if settings.STATIC_FOLDER else EDITOR
        self.folder = os.path.realpath(folder) + os.sep if folder else None
        super().__init__(get_response)
        self.cache = settings.DATA_DIR / "static"
        if self.folder:
            self.cache.mkdir(mode=0o700, exist_ok=True)
            self.insert_directory(self.folder, "/")

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if self.folder and request.method in ("GET", "HEAD") and _may_be_in_the_folder(path):
            found = await asyncio.to_thread(self.find, path)
            if found is not None:
                response: HttpResponseBase = await self.aserve(found, request)
                response.headers["Content-Security-Policy"] = self.policy
                return response
        passed_on: HttpResponseBase = await super().__call__(request)
        return passed_on

    def find(self, path: str) -> StaticFile | Redirect | None:
        """The file in the folder that this path of an address names, if there is one."""
        with suppress(NotARegularFileError, OSError, ValueError):
            return self.find_file(path)
        return None

    def get_static_file(
        self, path: str, url: str, stat_cache: dict[str, os.stat_result] | None = None
    ) -> StaticFile:
        """A file with its headers; one of the folder may be had compressed too."""
        if not self.folder or not path.startswith(self.folder):
            return super().get_static_file(path, url, stat_cache)
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        encodings = {"br": f"{path}.br", "gzip": f"{path}.gz"}
        if not Path(encodings["gzip"]).is_file() and (made := self._compressed(Path(path))):
            encodings["gzip"] = str(made)
        return StaticFile(path, headers.items(), encodings)

    def add_cache_headers(self, headers: Headers, path: str, url: str) -> None:
        """For ever if a hash is in the name, a page never without asking, others for a minute."""
        if self.folder and path.startswith(self.folder) and path.endswith(".html"):
            headers["Cache-Control"] = "no-cache"
        else:
            super().add_cache_headers(headers, path, url)

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Whether the name has a hash of the content in it: name.0123456789ab.js."""
        return bool(self.DEFAULT_IMMUTABLE_FILE_TEST.search(url)) or super().immutable_file_test(
            path, url
        )

    def _compressed(self, file: Path) -> Path | None:
        """The file compressed, made if it was not yet or has changed since."""
        if not file.is_file() or not Compressor(quiet=True).should_compress(file.name):
            return None
        found = file.stat()
        if found.st_size not in COMPRESSED:
            return None
        name = hashlib.sha256(os.fsencode(file)).hexdigest()[:32]
        made = self.cache / f"{name}-{found.st_mtime_ns:x}-{found.st_size:x}.gz"
        if not made.exists():
            for older in self.cache.glob(f"{name}-*"):
                older.unlink(missing_ok=True)
            _compress(file, made)
        return made


def _may_be_in_the_folder(path: str) -> bool:
    first, *others = path.removeprefix("/").split("/")
    return first not in OURS and not any(part.startswith(".") for part in (first, *others))


def _compress(file: Path, made: Path) -> None:
    descriptor, draft = tempfile.mkstemp(dir=made.parent)
    try:
        with (
            os.fdopen(descriptor, "wb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as target,
            file.open("rb") as source,
        ):
            shutil.copyfileobj(source, target)
        Path(draft).replace(made)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
