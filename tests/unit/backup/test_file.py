"""Backup files as streams of bytes."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup import file
from backup.documents import canonical, encoded
from backup.errors import Broken
from backup.file import Found, Listed, Section, created, opened, read, write

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
bodies = st.dictionaries(texts.filter(lambda name: not name.startswith("_")), values, max_size=4)
collections = st.dictionaries(
    texts,
    st.tuples(st.sampled_from([2, 3]), st.dictionaries(texts, bodies, max_size=3)),
    max_size=3,
)


def written(content: dict[str, tuple[int, dict[str, dict[str, Any]]]]) -> bytes:
    stream = io.BytesIO()
    sections = (
        Section(name, kind, [encoded(name, key, body) for key, body in documents.items()])
        for name, (kind, documents) in content.items()
    )
    write(stream, {"version": "1"}, sections)
    return stream.getvalue()


def holding(*parts: str, whole: str = '{"metadata": {}, "collections": {%s}}') -> bytes:
    return (whole % ", ".join(parts)).encode()


def one(documents: str, name: str = "a", type: str = "2") -> str:
    return f'"{name}": {{"name": "{name}", "type": {type}, "documents": {documents}}}'


@given(collections)
def test_what_is_written_is_read(content: dict[str, tuple[int, dict[str, dict[str, Any]]]]) -> None:
    found = list(read(io.BytesIO(written(content))))
    kinds = {each.collection: each.kind for each in found if isinstance(each, Listed)}
    assert kinds == {name: kind for name, (kind, _) in content.items()}
    documents = [each for each in found if isinstance(each, Found)]
    assert [(each.collection, each.document["_key"]) for each in documents] == [
        (name, key) for name, (_, there) in content.items() for key in there
    ]
    for each in documents:
        body = content[each.collection][1][each.document["_key"]]
        own = {name: value for name, value in each.document.items() if not name.startswith("_")}
        assert canonical(own) == canonical(body)
        assert each.document["_id"] == f"{each.collection}/{each.document['_key']}"


@given(collections, st.data())
def test_a_file_that_was_cut_off_anywhere_is_told(
    content: dict[str, tuple[int, dict[str, dict[str, Any]]]], data: st.DataObject
) -> None:
    """T22"""
    whole = written(content).rstrip()
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(Broken):
        list(read(io.BytesIO(part)))


@given(bodies)
def test_equal_documents_are_equal_texts(body: dict[str, Any]) -> None:
    turned = dict(reversed(json.loads(json.dumps(body)).items()))
    assert encoded("a", "k", body) == encoded("a", "k", turned)
    assert encoded("a", "k", {**body, "one": 1.0}) == encoded("a", "k", {"one": 1, **body})
    assert encoded("a", "k", {**body, "one": 1}) != encoded("a", "k", {**body, "one": 1.5})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "too early"),
        (b"hello", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[]", "no backup"),
        (b"{}", "no backup"),
        (b'{"collections": {}}', "no backup"),
        (b'{"metadata": {}}', "no backup"),
        (b'{"metadata": {}, "collections": []}', "no backup"),
        (b'{"metadata": {}, "metadata": {}, "collections": {}}', "twice"),
        (holding() + b" {}", "no JSON"),
        (holding('"a": 5'), "no backup"),
        (holding('"a": {}'), "name, type and documents"),
        (holding(one('"x"')), "no list"),
        (holding('"a": {"name": "a", "type": 2, "documents": [], "documents": []}'), "no list"),
        (holding(one("[]", type="4")), "name, type and documents"),
        (holding(one("[]").replace('"name": "a"', '"name": "b"')), "name, type and documents"),
        (holding(one("[5]")), "_key"),
        (holding(one("[{}]")), "_key"),
        (holding(one('[{"_key": 5}]')), "_key"),
        (holding(one('[{"_key": "k", "v": NaN}]')), "no JSON"),
        (holding(one('[{"_key": "k", "v": 1e400}]')), "no JSON"),
        (holding(one('[{"_key": "k", "v": "' + "\\x00" + '"}]')), "no JSON"),
        (holding(one("[" + "[" * 200_000)), "nested deeper"),
        (holding(one('[{"_key": "k", "v": ' + '{"a": ' * 200 + "1" + "}" * 200 + "}]")), "nested"),
    ],
    ids=range(24),
)
def test_what_is_no_backup_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    """T15, T22"""
    with pytest.raises(Broken, match=reason):
        list(read(io.BytesIO(content)))


def test_a_document_that_does_not_end_is_refused_before_it_fills_the_memory() -> None:
    """T22"""

    endless = Endless(holding(one('[{"_key": "k", "v": "')).partition(b"]")[0].rstrip(b"}"))
    with pytest.raises(Broken, match="which no store takes"):
        list(read(endless))
    assert endless.given < 2 * file.LARGEST


class Endless(io.BytesIO):
    """A beginning, and then one text without end."""

    given = 0

    def read(self, size: int | None = -1) -> bytes:
        self.given += size or 0
        return super().read(size) or b"x" * (size or 0)


def test_a_byte_order_mark_is_no_error() -> None:
    assert list(read(io.BytesIO(b"\xef\xbb\xbf" + holding(one("[]"))))) == [Listed("a", 2)]


def test_the_fields_of_a_collection_may_come_in_any_order() -> None:
    turned = '"a": {"documents": [{"_key": "k"}], "more": [1], "type": 3, "name": "a"}'
    assert list(read(io.BytesIO(holding(turned)))) == [Found("a", {"_key": "k"}), Listed("a", 3)]


def test_a_file_is_there_whole_or_not_at_all_and_for_its_owner_only(tmp_path: Path) -> None:
    """T31"""
    target = tmp_path / "new" / "export.json"
    with created(target) as stream:
        stream.write(b"one")
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"one", 0o600)
    with pytest.raises(ZeroDivisionError), created(target) as stream:
        stream.write(b"two")
        raise ZeroDivisionError
    assert target.read_bytes() == b"one"
    assert list(target.parent.iterdir()) == [target]


def test_a_link_in_the_place_of_the_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere, target = tmp_path / "elsewhere", tmp_path / "export.json"
    elsewhere.write_bytes(b"kept")
    target.symlink_to(elsewhere)
    with created(target) as stream:
        stream.write(b"one")
    assert (elsewhere.read_bytes(), target.read_bytes()) == (b"kept", b"one")


def test_a_name_that_ends_in_gz_is_packed_both_ways(tmp_path: Path) -> None:
    target = tmp_path / "export.json.gz"
    with created(target) as stream:
        stream.write(b"one")
    assert gzip.decompress(target.read_bytes()) == b"one"
    with opened(target) as stream:
        assert stream.read() == b"one"


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"x", mtime=0)[:-9]])
def test_a_broken_gzip_file_is_told(tmp_path: Path, content: bytes) -> None:
    """T22"""
    packed = tmp_path / "export.json.gz"
    packed.write_bytes(content)
    with pytest.raises(Broken), opened(packed) as stream:
        list(read(stream))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="No such file"), opened(tmp_path / "missing.json"):
        pass
