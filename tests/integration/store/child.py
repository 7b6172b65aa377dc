"""Another process at a store: `python -m tests.integration.store.child SPEC count|groups|take`.

count: adds 1 to the document `counter`, ARGUMENT times.
groups: writes groups of five rows for ever, and prints the number of each when it is written.
take: inserts ARGUMENT categories whose names others take too, and prints those it got.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from itertools import count

import django
from django.conf import settings

from store.arango import ArangoStore, Place
from store.base import Conflict, DocumentStore, Insert, Patch
from store.collections import CATEGORIES, SNAPSHOTS, WORKFLOWS
from store.sql import SqlStore
from tests.integration.store.helpers import entry


def open_store(spec: str) -> DocumentStore:
    """The store that an adapter's `spec` describes."""
    if "url" in (place := json.loads(spec)):
        return ArangoStore(Place(**place))
    settings.configure(DATABASES={"default": json.loads(spec)}, INSTALLED_APPS=["store"])
    django.setup()
    return SqlStore("default")


def add_one(store: DocumentStore) -> None:
    """Read the counter, and write it on condition that nobody else has; again until it works."""
    while True:
        document = store.get(SNAPSHOTS, "counter")
        assert document is not None
        value = document.body["value"]
        with suppress(Conflict):
            store.write(
                [Patch(SNAPSHOTS, "counter", {"value": value + 1}, expect={"value": value})]
            )
            return


def write_groups(store: DocumentStore) -> None:
    """Write groups until this process is killed."""
    for group in count(1):
        rows = [entry("w", group * 5 + i, group=group) for i in range(5)]
        store.write([Patch(WORKFLOWS, "w", {"seq": group}, expect={"seq": group - 1}), *rows])
        print(group, flush=True)


def take(store: DocumentStore, names: int, who: str) -> list[int]:
    """Which of the names this one got."""
    got = []
    for name in range(names):
        with suppress(Conflict):
            store.write(
                [Insert(CATEGORIES, f"{name}-{who}", {"workspace": "w", "name": f"{name}"})]
            )
            got.append(name)
    return got


def main(spec: str, what: str, argument: str, who: str) -> None:
    store = open_store(spec)
    match what:
        case "count":
            for _ in range(int(argument)):
                add_one(store)
        case "groups":
            write_groups(store)
        case "take":
            print(json.dumps(take(store, int(argument), who)))


if __name__ == "__main__":
    main(*sys.argv[1:])
