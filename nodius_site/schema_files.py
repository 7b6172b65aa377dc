"""What the client library is typed by: the REST calls and the messages of the socket, as schemas.

    python -m nodius_site.schema_files

writes web/schema/openapi.json and web/schema/messages.json anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, get_args

import msgspec

from nodius_site.options import ROOT

FOLDER = ROOT / "web" / "schema"
#: What a field holds that is encoded already.
_HOLDS: Mapping[str, Mapping[str, Any]] = {
    "instructions": {"type": "array", "items": {"$ref": "#/$defs/Instruction"}},
    "updates": {"type": "array", "items": {"$ref": "#/$defs/Entry"}},
    "skipped": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
    "workflow": {"type": "object"},
    "state": {},
}


def files() -> dict[str, str]:
    """Of each file its name and what is in it. Django has to be set up."""
    from nodius_site.api import api

    return {
        "openapi.json": _text(api.get_openapi_schema()),
        "messages.json": _text(_messages()),
    }


def _messages() -> dict[str, Any]:
    from sync import messages

    incoming, outgoing = get_args(messages.Incoming), get_args(messages.Outgoing)
    structs = [*incoming, *outgoing, messages.Entry, messages.Participant]
    _, found = msgspec.json.schema_components(structs, ref_template="#/$defs/{name}")
    for name, struct in found.items():
        _fill(name, struct)
    return {
        "title": "Messages",
        "type": "object",
        "properties": {
            "Incoming": {"anyOf": [_named(each) for each in incoming]},
            "Outgoing": {"anyOf": [_named(each) for each in outgoing]},
        },
        "$defs": dict(sorted(found.items())),
    }


def _fill(name: str, struct: dict[str, Any]) -> None:
    """Say what is in the fields of which the struct only says that they are JSON."""
    struct["additionalProperties"] = False
    if "description" in struct:
        # Some releases of msgspec and of Python take the indentation out, others do not.
        struct["description"] = cleandoc(struct["description"])
    for field, schema in struct.get("properties", {}).items():
        if not schema and field in _HOLDS and name != "Instruction":
            struct["properties"][field] = dict(_HOLDS[field])
        if field == "type":
            struct["required"] = sorted({"type", *struct.get("required", ())})


def _named(struct: type) -> dict[str, str]:
    return {"$ref": f"#/$defs/{struct.__name__}"}


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"


def main() -> None:
    """Write them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nodius_site.settings")
    import django

    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
