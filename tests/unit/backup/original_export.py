"""A complete export of the original system, made up: every collection it can hold, as it wrote it.

Two graphs, the second one the page behind an HTML class; three users, one of them logged in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.unit.backup.original_names import (
    ADDRESS,
    ADMIN,
    COLOR,
    CREATED,
    FORM,
    FROM_FILE,
    HASH,
    HTML,
    LOGO,
    MIA,
    ORDERS,
    PAGE,
    PARTS,
    PHOTO,
    PNG,
    PROCESS,
    SUM,
    TOKEN,
    TOM,
    UPDATED,
    WORKFLOWS,
    Document,
    document,
    hexed,
)


def point(name: str, kind: str, accept: str = "any", **more: Any) -> Document:
    """A point of a handle."""
    return {"id": name, "type": kind, "accept": accept, **more}


def handles() -> Document:
    """In on the left, out on the right."""
    return {
        "L": {"position": "separate", "point": [point("0", "in")]},
        "D": {"position": "separate", "point": []},
        "R": {"position": "separate", "point": [point("1", "out", offset=12.5, display="next")]},
    }


def tree(identifier: str) -> Document:
    """HTML as the original's editor has it."""
    return {
        "type": "block",
        "tag": "div",
        "name": "Container",
        "identifier": identifier,
        "domEvents": [{"name": "nodeEnter", "call": "element.innerHTML = '<b>&lt;</b>';"}],
        "css": [{"selector": "&", "rules": [["height", "100%"], ["width", "100%"]]}],
        "content": {"type": "html", "tag": "p", "content": "<p>{{result}}&nbsp;</p>"},
    }


def graphs() -> Iterator[tuple[str, Document]]:
    """The graphs: one was renamed, the other one belongs to an HTML class."""
    times = {"createdTime": CREATED, "lastUpdatedTime": UPDATED}
    yield (
        ORDERS,
        {
            "name": "Orders &amp; &lt;returns&gt;",
            "category": "R&amp;D",
            "description": "What &quot;shop&quot; does",
            "version": 0,
            "permission": 0,
            "workspace": "root",
            **times,
            "sheetsList": {"0": "main", "1": "R&D"},
            "metadata": {"noMultipleSheet": False, "limitWorkingArea": {"width": 9, "height": 8.5}},
        },
    )
    yield (
        PAGE,
        {
            "name": "Page-graph",
            "category": "default",
            "htmlKeyLinked": HTML,
            "version": 0,
            "permission": 0,
            "workspace": MIA,
            **times,
            "sheetsList": {"0": "main"},
        },
    )


def nodes() -> Iterator[tuple[str, Document]]:
    """The nodes of both graphs."""
    size = {"width": 323.3039100656893, "height": 154.98540090239624}
    place = {"graphKey": ORDERS, "sheet": "0", "size": size, "handles": handles()}
    yield (
        f"{ORDERS}-root",
        {**place, "type": "starter", "posX": 0, "posY": -0.5, "process": "", "data": None},
    )
    yield (
        f"{ORDERS}-rop1",
        {
            **place,
            "type": SUM,
            "typeVersion": 3,
            "posX": 2704.8875358645255,
            "posY": -742.4237414186014,
            "process": PROCESS,
            "data": {"en": "<p>1 -&nbsp;</p>"},
            "embedding": [0.25, -0.5] * 768,
        },
    )
    yield (
        f"{ORDERS}-{FROM_FILE}",
        {
            **place,
            "sheet": "1",
            "type": "entryType",
            "posX": 381.5,
            "posY": 7,
            "process": "",
            "data": {"_key": ADDRESS, "fixedValue": {"street": "Main St &amp; 1st"}},
        },
    )
    yield (
        f"{PAGE}-root",
        {
            "graphKey": PAGE,
            "sheet": "0",
            "type": "html",
            "size": {"width": 640, "height": 360, "dynamic": True},
            "posX": -877.6856268261765,
            "posY": -917.4325773736496,
            "process": "initHtml(node.data);",
            "handles": {"0": {"position": "fix", "point": [point("0", "out", "event[]")]}},
            "data": tree("root"),
        },
    )


def edges() -> Iterator[tuple[str, Document]]:
    """The edges of the first graph; one says only by its links where it is."""
    for key, source, target, more in (
        ("rop2", "root", "rop1", {"source": "root", "target": "rop1", "label": "a &amp; b"}),
        ("rop3", "rop1", FROM_FILE, {}),
    ):
        yield (
            f"{ORDERS}-{key}",
            {
                "_from": f"nodius_nodes/{ORDERS}-{source}",
                "_to": f"nodius_nodes/{ORDERS}-{target}",
                "graphKey": ORDERS,
                "sheet": "0",
                "sourceHandle": "1",
                "targetHandle": "0",
                **more,
            },
        )


def node_configs() -> Iterator[tuple[str, Document]]:
    """Node configurations: one with all that one can have, one that was just made."""
    border = {
        "radius": 8,
        "width": 1,
        "type": "solid",
        "normal": {"color": "var(--nodius-primary-dark)"},
        "hover": {"color": "var(--nodius-primary-light)"},
    }
    node = {"posX": 0, "posY": 0, "handles": handles(), "size": {"width": 300, "height": 300}}
    yield (
        SUM,
        {
            "displayName": "Sum &amp; tax",
            "description": "adds &quot;up&quot;",
            "category": "R&amp;D",
            "workspace": "root",
            "version": 3,
            "alwaysRendered": True,
            "content": tree("roou"),
            "border": border,
            "node": {"type": SUM, **node, "process": PROCESS, "data": {"en": "", "fr": ""}},
            "icon": "Calculator",
            "createdTime": CREATED,
            "lastUpdatedTime": UPDATED,
        },
    )
    yield (
        FORM,
        {
            "displayName": "Form",
            "description": "",
            "category": "default",
            "workspace": MIA,
            "version": 0,
            "alwaysRendered": False,
            "content": {"type": "html", "content": ""},
            "border": border,
            "node": {"type": FORM, **node, "process": ""},
            "createdTime": CREATED,
            "lastUpdatedTime": CREATED,
        },
    )


def images() -> Iterator[tuple[str, Document]]:
    """Images: of a shared workspace, and of one's own."""
    for key, token, name, workspace, user in (
        ("4410", LOGO, "Logo & <name>", "root", ADMIN),
        ("4411", PHOTO, "photo", MIA, MIA),
    ):
        yield (
            key,
            {
                "token": token,
                "data": PNG,
                "mimeType": "image/png",
                "name": name,
                "originalName": "upload.png",
                "size": 77,
                "width": 4,
                "height": 3,
                "compressed": True,
                "uploadedAt": "2026-02-11T08:30:15.250Z",
                "userId": user,
                "workspace": workspace,
                "metadata": {"alt": "none"},
                "hash": hexed(f"upload of {token}"),
            },
        )


def users() -> Iterator[tuple[str, Document]]:
    """Users: an admin who is logged in, one who shares workspaces, one from before those."""
    yield (
        ADMIN,
        {
            "username": "admin",
            "password": HASH,
            "email": "admin@example.com",
            "roles": ["admin", "user"],
            "workspaces": [ADMIN],
            "createdAt": CREATED,
            "lastLogin": UPDATED,
            "token": TOKEN,
        },
    )
    yield (
        MIA,
        {
            "username": "mia",
            "password": HASH,
            "roles": ["user"],
            "workspaces": [MIA, ADMIN, "root", "team"],
            "createdAt": UPDATED,
            "token": None,
        },
    )
    yield (
        TOM,
        {"username": "tom", "password": HASH, "roles": ["user"], "createdAt": UPDATED},
    )


def history() -> Iterator[tuple[str, Document]]:
    """What was done to the first graph, in the original's terms."""
    updated = {
        "type": "nodeUpdate",
        "instruction": [{"o": 1, "p": ["nodes", "rop1", "posX"], "v": 1.5}],
        "reversedInstruction": [{"o": 1, "p": ["nodes", "rop1", "posX"], "v": 0}],
        "userId": ADMIN,
    }
    deleted = {
        "type": "sheetDelete",
        "name": "old",
        "deleteSheet": {"nodes": [["rop9", {"_key": "rop9", "posX": 1}]], "edges": [["rop8", []]]},
        "userId": ADMIN,
    }
    for name, entry in (("first", updated), ("second", deleted)):
        kept = {"graphKey": ORDERS, "type": "WF", "timestamp": CREATED, "history": [entry]}
        yield hexed(name), kept


def ai_threads() -> Iterator[tuple[str, Document]]:
    """A talk about the first graph."""
    yield (
        hexed("thread"),
        {
            "graphKey": ORDERS,
            "workspace": ADMIN,
            "userId": ADMIN,
            "title": "What does it do?",
            "conversationHistory": [{"role": "user", "content": "What does it do?"}],
            "pendingInterrupt": None,
            "totalPromptTokens": 120,
            "totalCompletionTokens": 30,
            "totalTokens": 150,
            "totalCost": 0.0021,
            "provider": "openai",
            "model": "some",
            "messageCount": 1,
            "toolCallCount": 0,
            "createdTime": CREATED,
            "lastUpdatedTime": UPDATED,
        },
    )


def small() -> dict[str, list[tuple[str, Document]]]:
    """The collections with small documents."""
    field = {"name": "street", "typeId": "str", "required": True, "isArray": False}
    colored = {**field, "name": "color", "typeId": "enum", "defaultValue": COLOR}
    peer = {"host": "192.0.2.3", "port": 9426, "lastRefresh": UPDATED}
    return {
        "nodius_cluster": [
            (hexed("peer 1"), {**peer, "status": "offline"}),
            (hexed("peer 2"), {**peer, "status": "online"}),
        ],
        "nodius_category": [
            (WORKFLOWS, {"workspace": "root", "type": "workflow", "category": "R&amp;D"}),
            (PARTS, {"workspace": MIA, "type": "builder", "category": "parts"}),
        ],
        "nodius_data_type": [
            (
                ADDRESS,
                {
                    "name": "a &amp; b",
                    "description": "",
                    "workspace": "root",
                    "types": [field, colored],
                },
            ),
        ],
        "nodius_enum": [
            (
                COLOR,
                {
                    "name": "color",
                    "description": "which one",
                    "workspace": "root",
                    "enum": ["red", "green"],
                },
            ),
        ],
        "nodius_html_class": [
            (
                HTML,
                {
                    "name": "Page",
                    "category": "default",
                    "workspace": MIA,
                    "permission": 0,
                    "version": 0,
                    "htmlNodeKey": f"{PAGE}-root",
                    "graphKeyLinked": PAGE,
                    "createdTime": CREATED,
                    "lastUpdatedTime": CREATED,
                },
            ),
        ],
        "nodius_node_configs": [(hexed("stray"), {"displayName": "Stray", "node": {}})],
        "nodius_node_category": [],
        "nodius_builder_component": [],
    }


def export() -> dict[str, Any]:
    """The whole of it."""
    collections = {
        **small(),
        "nodius_graphs": graphs(),
        "nodius_nodes": nodes(),
        "nodius_edges": edges(),
        "nodius_node_config": node_configs(),
        "nodius_images": images(),
        "nodius_users": users(),
        "nodius_graphs_history": history(),
        "nodius_ai_threads": ai_threads(),
    }
    return {
        "metadata": {
            "exportDate": "2026-02-28T17:30:55.471Z",
            "databaseName": "nodius",
            "version": "1.0.0",
        },
        "collections": {
            name: {
                "name": name,
                "type": 3 if name == "nodius_edges" else 2,
                "documents": [document(name, key, fields) for key, fields in documents],
            }
            for name, documents in collections.items()
        },
    }
