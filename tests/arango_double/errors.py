"""What the server answers when it does not do what it was asked for."""

from __future__ import annotations

from typing import Any


class ArangoError(Exception):
    """An error of the server: the HTTP status, its own number, a text, and more fields."""

    def __init__(self, code: int, number: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code, self.number = code, number
        self.body = {"error": True, "code": code, "errorNum": number, "errorMessage": message}
        self.body |= more


def unknown(what: str) -> ArangoError:
    """The double does not know this, though the server may."""
    return ArangoError(501, 9, f"the double does not know {what}")


def parse_error(reason: str) -> ArangoError:
    """The query is none."""
    return ArangoError(400, 1501, f"syntax error, {reason}")


def no_collection(name: str) -> ArangoError:
    """There is no such collection."""
    return ArangoError(404, 1203, f"collection or view not found: {name}")


def no_document() -> ArangoError:
    """There is no such document."""
    return ArangoError(404, 1202, "document not found")


def no_index() -> ArangoError:
    """There is no such index."""
    return ArangoError(404, 1212, "index not found")


def write_conflict(key: str) -> ArangoError:
    """Another transaction has written this document since this one began."""
    return ArangoError(409, 1200, f"write-write conflict; key: {key}")


class Locked(ArangoError):
    """Another transaction that is not over writes this document, or takes its unique value."""

    def __init__(self, key: str) -> None:
        super().__init__(409, 1200, f"write-write conflict; key: {key}")
        self.key = key

    def waited(self) -> ArangoError:
        """The same, for who has waited for the other to end."""
        return ArangoError(
            409,
            1200,
            "Timeout waiting to lock key - in index primary of type primary over '_key'; "
            f"conflicting key: {self.key}",
        )


def not_unique(index: str, fields: list[str], key: str) -> ArangoError:
    """Another document has these values."""
    kind = "primary" if index == "primary" else "persistent"
    return ArangoError(
        409,
        1210,
        f"unique constraint violated - in index {index} of type {kind} over "
        f"'{', '.join(fields)}'; conflicting key: {key}",
    )
