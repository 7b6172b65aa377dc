"""Every collection there is: what it holds, how it is partitioned, sorted and kept unique."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What a collection holds; the numbers are those of ArangoDB and of the backup file."""

    DOCUMENT = 2
    EDGE = 3


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection.

    `partition`: the field whose value groups documents that are listed or deleted together.
    `sort`: an integer field to sort and cut by. `facet`: fields one may also look by, from the
    first on. `unique`: fields whose values together occur once; a document with a null among them
    is not held to it. `ends`: where an edge leads from and to: the collection whose documents have
    the keys `<partition>-<source>` and `<partition>-<target>`, named in the field `value`.
    All these fields are indexed; texts in them may have any length.
    """

    name: str
    kind: Kind = Kind.DOCUMENT
    partition: str | None = None
    sort: str | None = None
    facet: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    ends: str | None = None


WORKFLOWS = Collection("workflows", partition="workspace", sort="updatedAt", facet=("category",))
SNAPSHOTS = Collection("snapshots")
NODES = Collection("nodes", partition="workflowKey")
EDGES = Collection("edges", Kind.EDGE, partition="workflowKey", ends=NODES.name)
HISTORY = Collection(
    "history", partition="workflowKey", sort="seq", facet=("userId", "clientId", "id")
)
#: What is left of batches that were pruned from the history.
RECEIPTS = Collection(
    "receipts", partition="workflowKey", sort="seq", facet=("userId", "clientId", "id")
)
CATEGORIES = Collection("categories", partition="workspace", unique=("workspace", "name"))
NODE_CONFIGS = Collection(
    "node_configs", partition="workspace", unique=("workspace", "type", "version")
)
DATA_TYPES = Collection("data_types", partition="workspace", unique=("workspace", "name"))
IMAGES = Collection("images", partition="workspace", sort="createdAt")
#: Where the bytes of images are, by their SHA-256, and how many images show them.
IMAGE_FILES = Collection("image_files")
#: Documents of another system that have no place here, as they were, by their collection's name.
KEPT = Collection("kept", partition="collection", facet=("type",))
#: Of each open workflow the process that holds its session, by the workflow's key.
LEASES = Collection("leases", partition="process")
#: The server processes that use this store, by id.
PROCESSES = Collection("processes")
#: Written to see that the store takes something; what is in it means nothing.
PROBES = Collection("probes")

COLLECTIONS = {
    each.name: each
    for each in (
        WORKFLOWS,
        SNAPSHOTS,
        NODES,
        EDGES,
        HISTORY,
        RECEIPTS,
        CATEGORIES,
        NODE_CONFIGS,
        DATA_TYPES,
        IMAGES,
        IMAGE_FILES,
        KEPT,
        LEASES,
        PROCESSES,
        PROBES,
    )
}
