"""The folder in which images are kept: Django's file storage, made safe against a crash."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class FolderStorage(FileSystemStorage):
    """Files below one folder, for its owner alone.

    A file is there whole and survives a crash once `save` returns; until then it is not there. One
    of the same name is replaced. A name that leads out of the folder, also by a symbolic link, is
    SuspiciousFileOperation.
    """

    @cached_property
    def location(self) -> str:
        """The folder, with no link on the way to it."""
        return os.path.realpath(self.base_location)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself, as who saves here knows what is to be replaced."""
        return name

    def path(self, name: str) -> str:
        """Where the file is. Raises SuspiciousFileOperation."""
        path = super().path(name)
        if os.path.realpath(path) != path:
            raise SuspiciousFileOperation(f"{name} is a link, or below one")
        return path

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._write(path, content)
        except BaseException:
            with suppress(OSError):
                path.parent.rmdir()  # if nothing else is in it
            raise
        self._sync_folders(path)
        return name

    def _write(self, path: Path, content: File[Any]) -> None:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(descriptor)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def _sync_folders(self, path: Path) -> None:
        """Make the folders on the way to the file survive a crash as well."""
        if sys.platform == "win32":
            return
        above = Path(self.location).parent
        for folder in path.parents:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if folder == above:
                break
