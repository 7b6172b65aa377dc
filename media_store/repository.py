"""The images in the store, and their bytes: equal bytes are kept once, and counted.

The order of writing is what makes it safe. Bytes are there before any document names them, and go
when no document names them any more; in between may be a crash. `image_files` holds, by hash, the
folder and how many images show it, and both change by condition in the write that adds or removes
an image. So of an upload and a deletion at once one comes second, looks again, and finds either the
folder with one more image, or none and makes another.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict, dataclass, fields

from media_store.errors import Busy, ImageError, NotFound
from media_store.files import Files, hash_of
from media_store.picture import Picture
from store.base import (
    AnyOf,
    Body,
    Conflict,
    Delete,
    Document,
    DocumentStore,
    Insert,
    Operation,
    Order,
    Patch,
    Scalar,
    StoreError,
    Where,
)
from store.collections import IMAGE_FILES, IMAGES
from workflows.repository import now

logger = logging.getLogger(__name__)

#: How often a write is tried while others change the same images: one of all always succeeds.
ATTEMPTS = 100
MISSING = (
    "This image does not exist, or you are no member of its workspace; "
    "GET /api/image lists those you may see."
)
CONTENDED = "Others change the same image all the time; try again in a moment."


@dataclass(frozen=True, slots=True)
class Image:
    """An image: what people call it, and where its bytes are. `createdAt` is in ms since 1970."""

    key: str
    name: str
    workspace: str
    userId: str
    createdAt: int
    mime: str
    width: int
    height: int
    size: int
    hash: str
    folder: str


FIELDS = tuple(each.name for each in fields(Image) if each.name != "key")


@dataclass(frozen=True, slots=True)
class Held:
    """Where bytes are kept, and how many images show them."""

    folder: str
    count: int


@dataclass(frozen=True, slots=True)
class About:
    """What belongs to an image beside its bytes."""

    name: str
    workspace: str
    userId: str
    createdAt: int


class Images:
    """Reads and writes images. Every method may raise store.base.Unavailable."""

    def __init__(self, store: DocumentStore, files: Files) -> None:
        self.store = store
        self.files = files

    def get(self, key: str) -> Image:
        """One image. Raises NotFound."""
        found = self._find(key)
        if found is None:
            raise NotFound(MISSING)
        return found

    def content(self, image: Image) -> bytes:
        """The bytes of an image. Raises NotFound, NotKept."""
        with self.files.open(image.folder) as file:
            content: bytes = file.read()
        return content

    def page(
        self, workspaces: tuple[str, ...] | None, limit: int, offset: int
    ) -> tuple[list[Image], int]:
        """The images of these workspaces (None: of all), newest first, and how many there are."""
        where: Where = {} if workspaces is None else {"workspace": AnyOf(workspaces)}
        page = self.store.find(IMAGES, where, order=Order.DESCENDING, limit=limit, offset=offset)
        return [_read(each) for each in page.items], page.total

    def add(self, name: str, workspace: str, user_id: str, picture: Picture) -> Image:
        """Keep a new image, under a key that nobody can guess. Raises NotKept, Busy."""
        key = secrets.token_hex(16)
        return self.put(key, About(name, workspace, user_id, now()), picture)

    def put(self, key: str, about: About, picture: Picture) -> Image:
        """Keep an image under this key, in place of the one that has it. Raises NotKept, Busy."""
        own = self.files.new_folder(picture.hash)
        written: set[str] = set()
        for _ in range(ATTEMPTS):
            old, held = self._find(key), self._held(picture.hash)
            image = _image(key, about, picture, held.folder if held else own)
            if not self.files.has(image.folder):
                self.files.keep(image.folder, picture.content)
                written.add(image.folder)
            if self._exchange(old, image, held):
                self._tidy(written, image.folder)
                return image
        raise Busy(CONTENDED)

    def rename(self, key: str, name: str) -> Image:
        """Give an image another name. Raises NotFound."""
        try:
            self.store.write([Patch(IMAGES, key, {"name": name})])
        except Conflict:
            raise NotFound(MISSING) from None
        return self.get(key)

    def remove(self, key: str) -> None:
        """Delete an image, and its bytes if no other one shows them. Raises NotFound, Busy."""
        for _ in range(ATTEMPTS):
            if self._exchange(self.get(key), None):
                return
        raise Busy(CONTENDED)

    def _find(self, key: str) -> Image | None:
        found = self.store.get(IMAGES, key)
        return _read(found) if found else None

    def _held(self, hash: str) -> Held | None:
        found = self.store.get(IMAGE_FILES, hash)
        return Held(found.body["folder"], found.body["count"]) if found else None

    def _exchange(self, old: Image | None, new: Image | None, held: Held | None = None) -> bool:
        """Put one image in the place of another, in one write; False if somebody was faster.

        `held` is how the bytes of the new one were found to be kept.
        """
        operations = [_change(old, new)]
        left = None
        if old is None or new is None or old.hash != new.hash:
            left = self._one_less(old) if old else None
            operations += [each for each in (left, _one_more(new, held) if new else None) if each]
        try:
            self.store.write(operations)
        except Conflict:
            return False
        if old and isinstance(left, Delete):
            self.files.drop(old.folder)
        return True

    def _one_less(self, image: Image) -> Operation | None:
        held = self._held(image.hash)
        if held is None or held.folder != image.folder:
            return None
        expected: dict[str, Scalar] = {"folder": held.folder, "count": held.count}
        if held.count > 1:
            return Patch(IMAGE_FILES, image.hash, {"count": held.count - 1}, expected)
        return Delete(IMAGE_FILES, image.hash, expected)

    def _tidy(self, written: set[str], chosen: str) -> None:
        """Drop bytes that turned out not to be needed; after new ones, what a crash left behind."""
        try:
            if spare := written - {chosen}:
                # What is not used now will not be used again: each folder is made for one upload.
                for each in spare - self._used([*spare]):
                    self.files.drop(each)
            if chosen in written:
                self.files.sweep(chosen, self._used)
        except (ImageError, StoreError) as error:
            logger.warning("image files that nobody needs were left for later: %s", error)

    def _used(self, folders: list[str]) -> set[str]:
        hashes = tuple({hash_of(each) for each in folders})
        found = self.store.iterate(IMAGE_FILES, {"_key": AnyOf(hashes)})
        return {each.body["folder"] for each in found}


def _one_more(image: Image, held: Held | None) -> Operation:
    if held is None:
        return Insert(IMAGE_FILES, image.hash, {"folder": image.folder, "count": 1})
    expected: dict[str, Scalar] = {"folder": held.folder, "count": held.count}
    return Patch(IMAGE_FILES, image.hash, {"count": held.count + 1}, expected)


def _change(old: Image | None, new: Image | None) -> Operation:
    match old, new:
        case None, Image():
            return Insert(IMAGES, new.key, _body(new))
        case Image(), Image():
            return Patch(IMAGES, old.key, _body(new), {"folder": old.folder})
        case Image(), None:
            return Delete(IMAGES, old.key, {"folder": old.folder})
        case _:
            raise ValueError("there is nothing to exchange")


def _image(key: str, about: About, picture: Picture, folder: str) -> Image:
    return Image(
        key,
        about.name,
        about.workspace,
        about.userId,
        about.createdAt,
        picture.mime,
        picture.width,
        picture.height,
        len(picture.content),
        picture.hash,
        folder,
    )


def _body(image: Image) -> Body:
    return {name: value for name, value in asdict(image).items() if name != "key"}


def _read(document: Document) -> Image:
    return Image(document.key, **{name: document.body[name] for name in FIELDS})
