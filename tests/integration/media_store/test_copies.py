"""Narrower copies of a picture: made once, kept, and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from media_store import current
from media_store.copies import MOST_WIDTHS
from media_store.decoders import AT_ONCE
from tests.integration.api.wire import People, ok, refused
from tests.integration.media_store.scene import kept, unique, upload
from tests.unit.media_store.pictures import animation, decoded, picture


def test_a_copy_is_no_wider_than_asked_for_and_never_larger(
    people: People, image: dict[str, Any]
) -> None:
    """IMAGE-WIDTH-1"""
    for width, size in {
        30: (30, 20),
        1: (1, 1),
        59: (59, 39),
        60: (60, 40),
        10**9: (60, 40),
    }.items():
        answer = people.nobody.get(image["url"], params={"width": width})
        assert decoded(answer.content).size == size
        assert answer.headers["content-type"] == image["mime"]
    for wrong in (0, -1, "x", "1.5", "", 2**60):
        refused(people.nobody.get(image["url"], params={"width": wrong}), 422, "validation_error")


def test_an_animation_moves_in_its_copies_too(people: People) -> None:
    made = ok(upload(people.editor, animation("GIF")), 201)
    copy = decoded(people.nobody.get(made["url"], params={"width": 20}).content)
    assert getattr(copy, "n_frames", 1) == 3


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The widths to which something is scaled."""
    widths: list[int] = []
    decode = current.decoders.scaled

    def noted(data: bytes, width: int) -> Any:
        widths.append(width)
        return decode(data, width)

    monkeypatch.setattr(current.decoders, "scaled", noted)
    yield widths


def test_a_copy_is_made_once_however_many_ask_for_it(
    people: People, image: dict[str, Any], scaled: list[int]
) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(
                httpx.get, f"{people.nobody.base_url}{image['url']}?width=33", trust_env=False
            )
            for _ in range(8)
        ]
        answers = {each.result().content for each in asked}
    assert len(answers) == 1
    assert scaled == [33]
    people.nobody.get(image["url"], params={"width": 33})
    assert scaled == [33]


def test_beyond_so_many_copies_the_next_wider_one_will_do(
    people: People, image: dict[str, Any], scaled: list[int]
) -> None:
    """IMAGE-WIDTH-2"""
    for width in range(1, MOST_WIDTHS + 1):
        people.nobody.get(image["url"], params={"width": 2 * width})
    assert len(scaled) == MOST_WIDTHS

    def shown(asked: int) -> int:
        answer = people.nobody.get(image["url"], params={"width": asked})
        return decoded(answer.content).width

    assert shown(5) == 6
    assert shown(2 * MOST_WIDTHS + 1) == 60
    assert len(scaled) == MOST_WIDTHS


def test_no_more_copies_are_kept_though_all_are_asked_for_at_once(
    people: People, image: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """IMAGE-WIDTH-2"""
    files, folder = current.images().files, current.images().get(image["imageKey"]).folder
    for width in range(1, MOST_WIDTHS):
        files.keep(folder, picture(width=width), width)
    decode, together = current.decoders.scaled, Barrier(AT_ONCE)

    def all_meet(data: bytes, width: int) -> Any:
        together.wait(30)
        return decode(data, width)

    monkeypatch.setattr(current.decoders, "scaled", all_meet)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        url = f"{people.nobody.base_url}{image['url']}?width="
        urls = [f"{url}{30 + each}" for each in range(AT_ONCE)]
        answers = list(threads.map(lambda each: httpx.get(each, trust_env=False), urls))
    assert {each.status_code for each in answers} == {200}
    assert len(files.widths(folder)) == MOST_WIDTHS


def test_with_an_image_go_its_copies(people: People) -> None:
    before = len(kept())
    made = ok(upload(people.editor, unique()), 201)
    for width in (10, 20):
        people.nobody.get(made["url"], params={"width": width})
    assert len(kept()) == before + 3
    ok(people.editor.delete(made["url"]), 204)
    assert len(kept()) == before


def test_a_copy_that_is_made_while_its_image_is_deleted_is_not_left_behind(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(kept())
    made = ok(upload(people.editor, unique()), 201)
    decode = current.decoders.scaled

    def deleted_meanwhile(data: bytes, width: int) -> Any:
        ok(people.editor.delete(made["url"]), 204)
        return decode(data, width)

    monkeypatch.setattr(current.decoders, "scaled", deleted_meanwhile)
    refused(people.nobody.get(made["url"], params={"width": 10}), 404, "not_found")
    assert len(kept()) == before
