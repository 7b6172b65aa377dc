"""The folder of the images: whole files, in it and nowhere else."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage

from media_store.errors import NotFound, NotKept
from media_store.files import Files
from media_store.storage import FolderStorage
from tests.serving import command


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    """An empty one."""
    return FolderStorage(location=tmp_path / "images")


def everything(folder: Path) -> list[str]:
    """All files below a folder."""
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_file_is_for_its_owner_alone_and_replaced_whole(
    storage: FolderStorage, tmp_path: Path
) -> None:
    for content in (b"first", b"second"):
        storage.save("a/b/c", ContentFile(content))
    path = tmp_path / "images" / "a" / "b" / "c"
    assert path.read_bytes() == b"second"
    assert everything(tmp_path) == ["images/a/b/c"]
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


class Full(ContentFile):  # type: ignore[type-arg]
    """A content of which half can be written."""

    def __init__(self) -> None:
        super().__init__(b"")

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_cannot_be_written_whole_is_not_there_at_all(
    storage: FolderStorage, tmp_path: Path
) -> None:
    storage.save("a/old", ContentFile(b"old"))
    for name in ("a/new", "a/old"):
        with pytest.raises(OSError, match="No space"):
            storage.save(name, Full())
    with pytest.raises(OSError, match="No space"):
        storage.save("b/new", Full())
    assert everything(tmp_path) == ["images/a/old"]
    assert not (tmp_path / "images" / "b").exists()
    with storage.open("a/old") as file:
        assert file.read() == b"old"


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "a/../../outside",
        "/etc/passwd",
        "link/secret",
        "a/linked",
        "..",
        "dir/../../x",
    ],
)
def test_no_name_leads_out_of_the_folder(storage: FolderStorage, tmp_path: Path, name: str) -> None:
    """T11"""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    storage.save("a/b", ContentFile(b"x"))
    (tmp_path / "images" / "link").symlink_to(outside)
    (tmp_path / "images" / "a" / "linked").symlink_to(outside / "secret")
    before = everything(tmp_path)
    with pytest.raises(SuspiciousFileOperation):
        storage.open(name)
    with pytest.raises(SuspiciousFileOperation):
        storage.save(name, ContentFile(b"changed"))
    assert everything(tmp_path) == before
    assert (outside / "secret").read_bytes() == b"secret"


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "images").symlink_to(tmp_path / "disk")
    storage = FolderStorage(location=tmp_path / "images")
    storage.save("a", ContentFile(b"x"))
    assert (tmp_path / "disk" / "a").read_bytes() == b"x"


def test_links_in_place_of_an_image_are_no_image(storage: FolderStorage, tmp_path: Path) -> None:
    """T11"""
    (tmp_path / "secret").write_bytes(b"secret")
    files = Files(storage)
    files.keep("ab/x", b"x")
    path = tmp_path / "images" / "ab" / "x" / "original"
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        files.open("ab/x")


def test_a_storage_that_fails_is_told_without_its_inside(
    storage: FolderStorage, tmp_path: Path
) -> None:
    storage.save("ab", ContentFile(b"a file where a folder should be"))
    with pytest.raises(NotKept) as caught:
        Files(storage).keep("ab/x", b"x")
    assert str(tmp_path) not in str(caught.value)
    assert os.strerror(errno.ENOTDIR) not in str(caught.value)


@pytest.mark.parametrize("media", ["nothing.Here", "os.path", "os.path.join"])
def test_what_is_no_storage_is_told_at_the_start(tmp_path: Path, media: str) -> None:
    ended = command("check", f"media={media}", f"data_dir={tmp_path}")
    assert ended.returncode == 2
    assert ended.stderr.startswith("nodius: media: ")
    assert len(ended.stderr.splitlines()) == 1


def test_any_storage_of_django_will_do() -> None:
    files = Files(InMemoryStorage())
    folder = files.new_folder("ab" * 32)
    files.keep(folder, b"original")
    files.keep(folder, b"copy", 30)
    with files.open(folder, 30) as copy:
        assert copy.read() == b"copy"
    assert files.widths(folder) == [30]
    files.drop(folder)
    assert not files.has(folder)
    with pytest.raises(NotFound):
        files.open(folder)
