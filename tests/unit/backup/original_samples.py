"""One small document of each collection of the original system, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from backup.errors import Invalid
from backup.original import convert
from tests.unit.backup.original_names import HASH, PNG

Document = dict[str, Any]

#: Collections whose documents become one or more of another kind, and a document of each.
SAMPLES: dict[str, Document] = {
    "nodius_graphs": {"_key": "g", "name": "Flow", "workspace": "root"},
    "nodius_nodes": {"_key": "g-n", "graphKey": "g", "type": "html"},
    "nodius_edges": {"_key": "g-e", "graphKey": "g", "source": "a", "target": "b"},
    "nodius_node_config": {"_key": "c", "displayName": "Sum", "node": {}},
    "nodius_category": {"_key": "c", "category": "parts"},
    "nodius_data_type": {"_key": "d", "name": "address", "types": []},
    "nodius_enum": {"_key": "e", "name": "color", "enum": []},
    "nodius_images": {"_key": "1", "token": "t", "name": "i", "mimeType": "image/png", "data": PNG},
    "nodius_users": {"_key": "7", "username": "mia", "password": HASH},
    "nodius_else": {"_key": "x"},
}


def one(collection: str, **changes: Any) -> Document:
    """What comes first of a sample with these changes; those that are `...` are left out."""
    fields = SAMPLES[collection] | changes
    given = {name: value for name, value in fields.items() if value is not ...}
    return convert(collection, 2, given)[0].document


def refusal(collection: str, **changes: Any) -> str:
    """Why a sample with these changes cannot be taken over."""
    with pytest.raises(Invalid) as refused:
        one(collection, **changes)
    return str(refused.value)
