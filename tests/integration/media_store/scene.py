"""Files to upload, and what is there afterwards."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from media_store import current
from tests.integration.api.wire import Caller, ok
from tests.unit.media_store.pictures import encoded


def upload(
    caller: httpx.Client, content: bytes, filename: str = "picture.png", **fields: str
) -> httpx.Response:
    """Send a file."""
    file = {"file": (filename, content, "application/octet-stream")}
    return caller.post("/api/image/upload", files=file, data=fields)


def unique(width: int = 60, height: int = 40) -> bytes:
    """A picture that no other test has."""
    return encoded(
        Image.frombytes("RGB", (width, height), random.randbytes(3 * width * height)), "PNG"
    )


def listed(caller: Caller, **params: str | int) -> list[dict[str, Any]]:
    """The images that somebody sees."""
    shown: list[dict[str, Any]] = ok(caller.get("/api/image", params=params))["images"]
    return shown


def kept() -> list[Path]:
    """All files of all images."""
    root = Path(current.images().files.storage.path(""))
    return [each for each in root.rglob("*") if each.is_file()]
