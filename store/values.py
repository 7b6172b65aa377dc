"""What indexes compare and where clauses may ask for: what every store has to agree on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from store.base import AnyOf, Between, Order, Scalar, Where
from store.collections import Collection

#: The longest key in bytes of UTF-8; no document has a longer one.
LONGEST_KEY = 1_000
#: A value whose JSON is longer stands in an index by its hash: a key and four values fit an entry.
LONGEST_VALUE = 250

SMALLEST_SORT, LARGEST_SORT = -(2**63), 2**63 - 1

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="deterministic").encode


def index_text(value: object) -> str:
    """A JSON value as indexes hold it: equal values have equal texts, and long ones a hash instead.

    Raises UnicodeEncodeError for a text with a lone surrogate.
    """
    text = _encode(value) if type(value) is str else _encode_sorted(_plain(value))
    if len(text) > LONGEST_VALUE:
        return "#" + hashlib.sha256(text).hexdigest()
    return text.decode()


def unique_texts(collection: Collection, body: Mapping[str, Any]) -> list[str] | None:
    """The index texts of the unique tuple; None if the document is not held to one."""
    texts = [index_text(body.get(field)) for field in collection.unique]
    return None if not texts or "null" in texts else texts


def sort_value(collection: Collection, key: str, body: Mapping[str, Any]) -> int | None:
    """The value of the sort field; None if there is no such field.

    Raises ValueError if it is no 64 bit integer.
    """
    if collection.sort is None:
        return None
    value = body.get(collection.sort)
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    if type(value) is int and SMALLEST_SORT <= value <= LARGEST_SORT:
        return value
    raise ValueError(f"{collection.name}/{key}: {collection.sort} must be a 64 bit integer")


def sort_bound(number: int) -> int | float:
    """A number that compares with a sort field like this one, and that the databases take."""
    if SMALLEST_SORT <= number <= LARGEST_SORT:
        return number
    return math.inf if number > 0 else -math.inf


def wanted_values(wanted: Scalar | AnyOf | Between) -> tuple[Scalar | Between, ...]:
    """The values of which a field has to have one."""
    return wanted.values if isinstance(wanted, AnyOf) else (wanted,)


def wanted_texts(wanted: Scalar | AnyOf | Between) -> list[str]:
    """The index texts of the wanted values, without those that no document can have."""
    texts = []
    for value in wanted_values(wanted):
        try:
            texts.append(index_text(value))
        except UnicodeEncodeError:
            continue
    return texts


def wanted_numbers(wanted: Scalar | AnyOf) -> list[int]:
    """The wanted values that a sort field can have."""
    return [
        int(value)
        for value in wanted_values(wanted)
        if (type(value) is int or (type(value) is float and value.is_integer()))
        and SMALLEST_SORT <= value <= LARGEST_SORT
    ]


def wanted_facet(collection: Collection, where: Where) -> tuple[str, ...]:
    """The facet fields that are asked for. Raises ValueError for what no index can answer."""
    check_indexed(collection, [field for field in where if field != "_key"])
    facet = collection.facet[: sum(field in where for field in collection.facet)]
    if any(field not in where for field in facet):
        raise ValueError(f"{collection.name} is looked up by {facet} from the first on")
    for field, wanted in where.items():
        if isinstance(wanted, Between) and field != collection.sort:
            raise ValueError(
                f"Between is for the sort field, and {field} is not that of {collection.name}"
            )
    return facet


def check_indexed(collection: Collection, fields: Sequence[str]) -> None:
    """Raise ValueError unless the fields are the partition, the sort field and facets."""
    unknown = set(fields) - {collection.partition, collection.sort, *collection.facet}
    if unknown:
        raise ValueError(f"{collection.name} has no index of {', '.join(sorted(unknown))}")


def check_order(collection: Collection, order: Order) -> None:
    """Raise ValueError if there is nothing to sort by."""
    if order is not Order.KEY and collection.sort is None:
        raise ValueError(f"{collection.name} has no sort field: sort it by Order.KEY")


def check_page(limit: int, offset: int) -> None:
    """Raise ValueError for a page that cannot be."""
    if limit < 0 or offset < 0:
        raise ValueError("limit and offset must not be negative")


def check_sweep(collection: Collection, upto: int | None) -> None:
    """Raise ValueError if a collection has nothing by which a part of it could be deleted."""
    if collection.partition is None or (upto is not None and collection.sort is None):
        raise ValueError(f"{collection.name} has no such partition or sort field to delete by")


def _plain(value: object) -> object:
    """The value that stands for all those equal to it."""
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
