"""What can be wrong with a backup file, and with what is in it."""

from __future__ import annotations


class Broken(Exception):
    """The file is no backup, or not a whole one; one line that says why. Nothing was changed."""


class Invalid(Exception):
    """A document that cannot be taken over; one sentence that says why. The others can."""
