"""What is true: the history in the store, followed batch by batch, and all that clients were told
held against it.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.integration.sync.editor import Editor, canonical, replay
from workflows.repository import Repository


class Ledger:
    """The states of one workflow by seq, and where each batch that had an id is."""

    def __init__(self, repository: Repository, key: str) -> None:
        self._repository, self._key = repository, key
        loaded = repository.load(key)
        self.seq = loaded.head.seq
        self._document: dict[str, Any] = loaded.workflow.plain()
        self.states = {self.seq: canonical(self._document)}
        self.places: defaultdict[tuple[str, str | None, str], list[int]] = defaultdict(list)

    @property
    def document(self) -> dict[str, Any]:
        """The newest committed state."""
        return copy.deepcopy(self._document)

    def follow(self) -> None:
        """Read what was committed since; blocks."""
        head = self._repository.head(self._key)
        rows = self._repository.rows(self._key, self.seq, head.seq, 10**6, 10**9)
        assert rows is not None, "the history has a gap"
        for row in rows:
            replay(self._document, json.loads(bytes(row.instructions)))
            self.states[row.seq] = canonical(self._document)
            if row.id is not None:
                self.places[row.userId, row.clientId, row.id].append(row.seq)
        self.seq = head.seq

    def check(self, editors: Iterable[Editor]) -> None:
        """Whoever was told something was told what is stored, and each batch of theirs is there
        once.
        """
        for editor in editors:
            if editor.seq >= 0:
                assert editor.seq <= self.seq, "told before it was committed"
                assert canonical(editor.base) == self.states[editor.seq], (
                    f"{editor.name} has another document at {editor.seq}"
                )
            for id, seq in editor.acked.items():
                assert self.places[editor.person.user_id, editor.name, id] == [seq]
        assert all(len(places) == 1 for places in self.places.values()), "applied twice"

    def check_store(self) -> None:
        """What opening the workflow gives is what its history leads to; blocks."""
        loaded = self._repository.load(self._key)
        assert loaded.head.seq == self.seq
        assert canonical(loaded.workflow.plain()) == self.states[self.seq]
