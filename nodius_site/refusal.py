"""Refusing a request before its body is read, but in the words of every other answer.

What stands in front of Django decides, and leaves it in the scope; `ApiMiddleware` answers. So a
refusal gets the one shape of errors, CORS and security headers like everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nodius_site.asgi_types import Message

_KEY = "nodius.refusal"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The status of the answer, and headers that go with it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


def refuse(scope: Message, refusal: Refusal) -> None:
    """Have this request answered so, unless it was refused before."""
    scope.setdefault(_KEY, refusal)


def refused(scope: Message) -> Refusal | None:
    """How this request is to be answered, if it was refused."""
    found = scope.get(_KEY)
    return found if isinstance(found, Refusal) else None
