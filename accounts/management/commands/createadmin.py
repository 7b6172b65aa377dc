"""`./nodius createadmin`: make an administrator."""

from __future__ import annotations

import getpass
import sys
from typing import NoReturn

from django.core.management.base import BaseCommand, CommandParser

from accounts.admins import create_admin
from accounts.errors import Invalid, Taken


class Command(BaseCommand):
    """Makes one user; asks for what is missing when stdin is a terminal.

    Exit status 1 if the name exists already, 2 if something is missing or cannot be accepted.
    """

    help = "Make an administrator; asks for what is missing when run in a terminal."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The three things an administrator is made of."""
        for name in ("username", "password", "email"):
            parser.add_argument(f"--{name}")

    def handle(
        self,
        *,
        username: str | None,
        password: str | None,
        email: str | None,
        **_: object,
    ) -> None:
        """Make the user, and say so."""
        if not (username and password):
            username, password = self._ask(username, password)
        try:
            user = create_admin(username, password, email or "")
        except Taken as taken:
            self._end(1, str(taken))
        except Invalid as invalid:
            self._end(2, str(invalid))
        self.stdout.write(f"The administrator {user.username!r} can log in now.")

    def _ask(self, username: str | None, password: str | None) -> tuple[str, str]:
        """The name and the password, of which one is missing."""
        if not sys.stdin.isatty():
            missing = "password" if username else "username"
            self._end(2, f"{missing} is missing: createadmin username=… password=…")
        username = username or input("Username: ")
        if not password:
            password = getpass.getpass("Password: ")
            if getpass.getpass("Password again: ") != password:
                self._end(2, "the two passwords differ; nothing was changed. Start again.")
        return username, password

    def _end(self, status: int, message: str) -> NoReturn:
        self.stderr.write(f"nodius: {message}")
        sys.exit(status)
