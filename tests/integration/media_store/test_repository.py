"""Equal bytes are kept once, for as long as an image shows them, whatever happens meanwhile."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from media_store.errors import NotFound, NotKept
from media_store.files import GRACE, Files
from media_store.picture import Picture
from media_store.repository import About, Image, Images
from store.base import Delete, Operation, Unavailable
from store.collections import IMAGE_FILES, IMAGES
from tests.faulty import FaultyStore


def fresh() -> Picture:
    """A picture of bytes that no other test has."""
    return Picture("image/png", 4, 3, secrets.token_bytes(50))


def add(images: Images, picture: Picture) -> Image:
    """Keep it as an image."""
    return images.add("x.png", "default", "somebody", picture)


def shown(images: Images, image: Image) -> bytes:
    """The bytes that are shown for an image."""
    with images.files.open(images.get(image.key).folder) as file:
        content: bytes = file.read()
        return content


def kept(images: Images) -> set[str]:
    """The folders that hold bytes."""
    root = Path(images.files.storage.path(""))
    return {str(each.parent.relative_to(root)) for each in root.rglob("original")}


def count(images: Images, picture: Picture) -> int:
    """How many images the store says show these bytes."""
    found = images.store.get(IMAGE_FILES, picture.hash)
    return found.body["count"] if found else 0


def test_equal_bytes_are_kept_once_and_go_with_the_last_image_that_shows_them(
    images: Images,
) -> None:
    picture = fresh()
    first, second = add(images, picture), add(images, picture)
    assert first.key != second.key
    assert first.folder == second.folder
    assert kept(images) == {first.folder}
    images.remove(first.key)
    assert shown(images, second) == picture.content
    images.remove(second.key)
    assert kept(images) == set()
    assert count(images, picture) == 0


def test_what_is_gone_is_told_so(images: Images) -> None:
    image = add(images, fresh())
    images.remove(image.key)
    for call in (images.get, images.remove, lambda key: images.rename(key, "new")):
        with pytest.raises(NotFound):
            call(image.key)


def test_an_image_can_be_put_under_a_given_key_in_place_of_another(images: Images) -> None:
    before, after, about = fresh(), fresh(), About("old.png", "default", "somebody", 5)
    other = add(images, before)
    key = secrets.token_hex(32)
    for picture in (before, before, after, after, before):
        image = images.put(key, about, picture)
        assert (image.key, image.createdAt, shown(images, image)) == (key, 5, picture.content)
        assert count(images, before) + count(images, after) == 2
    images.remove(key)
    assert kept(images) == {other.folder}


def test_bytes_that_got_lost_are_there_again_after_an_upload(images: Images) -> None:
    picture = fresh()
    first = add(images, picture)
    images.files.drop(first.folder)
    add(images, picture)
    assert shown(images, first) == picture.content


def once(work: Callable[[], object]) -> Callable[[Sequence[Operation]], None]:
    """Something to be done within the next write, and in no later one."""
    left = [work]

    def do(operations: Sequence[Operation]) -> None:
        if left:
            left.pop()()

    return do


def test_an_upload_that_meets_the_deletion_of_the_last_image_keeps_its_bytes(
    store: FaultyStore, images: Images
) -> None:
    picture = fresh()
    last = add(images, picture)
    store.before = once(lambda: images.remove(last.key))
    image = add(images, picture)
    assert shown(images, image) == picture.content
    assert kept(images) == {image.folder}


def test_an_upload_that_found_its_bytes_in_the_hands_of_a_deletion_writes_them_anew(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = fresh()
    last = add(images, picture)
    look, left = images.files.has, [last]

    def deleted_once_seen(folder: str) -> bool:
        seen = look(folder)
        if left:
            images.remove(left.pop().key)
        return seen

    monkeypatch.setattr(images.files, "has", deleted_once_seen)
    image = add(images, picture)
    assert shown(images, image) == picture.content
    assert kept(images) == {image.folder}
    assert count(images, picture) == 1


def test_a_deletion_that_meets_an_upload_of_the_same_bytes_leaves_them(
    store: FaultyStore, images: Images
) -> None:
    picture = fresh()
    last = add(images, picture)
    made: list[Image] = []
    store.before = once(lambda: made.append(add(images, picture)))
    images.remove(last.key)
    assert shown(images, made[0]) == picture.content
    assert count(images, picture) == 1


def test_a_deletion_that_is_late_with_the_bytes_leaves_those_of_an_upload_meanwhile(
    store: FaultyStore, images: Images
) -> None:
    picture = fresh()
    last = add(images, picture)
    made: list[Image] = []
    store.after = once(lambda: made.append(add(images, picture)))
    images.remove(last.key)
    assert shown(images, made[0]) == picture.content
    assert kept(images) == {made[0].folder}


def test_bytes_of_a_deleted_image_go_only_after_its_document(
    store: FaultyStore, images: Images
) -> None:
    image = add(images, fresh())
    seen: list[bool] = []
    store.after = lambda operations: seen.append(images.files.has(image.folder))
    images.remove(image.key)
    assert seen == [True]


def test_bytes_of_a_new_image_are_there_before_its_document(
    store: FaultyStore, images: Images
) -> None:
    seen: list[set[str]] = []
    store.before = lambda operations: seen.append(kept(images))
    image = add(images, fresh())
    assert seen == [{image.folder}]


@pytest.mark.parametrize("when", ["before", "after"])
def test_if_nobody_knows_whether_an_upload_was_written_its_bytes_stay(
    store: FaultyStore, images: Images, when: str
) -> None:
    def away(operations: Sequence[Operation]) -> None:
        raise Unavailable("away")

    setattr(store, when, away)
    picture = fresh()
    with pytest.raises(Unavailable):
        add(images, picture)
    store.heal()
    assert len(kept(images)) == 1
    assert shown(images, add(images, picture)) == picture.content


@pytest.mark.parametrize("when", ["before", "after"])
def test_if_nobody_knows_whether_an_image_was_deleted_its_bytes_stay(
    store: FaultyStore, images: Images, when: str
) -> None:
    def away(operations: Sequence[Operation]) -> None:
        raise Unavailable("away")

    image = add(images, fresh())
    setattr(store, when, away)
    with pytest.raises(Unavailable):
        images.remove(image.key)
    store.heal()
    assert kept(images) == {image.folder}


def test_uploads_and_deletions_of_the_same_bytes_at_once_leave_what_was_not_deleted(
    images: Images,
) -> None:
    pictures = [fresh() for _ in range(3)]

    def work(seed: int) -> list[tuple[Image, Picture]]:
        chance = random.Random(seed)
        own: list[tuple[Image, Picture]] = []
        for _ in range(25):
            if own and chance.random() < 0.5:
                images.remove(own.pop(chance.randrange(len(own)))[0].key)
            else:
                picture = chance.choice(pictures)
                own.append((add(images, picture), picture))
        images.store.close()
        return own

    with ThreadPoolExecutor(6) as threads:
        left = [each for own in threads.map(work, range(6)) for each in own]
    for image, picture in left:
        assert shown(images, image) == picture.content
    for picture in pictures:
        assert count(images, picture) == sum(each is picture for _, each in left)
    assert kept(images) == {images.get(image.key).folder for image, _ in left}


def test_bytes_that_are_deleted_while_they_come_again_are_kept_once(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = fresh()
    first, looks = add(images, picture), images.files.has

    def looks_late(folder: str) -> bool:
        monkeypatch.undo()
        images.remove(first.key)
        return looks(folder)

    monkeypatch.setattr(images.files, "has", looks_late)
    second = add(images, picture)
    assert second.folder != first.folder and shown(images, second) == picture.content
    assert kept(images) & {first.folder, second.folder} == {second.folder}


def leave_behind(files: Files, hash: str, age: float) -> str:
    """A folder that no image refers to, and that is so many seconds old."""
    folder = files.new_folder(hash)
    files.keep(folder, b"lost")
    then = time.time() - age
    os.utime(files.storage.path(f"{folder}/original"), (then, then))
    return folder


def test_what_a_crash_left_behind_is_swept_by_a_later_upload_and_nothing_else_is(
    images: Images,
) -> None:
    picture = fresh()
    old = GRACE.total_seconds() + 60
    lost = leave_behind(images.files, picture.hash, old)
    recent = leave_behind(images.files, picture.hash, old - 120)
    elsewhere = leave_behind(images.files, f"{'00' if picture.hash[:2] != '00' else '11'}x", old)
    neighbour = add(images, fresh())
    begun = Path(images.files.storage.path(images.files.new_folder(picture.hash)))
    begun.mkdir()
    left = Path(images.files.storage.path(images.files.new_folder(picture.hash)))
    left.mkdir()
    os.utime(left, (0, 0))
    strange = Path(images.files.storage.path(picture.hash[:2]), "not ours")
    strange.mkdir()
    image = add(images, picture)
    os.utime(images.files.storage.path(f"{image.folder}/original"), (0, 0))
    add(images, next(each for each in iter(fresh, None) if each.hash[:2] == picture.hash[:2]))
    assert not images.files.has(lost)
    assert all(images.files.has(each) for each in (recent, elsewhere, neighbour.folder))
    assert images.files.has(image.folder)
    assert strange.is_dir()
    assert begun.is_dir() and not left.exists()


def test_an_upload_is_no_failure_because_sweeping_is(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(beside: str, is_used: object) -> None:
        raise NotKept("no")

    monkeypatch.setattr(images.files, "sweep", full)
    picture = fresh()
    assert shown(images, add(images, picture)) == picture.content


def test_what_is_left_of_a_damaged_count_is_deleted_with_its_image(
    store: FaultyStore, images: Images
) -> None:
    image = add(images, fresh())
    store.write([Delete(IMAGE_FILES, image.hash)])
    images.remove(image.key)
    assert store.get(IMAGES, image.key) is None
