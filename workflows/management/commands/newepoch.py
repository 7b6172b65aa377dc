"""`./nodius newepoch`: let no client go on from what it knows."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

import store.current
from workflows.errors import Damaged, NotFound
from workflows.repository import Repository


class Command(BaseCommand):
    """Gives every workflow a new epoch; a server that runs meanwhile notices.

    Exit status 1 if a workflow is damaged and was left as it is.
    """

    help = "After restoring a database: no client resumes on a history that is gone."
    requires_system_checks = ()

    def handle(self, **_: object) -> None:
        """Do it, and tell how many there were."""
        repository = Repository(store.current.current())
        renewed, damaged = 0, False
        for key in repository.all_keys():
            try:
                repository.renew_epoch(key)
                renewed += 1
            except NotFound:
                # Deleted since the keys were read.
                continue
            except Damaged as error:
                self.stderr.write(f"nodius: {error}; its epoch was left as it is.")
                damaged = True
        self.stdout.write(f"{renewed} workflows have a new epoch.")
        if damaged:
            sys.exit(1)
