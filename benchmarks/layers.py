"""What each step of one batch costs by itself, in a process where nothing else happens.

    python -m benchmarks.layers      (the options of a server are in the environment)

Prints lines of a name and microseconds of processor time, the least of several tries: what a step
takes when nothing disturbs it. On its way through a server it costs more, as threads and sockets
take turns; what is here is what code can be made faster.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from typing import Any

from benchmarks.dialects import NODES, NodiusSpeaker, edges, nodes

#: Batches a try, and tries.
TIMES, TRIES = 2000, 9
GROUPS = (1, 40, 320)


def main() -> None:
    """Measure on the database of the options."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "nodius_site.settings"
    import django

    django.setup()
    from nodius_site import tables

    tables.make_current()
    memory()
    for size in GROUPS:
        storage(size)


def memory() -> None:
    """The steps on the event loop."""
    from msgspec import Raw

    from sync.messages import Instructions, Updates, decode, encode, encode_entry
    from workflows.document import Workflow
    from workflows.records import Row, now, row_insert

    key = "k" * 22
    workflow = Workflow(document(nodes(), edges(300, NODES)))
    text = NodiusSpeaker(1, 5, key, NODES).batch(1234)[8:].decode()
    message = decode(text, 2**20)
    if not isinstance(message, Instructions):
        raise TypeError("no batch")
    given = message.instructions
    tell("decode and check the message", lambda: decode(text, 2**20))
    tell("judge and apply it, encode it and its inverse", lambda: workflow.apply(given))
    applied = workflow.apply(given)

    def row() -> Row:
        return Row(
            workflowKey=key,
            seq=1234,
            timestamp=now(),
            userId="u" * 22,
            clientId="client-1",
            id="1-1234",
            instructions=Raw(applied.instructions),
            inverse=Raw(applied.inverse),
        )

    made = row()
    tell("make its journal row", row)
    tell("encode it for the wire", lambda: encode_entry(made))
    entries = [encode_entry(made)] * 40
    shared = Updates(workflowKey=key, updates=entries)
    tell("put 40 of them in one frame, each", lambda: encode(shared), 40)
    tell("make the store's operation of it", lambda: row_insert(made))


def storage(size: int) -> None:
    """What a group of this size costs the writer, for each batch in it."""
    from msgspec import Raw

    import store.current
    from workflows.document import Workflow
    from workflows.records import Row, head_advance, now, row_insert
    from workflows.repository import Repository

    documents = store.current.current()
    repository = Repository(documents)
    key = repository.create(Workflow(document({}, {})), "default")
    epoch = repository.head(key).epoch
    instructions = Raw(b'[{"o":1,"p":["nodes","n170","label"],"v":"~~1-1234;"}]')
    seq = 0

    def commit() -> None:
        nonlocal seq
        rows = [
            Row(
                workflowKey=key,
                seq=seq + number,
                timestamp=now(),
                userId="u" * 22,
                clientId="client-1",
                id=secrets.token_hex(4),
                instructions=instructions,
                inverse=instructions,
            )
            for number in range(1, size + 1)
        ]
        documents.write([head_advance(key, seq, epoch, rows[-1], {}), *map(row_insert, rows)])
        seq += size

    tell(f"commit a group of {size}, each", commit, size, max(2000 // size // 4, 8))


def document(nodes: dict[str, Any], edges: dict[str, Any]) -> dict[str, Any]:
    """A workflow as paths address it."""
    about = {"name": "x", "category": None, "description": None}
    return {**about, "data": {}, "nodes": nodes, "edges": edges}


def tell(name: str, step: Callable[[], object], parts: int = 1, times: int = TIMES) -> None:
    """Run the step, and print what one of its parts takes."""
    least = float("inf")
    for _ in range(TRIES):
        begun = time.process_time()
        for _ in range(times):
            step()
        least = min(least, (time.process_time() - begun) / times / parts)
    print(f"{name}\t{least * 1e6:.1f}", flush=True)


if __name__ == "__main__":
    main()
