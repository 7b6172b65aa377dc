"""Small words for the tests of stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from store.base import DocumentStore, Insert
from store.collections import CATEGORIES, HISTORY, NODES, WORKFLOWS

T = TypeVar("T")


def head(key: str, seq: int = 0, **fields: Any) -> Insert:
    """A workflow's head."""
    body = {"seq": seq, "epoch": "e1", "workspace": "w", "category": None, "updatedAt": seq}
    return Insert(WORKFLOWS, key, body | fields)


def entry(workflow: str, seq: int, **fields: Any) -> Insert:
    """A row of a workflow's history."""
    body = {"workflowKey": workflow, "seq": seq, "userId": "u", "clientId": "c", "id": f"i{seq}"}
    return Insert(HISTORY, f"{workflow}-{seq:012}", body | fields)


def node(workflow: str, key: str, **fields: Any) -> Insert:
    """A node of a workflow."""
    return Insert(NODES, f"{workflow}-{key}", {"workflowKey": workflow} | fields)


def category(key: str, name: str | None, workspace: str = "w") -> Insert:
    """A category, whose name is unique in its workspace."""
    return Insert(CATEGORIES, key, {"workspace": workspace, "name": name})


def at_once(store: DocumentStore, calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """What the calls return or raise, each in a thread of its own that gives up its connection."""

    def run(call: Callable[[], T]) -> T | Exception:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            store.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))
