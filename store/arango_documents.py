"""A document as it lies in ArangoDB, and back.

The fields of its body are fields there, for the web console and for queries by hand. What Nodius
itself looks documents up by lies beside them, in one object of hashes and digits: texts are
compared there as a language has it, and not by code points.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from store.base import Body, Corrupt, Document, TooLarge
from store.collections import Collection
from store.values import LONGEST_KEY, index_text, sort_value, unique_texts

#: The field that holds what documents are looked up by.
INDEX = "nodius"
#: The largest document in bytes of JSON: two of them, old and new, fit a transaction.
LARGEST_DOCUMENT = 60 * 1024 * 1024

#: Keys that ArangoDB takes, and that are the same in an address, where ".." is a step up.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.@-]{0,199}")
#: Begins a key that stands for another one, and a field whose name ArangoDB keeps for itself.
_STAND_IN, _ESCAPE = "=", "~"
#: Numbers, as msgspec writes them, that ArangoDB gives back as equal ones of another kind: 1.0 as
#: 1, 10**30 as 1e30. A text that looks like one does no harm.
_ODD_NUMBER = re.compile(rb"[:\[,]-?(?:[0-9]+(?:\.0(?![0-9])|(?:\.[0-9]+)?e[0-9])|[0-9]{19})")
_OWN = frozenset({"_key", "_id", "_rev", "_from", "_to", INDEX})

_encode = msgspec.json.Encoder().encode
_decode_body = msgspec.json.Decoder(dict[str, Any]).decode


def stored_key(key: str) -> str:
    """The key under which a document lies there; what is no Unicode is the key of none."""
    if _PLAIN_KEY.fullmatch(key):
        return key
    try:
        return _STAND_IN + hashlib.sha256(key.encode()).hexdigest()
    except UnicodeEncodeError:
        return _STAND_IN


def order_of(key: str) -> str:
    """A text that sorts as the key does by code points: three digits for each byte.

    Not hexadecimal ones, as some languages sort two letters as one, such as aa behind z.
    """
    return "".join([f"{byte:03}" for byte in key.encode()])


def digest(texts: Sequence[str]) -> str:
    """Index texts as one that has a length of its own and is compared to the letter."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def packed(collection: Collection, key: str, body: Mapping[str, Any]) -> msgspec.Raw:
    """The JSON of a document as it is stored.

    Raises TooLarge for a key or body over the limits, ValueError for texts that are not Unicode and
    for a sort field that is no 64 bit integer.
    """
    if len(key.encode()) > LONGEST_KEY:
        raise TooLarge(f"a key in {collection.name} is longer than {LONGEST_KEY} bytes: shorten it")
    encoded = _encode(body)
    if len(encoded) > LARGEST_DOCUMENT:
        raise TooLarge(f"{collection.name}/{key} is over {LARGEST_DOCUMENT} bytes: split it")
    # A Raw may name a field twice, which ArangoDB does not take, and write a number in any way.
    plain = _decode_body(encoded)
    encoded = _encode(plain)
    stored = stored_key(key)
    index = _index(collection, key, plain)
    if stored != key:
        index["key"] = key
    if _ODD_NUMBER.search(encoded):
        index["json"] = encoded.decode()
    own = {"_key": stored, INDEX: index, **_ends(collection, plain)}
    return msgspec.Raw(_encode({_escaped(name): value for name, value in plain.items()} | own))


def unpacked(collection: Collection, stored: Mapping[str, Any]) -> Document:
    """The document that was stored so. Raises Corrupt."""
    index = stored.get(INDEX)
    if not isinstance(index, dict) or not isinstance(index.get("order"), str):
        raise Corrupt(collection.name, str(stored.get("_key")))
    key = str(index.get("key", stored["_key"]))
    if "json" in index:
        return Document(key, _exact(collection, key, index["json"]))
    body = {_original(name): value for name, value in stored.items() if name not in _OWN}
    return Document(key, body)


def _exact(collection: Collection, key: str, text: object) -> Body:
    try:
        return _decode_body(str(text))
    except msgspec.DecodeError as error:
        raise Corrupt(collection.name, key) from error


def _index(collection: Collection, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
    index: dict[str, Any] = {"order": order_of(key)}
    if collection.partition:
        index["partition"] = digest([index_text(body.get(collection.partition))])
    for place, field in enumerate(collection.facet):
        index[f"facet{place}"] = digest([index_text(body.get(field))])
    if (number := sort_value(collection, key, body)) is not None:
        # `sort` is a word of AQL's own.
        index["number"] = number
    if (texts := unique_texts(collection, body)) is not None:
        index["unique"] = digest(texts)
    return index


def _ends(collection: Collection, body: Mapping[str, Any]) -> dict[str, str]:
    """What makes an edge one for ArangoDB."""
    if collection.ends is None:
        return {}
    value = body.get("value")
    named = value if isinstance(value, dict) else {}
    start = body.get(collection.partition or "")
    keys = [stored_key(f"{start}-{named.get(side)}") for side in ("source", "target")]
    return {
        side: f"{collection.ends}/{key}" for side, key in zip(("_from", "_to"), keys, strict=True)
    }


def _escaped(name: str) -> str:
    return _ESCAPE + name if not name or name[0] in "_~" or name == INDEX else name


def _original(name: str) -> str:
    return name.removeprefix(_ESCAPE)
