"""`./nodius options`: what is in force."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from nodius_site.options import Setting, in_force


class Command(BaseCommand):
    """Prints the options in force, secrets masked, and where each came from."""

    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        """One line an option."""
        for setting in in_force().settings.values():
            self.stdout.write(_line(setting))


def _line(setting: Setting) -> str:
    return f"{setting.option.name:17}{_shown(setting):44}({setting.source})"


def _shown(setting: Setting) -> str:
    value = setting.value
    if value is None:
        return setting.option.unset
    if setting.option.secret:
        return "********"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)
