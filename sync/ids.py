"""Which batches of a client are known already, so that one sent again is answered and not applied
again.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import TypeAlias

from sync.persistence import Persistence
from workflows.repository import Receipt, Repository, Row

#: Batches of a client that are remembered, newest first.
HORIZON = 1000
#: Clients of one workflow whose ids are held in memory; those of others are read again when they
#: write.
MAX_CLIENTS = 256

Sender: TypeAlias = tuple[str, str | None]


class Ids:
    """The ids of one workflow, by user and client; what is committed is read from the history when
    first needed.
    """

    def __init__(self, key: str, persistence: Persistence, repository: Repository) -> None:
        self._key = key
        self._persistence = persistence
        self._repository = repository
        #: By sender and id: the seq of a committed batch, or the row of one that is not committed
        #: yet.
        self._known: dict[Sender, dict[str, int | Row]] = {}
        self._reading: dict[Sender, asyncio.Task[None]] = {}

    async def earlier(self, user_id: str, client_id: str | None, id: str) -> Receipt | None:
        """The batch that this client sent with this id, committed or under way: a Row, or what is
        left of it.

        Raises Unavailable.
        """
        sender = (user_id, client_id)
        while (known := self._known.get(sender)) is None:
            await self._recall(sender)
        found = known.get(id)
        if not isinstance(found, int):
            return found
        seq = found
        receipt = await self._persistence.read(lambda: self._repository.receipt(self._key, seq))
        if receipt is None:
            # Pruned, and too long ago to be told from a new one.
            known.pop(id, None)
            return await self.earlier(user_id, client_id, id)
        return receipt

    def applied(self, row: Row) -> None:
        """Remember a batch that is on its way to the journal."""
        if row.id is not None:
            self._known[row.userId, row.clientId][row.id] = row

    def committed(self, row: Row) -> None:
        """Hold no more of a committed batch than its seq."""
        if row.id is not None:
            known = self._known[row.userId, row.clientId]
            known[row.id] = row.seq
            while len(known) > HORIZON and isinstance(known[oldest := next(iter(known))], int):
                del known[oldest]

    async def _recall(self, sender: Sender) -> None:
        reading = self._reading.get(sender)
        if reading is None:
            reading = self._reading[sender] = asyncio.get_running_loop().create_task(
                self._read(sender), context=contextvars.Context()
            )
        await asyncio.shield(reading)

    async def _read(self, sender: Sender) -> None:
        try:
            found = await self._persistence.read(
                lambda: self._repository.ids(self._key, *sender, limit=HORIZON)
            )
        finally:
            del self._reading[sender]
        self._forget_some()
        self._known[sender] = {**found}

    def _forget_some(self) -> None:
        while len(self._known) >= MAX_CLIENTS:
            settled = (
                sender
                for sender, known in self._known.items()
                if all(isinstance(each, int) for each in known.values())
            )
            if (sender := next(settled, None)) is None:
                return
            del self._known[sender]
