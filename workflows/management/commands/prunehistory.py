"""`./nodius prunehistory`: take the oldest batches out of the history."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand, CommandParser

import store.current
from workflows.errors import Damaged, NotFound
from workflows.pruning import DAY, Policy, Pruned, prune
from workflows.repository import Repository


class Command(BaseCommand):
    """Prunes one workflow or all; a server may run meanwhile.

    Exit status 1 if a workflow is damaged and was left as it is, 2 if the one asked for does not
    exist.
    """

    help = "Take the oldest batches out of the history; a server may run meanwhile."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """What stays, and of which workflow."""
        parser.add_argument("--keep", type=int, required=True)
        parser.add_argument("--days", type=int)
        parser.add_argument("--workflow")

    def handle(self, *, keep: int, days: int | None, workflow: str | None, **_: object) -> None:
        """Prune, and tell what was removed."""
        repository = Repository(store.current.current())
        policy = Policy(keep, None if days is None else days * DAY)
        damaged, changed, removed = False, 0, 0
        for key in repository.all_keys() if workflow is None else [workflow]:
            try:
                pruned = prune(repository, key, policy)
            except NotFound as error:
                if workflow is not None:
                    self.stderr.write(f"nodius: {error}")
                    sys.exit(2)
            except Damaged as error:
                self.stderr.write(f"nodius: {error}; its history was left as it is.")
                damaged = True
            else:
                self._tell(key, pruned)
                changed += pruned.removed > 0
                removed += pruned.removed
        self.stdout.write(f"Removed {removed} batches of {changed} workflows.")
        if damaged:
            sys.exit(1)

    def _tell(self, key: str, pruned: Pruned) -> None:
        if pruned.removed:
            self.stdout.write(f"{key}: removed {pruned.removed} batches, {pruned.left} left")
        if pruned.unsaved:
            self.stdout.write(
                f"{key}: {pruned.unsaved} more stay, as its snapshot is behind; they can go when "
                "it was saved, which opening it brings about"
            )
