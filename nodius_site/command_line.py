"""From the words of a command line to the command: options first, Django afterwards."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence

from nodius_site import data_folder, options
from nodius_site.command_help import describe
from nodius_site.commands import COMMANDS

OVERVIEW = """./nodius command [option=value …]

{commands}
  test               Run every check; with arguments, pytest with these.

./nodius serve --help lists the options. Django's own commands work too, such as ./nodius shell."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit status. What cannot be used is one line on stderr, and 2.

    A command that fails on its own account ends the process instead, as Django has it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nodius_site.settings")
    command, *words = arguments or ["help"]
    if (command in ("help", "--help", "-h") and not words) or _asks_for_help(command, words):
        print(describe(command) if command in COMMANDS else _overview())
        return 0
    try:
        _run(command, _options_taken(command, words))
    except options.Wrong as wrong:
        print(f"nodius: {wrong}", file=sys.stderr)
        return 2
    return 0


def _asks_for_help(command: str, words: Sequence[str]) -> bool:
    return command in COMMANDS and ("--help" in words or "-h" in words)


def _overview() -> str:
    rows = (f"  {name:19}{entry.help}" for name, entry in COMMANDS.items())
    return OVERVIEW.format(commands="\n".join(rows))


def _options_taken(command: str, words: Sequence[str]) -> list[str]:
    """Put the options into force and return the words that are left for the command itself.

    Django's own commands have options of their own behind dashes, so only key=value is taken there.
    """
    if command in COMMANDS:
        # What these keep is for their owner alone, also in a folder that others may read.
        os.umask(0o077)
        actions = [word for word in words[:1] if word in COMMANDS[command].actions]
        words = words[len(actions) :]
        values, own = options.read(words, command=command)
        if COMMANDS[command].apart:
            folder = data_folder.make_within(values.data_dir, command)
            values, own = options.read([*words, f"data_dir={folder}"], command=command)
        options.install(values)
        return [*actions, *(f"--{name}={text}" for name, text in own.items())]
    names = {option.name for option in options.OPTIONS}
    ours = [word for word in words if "=" in word and word.partition("=")[0] in names]
    options.install(options.read(ours)[0])
    return [word for word in words if word not in ours]


def _run(command: str, words: Sequence[str]) -> None:
    from django import setup
    from django.core.management import execute_from_command_line, get_commands
    from django.db import OperationalError

    from nodius_site import tables
    from store.base import StoreError

    setup()
    if command not in (known := {*get_commands(), "help"}):
        nearest = difflib.get_close_matches(command, known, n=1, cutoff=0)[0]
        raise options.Wrong(f"there is no command {command!r}; the nearest is {nearest}")
    try:
        if command in COMMANDS and COMMANDS[command].needs_tables:
            tables.make_current()
        execute_from_command_line(["./nodius", command, *words])
    except OperationalError as error:
        raise options.Wrong(tables.explained(error)) from None
    except StoreError as error:
        raise options.Wrong(str(error)) from None
