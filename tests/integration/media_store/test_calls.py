"""The calls under /api/image, as clients make them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import httpx
import pytest

from media_store import current
from media_store.picture import MAX_BYTES
from tests.integration.api.wire import Caller, People, ok, refused
from tests.integration.media_store.scene import kept, listed, unique, upload
from tests.unit.media_store.pictures import ICC_BOMB, decoded, picture, png


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_what_is_uploaded_is_described_and_shown_to_anybody(people: People, format: str) -> None:
    """IMAGE-READ-1"""
    made = ok(upload(people.editor, picture(format), "a b.png", workspace=people.team), 201)
    assert made.keys() == {"imageKey", "url", "name", "mime", "size", "width", "height"}
    assert (made["name"], made["width"], made["height"]) == ("a b.png", 60, 40)
    assert len(made["imageKey"]) == 32
    answer = people.nobody.get(made["url"])
    assert answer.status_code == 200
    assert len(answer.content) == made["size"] == int(answer.headers["content-length"])
    assert answer.headers["content-type"] == made["mime"] == f"image/{format.lower()}"
    assert decoded(answer.content).format == format


def test_a_browser_gets_the_bytes_as_a_picture_and_as_nothing_else(
    people: People, image: dict[str, Any]
) -> None:
    """T13"""
    headers = people.nobody.get(image["url"]).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-disposition"] == 'inline; filename="picture.png"'


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("page.html", "page.png"),
        ("../../etc/passwd", "_.._etc_passwd.png"),
        ('a"b;c\\d.png', "a_b;c_d.png"),
        ("..", "image.png"),
        ("con.png.exe", "con.png.png"),
    ],
)
def test_a_saved_picture_has_a_harmless_name(people: People, name: str, saved: str) -> None:
    """T11"""
    made = ok(upload(people.editor, picture(), name=name), 201)
    assert made["name"] == name
    shown = people.nobody.get(made["url"]).headers["content-disposition"]
    assert shown == f'inline; filename="{saved}"'


def test_a_name_in_any_script_is_kept_and_told(people: People) -> None:
    made = ok(upload(people.editor, picture(), name="Bär 🐻.png"), 201)
    assert made["name"] == "Bär 🐻.png"
    shown = people.nobody.get(made["url"]).headers["content-disposition"]
    assert shown == "inline; filename*=utf-8''B%C3%A4r%20%F0%9F%90%BB.png"


@pytest.mark.parametrize("filename", ["C:\\dir\\a.png", "../../a.png", "/etc/a.png"])
def test_without_a_name_it_is_that_of_the_file_without_its_path(
    people: People, filename: str
) -> None:
    """IMAGE-NEW-3"""
    assert ok(upload(people.editor, picture(), filename), 201)["name"] == "a.png"


@pytest.mark.parametrize("name", ["", " ", "a\0b", "a\nb", "x" * 256, "\x7f"])
def test_a_name_that_cannot_be_shown_is_refused(
    people: People, image: dict[str, Any], name: str
) -> None:
    for answer in (
        people.editor.put(f"{image['url']}/rename", json={"name": name}),
        *([upload(people.editor, picture(), name=name)] if name else []),
    ):
        refused(answer, 422, "validation_error")


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": 5}, {"name": ["x"]}, [], "x"])
def test_a_rename_without_a_name_is_refused(
    people: People, image: dict[str, Any], body: object
) -> None:
    refused(people.editor.put(f"{image['url']}/rename", json=body), 422, "validation_error")


def test_images_are_listed_newest_first_by_page_with_a_total(people: People) -> None:
    """IMAGE-LIST-1"""
    team = {"workspace": people.team}
    keys = [ok(upload(people.editor, unique(), **team), 201)["imageKey"] for _ in range(3)]
    shown = listed(people.viewer, **team)
    assert [each["_key"] for each in shown][:3] == keys[::-1]
    fields = {"_key", "name", "url", "mime", "size", "width", "height", "createdAt"}
    assert all(each.keys() == fields for each in shown)
    answer = ok(people.viewer.get("/api/image", params={**team, "limit": 1, "offset": 1}))
    assert [each["_key"] for each in answer["images"]] == [keys[1]]
    assert answer["total"] == len(shown)
    for wrong in ({"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"offset": -1}):
        refused(people.viewer.get("/api/image", params=wrong), 422, "validation_error")


def test_only_the_name_can_be_changed(people: People, image: dict[str, Any]) -> None:
    """T10"""
    (before,) = [each for each in listed(people.editor) if each["_key"] == image["imageKey"]]
    forged = {"name": "new.png", "_key": "x", "mime": "text/html", "createdAt": 1}
    forged |= {"folder": "../../etc", "hash": "x", "workspace": "default", "size": 0}
    after = ok(people.editor.put(f"{image['url']}/rename", json=forged))["image"]
    assert after == {**before, "name": "new.png"}
    assert after in listed(people.editor, workspace=people.team)
    assert people.nobody.get(image["url"]).status_code == 200


CALLS: dict[str, Callable[[Caller, str, str], httpx.Response]] = {
    "upload": lambda who, key, team: upload(who, picture(), workspace=team),
    "rename": lambda who, key, team: who.put(f"/api/image/{key}/rename", json={"name": "x"}),
    "delete": lambda who, key, team: who.delete(f"/api/image/{key}"),
}
STATUS = {"nobody": 401, "stranger": 404, "viewer": 403}
CODES = {401: "unauthorized", 404: "not_found", 403: "forbidden"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", [*STATUS, "editor", "owner", "admin"])
def test_each_caller_may_do_what_the_role_allows(
    people: People, image: dict[str, Any], call: str, who: str
) -> None:
    """T9"""
    answer = CALLS[call](people.by_name(who), image["imageKey"], people.team)
    if who in STATUS:
        refused(answer, STATUS[who], CODES[STATUS[who]])
        assert image["imageKey"] in [each["_key"] for each in listed(people.owner)]
    else:
        assert answer.status_code in (200, 201, 204), answer.text


def test_a_list_shows_what_one_may_see(people: People, image: dict[str, Any]) -> None:
    """T9"""
    for who, seen in {"stranger": False, "viewer": True, "owner": True, "admin": True}.items():
        for params in ({}, {"workspace": people.team}):
            keys = [each["_key"] for each in listed(people.by_name(who), limit=1000, **params)]
            assert (image["imageKey"] in keys) == seen, who
    assert image["imageKey"] not in [each["_key"] for each in listed(people.admin, workspace="x")]
    refused(people.nobody.get("/api/image"), 401, "unauthorized")


def test_to_a_stranger_an_image_looks_as_if_it_were_missing(
    people: People, image: dict[str, Any]
) -> None:
    """T9"""
    there = refused(people.stranger.delete(image["url"]), 404, "not_found")
    missing = refused(people.stranger.delete(f"/api/image/{'0' * 32}"), 404, "not_found")
    assert there == missing


def test_equal_pictures_share_their_bytes_but_not_their_fate(people: People) -> None:
    """IMAGE-SHARE-1"""
    content, before = unique(), len(kept())
    first, second = (ok(upload(people.editor, content), 201) for _ in range(2))
    assert len(kept()) == before + 1
    ok(people.editor.delete(first["url"]), 204)
    refused(people.nobody.get(first["url"]), 404, "not_found")
    assert people.nobody.get(second["url"]).status_code == 200
    ok(people.editor.delete(second["url"]), 204)
    assert len(kept()) == before


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "a text": (b"text", 415, "unsupported_media_type"),
    "an SVG": (b"<svg onload='alert(1)'/>", 415, "unsupported_media_type"),
    "a script": (b"GIF89a/*<script>*/", 415, "unsupported_media_type"),
    "nothing": (b"", 415, "unsupported_media_type"),
    "a bomb": (png(50_000), 413, "too_large"),
    "a bomb of a profile": (ICC_BOMB, 422, "validation_error"),
    "too many bytes": (bytes(MAX_BYTES + 1), 413, "too_large"),
    "far too many": (bytes(2 * MAX_BYTES), 413, "too_large"),
    "a cut off file": (picture()[:-30], 422, "validation_error"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_image_is_refused_and_leaves_nothing(people: People, what: str) -> None:
    """IMAGE-NEW-1, T12, T13"""
    content, status, code = REFUSED[what]
    before = kept(), len(listed(people.editor, limit=1000))
    refused(upload(people.editor, content), status, code)
    assert (kept(), len(listed(people.editor, limit=1000))) == before


def test_a_file_may_come_in_pieces_whose_sum_is_not_announced(people: People) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for content, status in ((picture(), 201), (bytes(2 * MAX_BYTES), 413)):
        pieces = iter([head, content, b"\r\n--b--\r\n"])
        ok(people.editor.post("/api/image/upload", content=pieces, headers=headers), status)


@pytest.mark.parametrize(
    ("body", "type", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"x", "multipart/form-data", 400, "bad_request"),
        (b"x", "multipart/form-data; boundary=b", 422, "validation_error"),
        (b"--b\r\n\r\n--b--", "multipart/form-data; boundary=b", 422, "validation_error"),
    ],
)
def test_a_body_that_holds_no_file_is_refused(
    people: People, body: bytes, type: str, status: int, code: str
) -> None:
    headers = {"Content-Type": type}
    refused(people.editor.post("/api/image/upload", content=body, headers=headers), status, code)


@pytest.mark.parametrize(
    "key",
    [
        "../x",
        "..%2f..%2fx",
        "%2e%2e%2fx",
        "..%5cx",
        "%2fetc%2fpasswd",
        "x%00",
        "x" * 300,
        "%F0%9F%91%8D",
    ],
)
def test_a_hostile_key_finds_nothing(people: People, key: str) -> None:
    """T11"""
    for answer in (
        people.nobody.get(f"/api/image/{key}"),
        people.editor.delete(f"/api/image/{key}"),
        people.editor.put(f"/api/image/{key}/rename", json={"name": "x"}),
    ):
        assert answer.status_code in (401, 404, 405, 422), answer.text


def test_who_has_the_bytes_is_told_so(people: People, image: dict[str, Any]) -> None:
    """IMAGE-READ-2"""
    whole = people.nobody.get(image["url"])
    tag = whole.headers["etag"]
    copy = people.nobody.get(image["url"], params={"width": 10})
    assert copy.headers["etag"] != tag
    for known, status in {
        tag: 304,
        f"W/{tag}": 304,
        f'"x", {tag}': 304,
        "*": 304,
        '"x"': 200,
        copy.headers["etag"]: 200,
    }.items():
        again = people.nobody.get(image["url"], headers={"If-None-Match": known})
        assert again.status_code == status, known
        assert again.headers["etag"] == tag
        assert again.content == (b"" if status == 304 else whole.content)


def test_a_part_can_be_asked_for(people: People, image: dict[str, Any]) -> None:
    """IMAGE-READ-3"""
    whole = people.nobody.get(image["url"])
    size = len(whole.content)
    for asked, part in {
        "bytes=0-9": slice(0, 10),
        "bytes=100-": slice(100, None),
        "bytes=-7": slice(-7, None),
    }.items():
        answer = people.nobody.get(image["url"], headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.content == whole.content[part]
        start = range(size)[part].start
        assert (
            answer.headers["content-range"]
            == f"bytes {start}-{start + len(answer.content) - 1}/{size}"
        )
        assert answer.headers["content-type"] == image["mime"]
    beyond = people.nobody.get(image["url"], headers={"Range": f"bytes={size}-"})
    refused(beyond, 416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"


def test_a_part_of_other_bytes_than_one_has_is_not_sent(
    people: People, image: dict[str, Any]
) -> None:
    """IMAGE-READ-3"""
    tag = people.nobody.get(image["url"]).headers["etag"]
    for known, status in {tag: 206, '"other"': 200, "Wed, 21 Oct 2015 07:28:00 GMT": 200}.items():
        headers = {"Range": "bytes=0-9", "If-Range": known}
        assert people.nobody.get(image["url"], headers=headers).status_code == status


def test_head_says_what_get_would(people: People, image: dict[str, Any]) -> None:
    """IMAGE-READ-3"""
    told, got = people.nobody.head(image["url"]), people.nobody.get(image["url"])
    assert (told.status_code, told.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control", "accept-ranges"):
        assert told.headers[name] == got.headers[name]
    assert people.nobody.head("/api/image/missing").status_code == 404


def test_a_picture_of_which_the_bytes_are_gone_is_not_found(people: People) -> None:
    made = ok(upload(people.editor, unique()), 201)
    current.images().files.drop(current.images().get(made["imageKey"]).folder)
    refused(people.nobody.get(made["url"]), 404, "not_found")
    refused(people.nobody.get(made["url"], params={"width": 10}), 404, "not_found")


def test_a_full_disk_is_told_and_nothing_is_half_kept(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IMAGE-NEW-4, T30"""
    before = kept(), len(listed(people.editor, limit=1000))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    refused(upload(people.editor, unique()), 503, "unavailable")
    monkeypatch.undo()
    assert (kept(), len(listed(people.editor, limit=1000))) == before
    ok(upload(people.editor, unique()), 201)


def test_a_disk_without_room_for_what_comes_in_is_told_too(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T30"""

    def full(file: IO[bytes]) -> None:
        file.close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", full)
    refused(upload(people.editor, bytes(5 * 2**20)), 503, "unavailable")
    ok(upload(people.editor, unique()), 201)


def test_a_large_picture_comes_whole_to_many_at_once(people: People) -> None:
    content = unique(1200, 900)
    made = ok(upload(people.editor, content), 201)
    assert made["size"] > 2**21
    url = f"{people.nobody.base_url}{made['url']}"
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: httpx.get(url, trust_env=False).content, range(12)))
    assert {len(each) for each in answers} == {made["size"]}
    assert decoded(answers[0]).tobytes() == decoded(content).tobytes()


def test_keys_are_random_and_long(people: People) -> None:
    keys = {ok(upload(people.editor, picture()), 201)["imageKey"] for _ in range(5)}
    assert len({each[:16] for each in keys} | {each[16:] for each in keys}) == 10
    assert all(len(bytes.fromhex(each)) == 16 for each in keys)
    refused(people.nobody.get(f"/api/image/{secrets.token_hex(16)}"), 404, "not_found")
