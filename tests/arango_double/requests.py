"""A request and an answer, without HTTP around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.arango_double.errors import ArangoError


@dataclass(frozen=True)
class Request:
    """What is asked of a database; `endpoint` is the path behind its name."""

    method: str
    endpoint: str
    database: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter that is true or false."""
        return self.parameters.get(name, "1" if default else "0") in ("1", "true")

    @property
    def fields(self) -> dict[str, Any]:
        """The body, which has to be an object. Raises ArangoError."""
        if not isinstance(self.body, dict):
            raise ArangoError(400, 10, "bad parameter: expecting an object")
        return self.body

    @property
    def transaction(self) -> str | None:
        """The id of the stream transaction that it belongs to."""
        return self.headers.get("x-arango-trx-id")


@dataclass(frozen=True)
class Answer:
    """What is answered."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def fine(status: int = 200, /, **more: Any) -> Answer:
    """An answer that says that all is well."""
    return Answer(status, {"error": False, "code": status, **more})
