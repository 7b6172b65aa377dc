"""Who and what the made-up export of the original system is about: its keys and its passwords."""

from __future__ import annotations

import hashlib
from typing import Any

#: What `admin` and `mia` log in with, and its hash as the original made it.
PASSWORD = "correct horse battery"
HASH = "$2b$10$AOF8/sJhQr4cINITk7kISuHEqxpypvws/Hlr8EBejng42V3Kr2a2W"
#: What `admin` is logged in with.
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiIxMDIzNCJ9.c2lnbmF0dXJlLW9mLW5vLXVzZQ"
#: A PNG of 4 × 3 pixels.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAFElEQVR4nGM8IWfDAANMDEgAhQMAKxIBKCvhkagA"
    "AAAASUVORK5CYII="
)
ADMIN, MIA, TOM = "10234", "20517", "31007"


def hexed(name: str) -> str:
    """A key as the original makes them, always the same for the same name."""
    return hashlib.sha256(name.encode()).hexdigest()


ORDERS, PAGE, HTML = hexed("orders"), hexed("page"), hexed("html")
SUM, FORM = hexed("sum"), hexed("form")
ADDRESS, COLOR = hexed("address"), hexed("color")
WORKFLOWS, PARTS = hexed("workflows"), hexed("parts")
LOGO, PHOTO = hexed("logo"), hexed("photo")
#: A key within a graph that came from a file.
FROM_FILE = "9f8e7d6c5b4a3921"
#: JavaScript with all that must survive.
PROCESS = 'if (incoming.data && node.data["en"] < 2) {\n  await next("1", `&amp; ${incoming}`);\n}'
CREATED, UPDATED = 1762808217925, 1763392010912

Document = dict[str, Any]


def document(collection: str, key: str, fields: Document) -> Document:
    """A document as it is in the export."""
    names = {"_key": key, "_id": f"{collection}/{key}", "_rev": f"_k{key[:6]}---"}
    return {**names, **fields}
