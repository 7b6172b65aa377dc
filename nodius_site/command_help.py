"""What `./nodius <command> --help` prints."""

from __future__ import annotations

from nodius_site.commands import COMMANDS
from nodius_site.option import Option
from nodius_site.options import OPTIONS


def describe(command: str) -> str:
    """The help of a command: what it does, its own options, and the table."""
    entry = COMMANDS[command]
    lines = [f"./nodius {command} [option=value …]", "", entry.help, ""]
    lines += [_row(option) for option in (*entry.options, *OPTIONS)]
    lines += [
        "",
        "Also as --option value, as environment variable, or in .env beside the launcher;",
    ]
    return "\n".join([*lines, "option=value outweighs --option, then the environment, then .env."])


def _row(option: Option) -> str:
    default = option.unset if option.default is None else option.default
    return f"  {option.name:17}{option.env or '':25}{default:24}{option.help}"
