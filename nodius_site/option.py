"""What one option is: a row of the tables of options and of commands."""

from __future__ import annotations

from dataclasses import dataclass

from nodius_site.kinds import Kind


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table.

    `default` is text as one would type it; None is no value, and `unset` says what that means.
    """

    name: str
    env: str | None
    default: str | None
    kind: Kind
    help: str
    secret: bool = False
    unset: str = "none"
