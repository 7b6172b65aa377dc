"""What the tests hold in their hands: an HTTP client of one address, and tokens made by hand."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client

PASSWORD = "Correct-horse-7-battery"
OTHER_PASSWORD = "Other-horse-8-staple"


@dataclass
class Api:
    """Calls under /api as somebody, from some address."""

    token: str | None = None
    address: str = "192.0.2.1"
    client: Client = field(default_factory=Client)

    def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer."""
        response = self.raw(method, path, body, **headers)
        content = getattr(response, "content", b"")
        return response.status_code, json.loads(content) if content else {}

    def raw(self, method: str, path: str, body: object = None, **headers: str) -> HttpResponseBase:
        """The answer as it came."""
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.generic(
            method,
            f"/api/{path}",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers=headers,
            REMOTE_ADDR=self.address,
        )

    def log_in(self, username: str, password: str = PASSWORD) -> dict[str, Any]:
        """Log in and keep the token; the answer."""
        status, answer = self.call(
            "POST", "auth/login", {"username": username, "password": password}
        )
        assert status == 200, answer
        self.token = answer["token"]
        return answer

    def is_in(self) -> bool:
        """Whether the token is good."""
        return self.call("GET", "auth/me")[0] == 200


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part: str) -> Any:
    """One part of a token."""
    return json.loads(base64.urlsafe_b64decode(f"{part}==="))


def sign(text: str, secret: str | None = None, hash: str = "sha256") -> str:
    """Text (header.claims) with its signature."""
    key = (settings.JWT_SECRET if secret is None else secret).encode()
    return f"{text}.{encode(hmac.new(key, text.encode(), hash).digest())}"


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    claims: dict[str, Any] = decode(token.split(".")[1])
    return claims


def resigned(
    token: str,
    *,
    header: dict[str, Any] | None = None,
    without: str = "",
    nulls: tuple[str, ...] = (),
    **claims: Any,
) -> str:
    """The token with other claims or header fields, signed with the right key."""
    first = decode(token.split(".")[0]) | (header or {})
    second = {key: value for key, value in claims_of(token).items() if key != without}
    second |= dict.fromkeys(nulls) | claims
    return sign(f"{encode(json.dumps(first).encode())}.{encode(json.dumps(second).encode())}")
