"""What each collection of the original system's export becomes here."""

from __future__ import annotations

from typing import Any

from backup.original import Converted, convert
from tests.unit.backup.original_export import export, handles, tree
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
    TOM,
    UPDATED,
    WORKFLOWS,
)

Document = dict[str, Any]

TIMES = {"createdAt": 0, "updatedAt": 0}
IN_DEFAULT = {"workspace": "default", **TIMES}


def node(graph: str, key: str, value: Document) -> Converted:
    return part("nodes", graph, key, value)


def edge(graph: str, key: str, value: Document) -> Converted:
    return part("edges", graph, key, value)


def part(collection: str, graph: str, key: str, value: Document) -> Converted:
    names = {"_key": f"{graph}-{key}", "workflowKey": graph, "key": key}
    return Converted(collection, {**names, "value": value})


def member(workspace: str, user: str, role: str = "editor") -> Converted:
    names = {"_key": f"{workspace}-{user}", "workspace": workspace, "user": user}
    return Converted("memberships", {**names, "role": role})


def user(key: str, username: str, created: int, **fields: Any) -> Converted:
    usual: Document = {
        "_key": key,
        "username": username,
        "email": "",
        "roles": ["user"],
        "active": True,
        "staff": False,
        "password": f"bcrypt${HASH}",
        "providerId": None,
        "createdAt": created,
    }
    return Converted("users", usual | fields)


def own(key: str, name: str, created: int) -> Converted:
    return Converted("workspaces", {"_key": key, "name": name, "createdAt": created})


def image(token: str, **fields: str) -> Converted:
    uploaded = {"createdAt": 1770798615250, "mime": "image/png", "data": PNG}
    return Converted("images", {"_key": token, **fields, **uploaded})


WHOLE = {"createdAt": CREATED, "updatedAt": UPDATED}
SIZE = {"width": 323.3039100656893, "height": 154.98540090239624}
PLACE = {"sheet": "0", "size": SIZE, "handles": handles()}
LINE = {"sheet": "0", "sourceHandle": "1", "targetHandle": "0"}
BORDER = {
    "radius": 8,
    "width": 1,
    "type": "solid",
    "normal": {"color": "var(--nodius-primary-dark)"},
    "hover": {"color": "var(--nodius-primary-light)"},
}
NODE = {"posX": 0, "posY": 0, "handles": handles(), "size": {"width": 300, "height": 300}}
FIELD = {"name": "street", "typeId": "str", "required": True, "isArray": False}

#: What the export comes to, by collection.
EXPECTED: dict[str, list[Converted]] = {
    "nodius_cluster": [],
    "nodius_graphs": [
        Converted(
            "workflows",
            {
                "_key": ORDERS,
                "name": "Orders & <returns>",
                "category": "R&D",
                "description": 'What "shop" does',
                "workspace": "default",
                **WHOLE,
                "seq": 0,
                "data": {
                    "version": 0,
                    "permission": 0,
                    "metadata": {
                        "noMultipleSheet": False,
                        "limitWorkingArea": {"width": 9, "height": 8.5},
                    },
                    "sheets": {"0": "main", "1": "R&D"},
                },
            },
        ),
        Converted(
            "workflows",
            {
                "_key": PAGE,
                "name": "Page-graph",
                "category": "default",
                "description": None,
                "workspace": MIA,
                **WHOLE,
                "seq": 0,
                "data": {
                    "htmlKeyLinked": HTML,
                    "version": 0,
                    "permission": 0,
                    "sheets": {"0": "main"},
                },
            },
        ),
    ],
    "nodius_nodes": [
        node(
            ORDERS,
            "root",
            {**PLACE, "type": "starter", "posX": 0, "posY": -0.5, "process": "", "data": None},
        ),
        node(
            ORDERS,
            "rop1",
            {
                **PLACE,
                "type": SUM,
                "typeVersion": 3,
                "posX": 2704.8875358645255,
                "posY": -742.4237414186014,
                "process": PROCESS,
                "data": {"en": "<p>1 -&nbsp;</p>"},
            },
        ),
        node(
            ORDERS,
            FROM_FILE,
            {
                **PLACE,
                "sheet": "1",
                "type": "entryType",
                "posX": 381.5,
                "posY": 7,
                "process": "",
                "data": {"_key": ADDRESS, "fixedValue": {"street": "Main St &amp; 1st"}},
            },
        ),
        node(
            PAGE,
            "root",
            {
                "sheet": "0",
                "type": "html",
                "size": {"width": 640, "height": 360, "dynamic": True},
                "posX": -877.6856268261765,
                "posY": -917.4325773736496,
                "process": "initHtml(node.data);",
                "handles": {
                    "0": {
                        "position": "fix",
                        "point": [{"id": "0", "type": "out", "accept": "event[]"}],
                    }
                },
                "data": tree("root"),
            },
        ),
    ],
    "nodius_edges": [
        edge(
            ORDERS,
            "rop2",
            {**LINE, "source": "root", "target": "rop1", "label": "a &amp; b"},
        ),
        edge(ORDERS, "rop3", {**LINE, "source": "rop1", "target": FROM_FILE}),
    ],
    "nodius_node_config": [
        Converted(
            "node_configs",
            {
                "_key": SUM,
                "type": SUM,
                "name": "Sum & tax",
                "process": PROCESS,
                "version": 3,
                "workspace": "default",
                **WHOLE,
                "description": 'adds "up"',
                "category": "R&D",
                "alwaysRendered": True,
                "content": tree("roou"),
                "border": BORDER,
                "node": {"type": SUM, **NODE, "process": PROCESS, "data": {"en": "", "fr": ""}},
                "icon": "Calculator",
            },
        ),
        Converted(
            "node_configs",
            {
                "_key": FORM,
                "type": FORM,
                "name": "Form",
                "process": "",
                "version": 0,
                "workspace": MIA,
                "createdAt": CREATED,
                "updatedAt": CREATED,
                "description": "",
                "category": "default",
                "alwaysRendered": False,
                "content": {"type": "html", "content": ""},
                "border": BORDER,
                "node": {"type": FORM, **NODE, "process": ""},
            },
        ),
    ],
    "nodius_category": [
        Converted(
            "categories", {"_key": WORKFLOWS, "name": "R&D", "description": None, **IN_DEFAULT}
        ),
        Converted(
            "categories",
            {"_key": PARTS, "name": "parts", "description": None, "workspace": MIA, **TIMES},
        ),
    ],
    "nodius_data_type": [
        Converted(
            "data_types",
            {
                "_key": ADDRESS,
                "name": "a &amp; b",
                "description": "",
                "fields": [
                    FIELD,
                    {**FIELD, "name": "color", "typeId": "enum", "defaultValue": COLOR},
                ],
                **IN_DEFAULT,
            },
        ),
    ],
    "nodius_enum": [
        Converted(
            "data_types",
            {
                "_key": COLOR,
                "name": "color",
                "description": "which one",
                "fields": [],
                "enum": ["red", "green"],
                **IN_DEFAULT,
            },
        ),
    ],
    "nodius_images": [
        image(LOGO, name="Logo & <name>", workspace="default", userId=ADMIN),
        image(PHOTO, name="photo", workspace=MIA, userId=MIA),
    ],
    "nodius_users": [
        user(
            *(ADMIN, "admin", CREATED),
            email="admin@example.com",
            roles=["admin", "user"],
            staff=True,
        ),
        member("default", ADMIN),
        own(ADMIN, "admin", CREATED),
        member(ADMIN, ADMIN, "owner"),
        user(MIA, "mia", UPDATED),
        member("default", MIA),
        own(MIA, "mia", UPDATED),
        member(MIA, MIA, "owner"),
        member(ADMIN, MIA),
        member("team", MIA),
        user(TOM, "tom", UPDATED),
        member("default", TOM),
        own(TOM, "tom", UPDATED),
        member(TOM, TOM, "owner"),
    ],
}
#: Kept as they are.
KEPT = {
    "nodius_html_class",
    "nodius_graphs_history",
    "nodius_ai_threads",
    "nodius_node_configs",
    "nodius_node_category",
    "nodius_builder_component",
}


def converted(name: str) -> list[Converted]:
    """What a collection of the export comes to."""
    collection = export()["collections"][name]
    return [
        each
        for document in collection["documents"]
        for each in convert(name, collection["type"], document)
    ]
