"""A document of an export of the original system, as documents of our own backup format; pure.

Each is converted by itself, without any other one: that the node of an edge is missing, or that two
have one name, shows later. For all of them:

- The workspace `root`, which everybody had before there were users, and none at all are `default`.
- Fields that begin with `_` are the database's own, and go.
- The original wrote some texts as HTML has them: names of categories always, the others when they
  were renamed (graphs, node configurations) or came from a file (these with their category and
  description). Here a text is shown as it is, so these are unescaped, once. It never did so with
  data types, enumerations, images, sheets and users; theirs stay.
- Tokens that somebody is logged in by go, wherever they are. Whatever else has no place here is
  kept as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from accounts.roles import DEFAULT_WORKSPACE, Role
from backup.errors import Invalid
from workflows.values import whole_number

#: Collections of which nothing is taken over: peers that were running then.
LEFT_OUT = frozenset({"nodius_cluster"})

Fields: TypeAlias = dict[str, Any]

_ORIGINAL = "nodius_"
#: How the original called `default`, before it had users.
_ROOT = "root"
#: The sheets that every graph begins with.
_FIRST_SHEET = {"0": "main"}
_CREATED, _UPDATED = "createdTime", "lastUpdatedTime"

_KEY = re.compile(r"(?!_|\.{1,2}\Z)[A-Za-z0-9_\-:.@]{1,128}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}", re.ASCII)
#: What the original wrote for characters that mean something in HTML; it knew no others.
_ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}
_ESCAPE = re.compile("|".join(_ESCAPED))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Converted:
    """A document of our own format, and the collection that it belongs to."""

    collection: str
    document: dict[str, Any]


def is_original(collection: str) -> bool:
    """Whether a collection of this name is one of the original system."""
    return collection.startswith(_ORIGINAL)


def convert(collection: str, kind: int, document: dict[str, Any]) -> list[Converted]:
    """What a document of the original comes to here; nothing if it is left out on purpose.

    `kind` is ArangoDB's number for the collection. The result shares values with the document.
    Raises Invalid if it cannot be taken over.
    """
    if collection in LEFT_OUT:
        return []
    key = _checked(document.get("_key"), "its key")
    if collection in _CONVERSIONS:
        return _CONVERSIONS[collection](key, document)
    return [_kept(collection, kind, key, document)]


def _graph(key: str, document: Fields) -> list[Converted]:
    """The sheets are `data.sheets`, names by key; `data` is also where every other field goes."""
    sheets = _FIRST_SHEET if document.get("sheetsList") is None else document["sheetsList"]
    if type(sheets) is not dict or not all(type(name) is str for name in sheets.values()):
        raise Invalid("sheetsList must be an object of texts")
    own = ("name", "category", "description", "workspace", "sheetsList", _CREATED, _UPDATED)
    fields = {
        "name": _unescaped(_text(document, "name")),
        "category": None,
        "description": None,
        **_labels(document),
        **_place(document),
        "seq": 0,
        "data": {**_rest(document, *own), "sheets": dict(sheets)},
    }
    return [Converted("workflows", {"_key": key, **fields})]


def _node(key: str, document: Fields) -> list[Converted]:
    """All fields stay but `embedding`: thousands of numbers that were made of the others, for a
    search that is not here, and no longer true after the next change. Some 300 of them would fill a
    workflow, and everybody who opens it would have to load them.
    """
    value = _rest(document, "graphKey", "embedding")
    for field in ("posX", "posY"):
        if field in value and type(value[field]) not in (int, float):
            raise Invalid(f"{field} must be a number")
    return [_part("nodes", key, document, value)]


def _edge(key: str, document: Fields) -> list[Converted]:
    """Where it names a node of another graph, that stays: here it is the key of no node."""
    value = _rest(document, "graphKey")
    for end, link in (("source", "_from"), ("target", "_to")):
        value[end] = _end(document, end, link)
    return [_part("edges", key, document, value)]


def _part(collection: str, key: str, document: Fields, value: Fields) -> Converted:
    """A node or an edge, whose key within its graph is what follows the graph's own."""
    graph = _graph_key(document)
    within = key.partition("-")[2] or key
    if key.startswith(f"{graph}-"):
        within = key.removeprefix(f"{graph}-")
    local = _checked(within, "its key after the one of its graph")
    fields = {"workflowKey": graph, "key": local, "value": value}
    return Converted(collection, {"_key": f"{graph}-{local}", **fields})


def _graph_key(document: Fields) -> str:
    return _checked(document.get("graphKey"), "graphKey")


def _end(document: Fields, end: str, link: str) -> str:
    """The key, within its graph, of the node at an end: of `link` if there is none at `end`."""
    found = _text_or_none(document, end)
    if not found:
        found = (_text_or_none(document, link) or "").partition("/")[2]
    return _checked(found.removeprefix(f"{_graph_key(document)}-"), f"{end}, or else {link},")


def _node_config(key: str, document: Fields) -> list[Converted]:
    """Its type is its own key, by which nodes refer to it; its process is also left in `node`,
    where the original's editor reads it.
    """
    node = document.get("node")
    if node is not None and type(node) is not dict:
        raise Invalid("node must be an object")
    version = document.get("version")
    number = 1 if version is None else whole_number(version)
    if number is None:
        raise Invalid("version must be an integer")
    fields = {
        **_rest(document, "displayName", _CREATED, _UPDATED),
        **_labels(document),
        "type": key,
        "name": _unescaped(_text(document, "displayName")),
        "process": _text_or_none(node or {}, "process"),
        "version": number,
        **_place(document),
    }
    return [Converted("node_configs", {"_key": key, **fields})]


def _category(key: str, document: Fields) -> list[Converted]:
    """Its `type`, of what it is a category, goes: a category has no other fields here."""
    fields = {
        "name": _unescaped(_text(document, "category")),
        "description": _text_or_none(document, "description"),
        **_place(document),
    }
    return [Converted("categories", {"_key": key, **fields})]


def _data_type(key: str, document: Fields) -> list[Converted]:
    return [_type(key, document, _list(document, "types"))]


def _enumeration(key: str, document: Fields) -> list[Converted]:
    """A data type without fields of its own: its values stay in `enum`."""
    _list(document, "enum")
    return [_type(key, document, [])]


def _type(key: str, document: Fields, of: list[Any]) -> Converted:
    fields = {
        **_rest(document, "types", _CREATED, _UPDATED),
        "name": _text(document, "name"),
        "description": _text_or_none(document, "description"),
        "fields": of,
        **_place(document),
    }
    return Converted("data_types", {"_key": key, **fields})


def _image(_: str, document: Fields) -> list[Converted]:
    """Its key is the token, by which URLs name it; that its data is an image is judged later."""
    data = _text(document, "data")
    if len(data) % 4 or not _BASE64.fullmatch(data):
        raise Invalid("data must be the bytes of an image in base64")
    fields = {
        "name": _text(document, "name"),
        "workspace": _workspace(document.get("workspace")),
        "userId": _text_or_none(document, "userId") or "",
        "createdAt": _time(document, "uploadedAt"),
        "mime": _text(document, "mimeType"),
        "data": data,
    }
    return [Converted("images", {"_key": _checked(document.get("token"), "token"), **fields})]


def _user(key: str, document: Fields) -> list[Converted]:
    """With the memberships, and the workspace of one's own: only its owner brings a workspace,
    since of a shared one everybody else knows no more than the key.
    """
    roles = _texts(document, "roles")
    is_admin = "admin" in roles
    username, created = _text(document, "username"), _time(document, "createdAt", "lastLogin")
    fields = {
        "username": username,
        "email": _text_or_none(document, "email") or "",
        "roles": ["admin", "user"] if is_admin else ["user"],
        "active": True,
        "staff": is_admin,
        "password": f"bcrypt${_text(document, 'password')}",
        "providerId": None,
        "createdAt": created,
    }
    converted = [Converted("users", {"_key": key, **fields})]
    shared = map(_workspace, _texts(document, "workspaces") or [key])
    for workspace in dict.fromkeys((DEFAULT_WORKSPACE, *shared)):
        role = Role.EDITOR
        if workspace == key != DEFAULT_WORKSPACE:
            role = Role.OWNER
            own = {"_key": key, "name": username, "createdAt": created}
            converted.append(Converted("workspaces", own))
        place = {"workspace": workspace, "user": key, "role": role.value}
        converted.append(Converted("memberships", {"_key": f"{workspace}-{key}", **place}))
    return converted


def _kept(collection: str, kind: int, key: str, document: Fields) -> Converted:
    """A document that has no place here, as it is: but for a token, which no collection that is
    known has beside the users, while there may be others.
    """
    fields = {
        "collection": collection,
        "type": kind,
        "document": {name: value for name, value in document.items() if not _is_token(value)},
    }
    named = _checked(f"{collection}:{key}", "its key after the name of its collection")
    return Converted("kept", {"_key": named, **fields})


_CONVERSIONS: Mapping[str, Callable[[str, Fields], list[Converted]]] = {
    "nodius_graphs": _graph,
    "nodius_nodes": _node,
    "nodius_edges": _edge,
    "nodius_node_config": _node_config,
    "nodius_category": _category,
    "nodius_data_type": _data_type,
    "nodius_enum": _enumeration,
    "nodius_images": _image,
    "nodius_users": _user,
}


def _rest(document: Fields, *taken: str) -> Fields:
    """The fields that are neither taken nor the database's own."""
    return {
        name: value
        for name, value in document.items()
        if name not in taken and not name.startswith("_")
    }


def _place(document: Fields) -> Fields:
    """Workspace and times; a time that is missing is the other one, or 0."""
    return {
        "workspace": _workspace(document.get("workspace")),
        "createdAt": _time(document, _CREATED, _UPDATED),
        "updatedAt": _time(document, _UPDATED, _CREATED),
    }


def _labels(document: Fields) -> Fields:
    """Category and description, unescaped, as far as there are any."""
    labels = {field: _text_or_none(document, field) for field in ("category", "description")}
    return {field: _unescaped(text) for field, text in labels.items() if text is not None}


def _text(document: Fields, field: str) -> str:
    text = document.get(field)
    if type(text) is not str:
        raise Invalid(f"{field} must be a text")
    return text


def _text_or_none(document: Fields, field: str) -> str | None:
    return None if document.get(field) is None else _text(document, field)


def _list(document: Fields, field: str) -> list[Any]:
    found = document.get(field)
    if type(found) is not list:
        raise Invalid(f"{field} must be a list")
    return found


def _texts(document: Fields, field: str) -> list[str]:
    """A list of texts, empty if there is none."""
    texts = [] if document.get(field) is None else _list(document, field)
    if not all(type(text) is str for text in texts):
        raise Invalid(f"{field} must be a list of texts")
    return texts


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found[0]], text)


def _is_token(value: object) -> bool:
    """Whether it is a JWT."""
    return type(value) is str and _TOKEN.fullmatch(value) is not None


def _checked(key: object, what: str) -> str:
    if type(key) is not str or not _KEY.fullmatch(key):
        raise Invalid(f"{what} must be 1 to 128 of A–Z a–z 0–9 _ - : . @, and not begin with _")
    return key


def _workspace(key: object) -> str:
    return DEFAULT_WORKSPACE if key in (None, "", _ROOT) else _checked(key, "workspace")


def _time(document: Fields, *fields: str) -> int:
    """The first of these times that is there, in milliseconds since 1970; 0 if there is none."""
    for field in fields:
        value = document.get(field)
        if value is None:
            continue
        time = _milliseconds(value) if type(value) is str else whole_number(value)
        if time is None or time < 0:
            raise Invalid(f"{field} must be milliseconds since 1970, or an ISO 8601 text")
        return time
    return 0


def _milliseconds(text: str) -> int | None:
    """The time that an ISO 8601 text stands for, in UTC if it does not say otherwise, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND
