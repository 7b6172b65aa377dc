"""The bytes of images in Django's storage: a folder for each picture, with its narrower copies.

A folder's name is never used again. So what is deleted late, or written late, is never what
somebody else has just begun to use.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

from media_store.errors import ImageError, NotFound, NotKept

logger = logging.getLogger(__name__)

#: How old a file without an image has to be before it is swept: older than any upload takes.
GRACE = timedelta(days=1)
FOLDER = re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}")
GONE = "The bytes of this image are gone; upload it again."


class Files:
    """Folders of one storage. Every method may raise NotKept."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def new_folder(self, hash: str) -> str:
        """A name that no folder has had; those of equal hashes begin alike."""
        return f"{hash[:2]}/{hash}-{secrets.token_hex(8)}"

    def keep(self, folder: str, content: bytes, width: int | None = None) -> None:
        """Keep the bytes of a picture, or of its copy of this width."""
        with _explained():
            self.storage.save(_name(folder, width), ContentFile(content))

    def has(self, folder: str) -> bool:
        """Whether the picture's own bytes are there."""
        with _explained():
            return self.storage.exists(_name(folder, None))

    def open(self, folder: str, width: int | None = None) -> File[Any]:
        """The bytes, opened to read. Raises NotFound."""
        with _explained():
            return self.storage.open(_name(folder, width))

    def widths(self, folder: str) -> list[int]:
        """The widths of which there are copies, ascending."""
        with _explained():
            names = self.storage.listdir(folder)[1]
        return sorted(int(name[1:]) for name in names if name[:1] == "w" and name[1:].isdigit())

    def drop(self, folder: str) -> None:
        """Delete the picture and its copies; what is left of them is swept later."""
        try:
            with _explained():
                for name in self.storage.listdir(folder)[1]:
                    self.storage.delete(f"{folder}/{name}")
                self.storage.delete(folder)
        except ImageError:
            logger.warning("the files in %s were not deleted, only forgotten", folder)

    def sweep(self, beside: str, is_used: Callable[[list[str]], set[str]]) -> None:
        """Drop the old folders beside this one that nothing refers to: what a crash left.

        `is_used` says which of a list of folders are referred to.
        """
        shard = beside.partition("/")[0]
        with _explained():
            names = self.storage.listdir(shard)[0]
        folders = [f"{shard}/{name}" for name in names if FOLDER.fullmatch(name)]
        for folder in set(folders) - is_used(folders):
            if self._is_old(folder):
                self.drop(folder)

    def _is_old(self, folder: str) -> bool:
        try:
            with _explained():
                names = [f"{folder}/{name}" for name in self.storage.listdir(folder)[1]]
                written = [self.storage.get_modified_time(each) for each in names or [folder]]
        except NotFound:
            return False  # it is going, or being written, right now
        return max(written) < _now() - GRACE


def hash_of(folder: str) -> str:
    """The hash of the picture that a folder was made for."""
    return folder.partition("/")[2].partition("-")[0]


def _name(folder: str, width: int | None) -> str:
    return f"{folder}/original" if width is None else f"{folder}/w{width}"


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, SuspiciousFileOperation):
        raise NotFound(GONE) from None
    except Exception as error:
        # Each kind of storage has errors of its own.
        logger.error("the storage of images failed", exc_info=error)
        raise NotKept(
            "The place where images are kept is full or does not answer; nothing was changed. "
            "Try again later, and tell who runs this server."
        ) from error
