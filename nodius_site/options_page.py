"""The table of docs/configuration.md, made from the option table.

    python -m nodius_site.options_page

writes it anew; the text around it is written by hand.
"""

from __future__ import annotations

from nodius_site.commands import COMMANDS
from nodius_site.kinds import MIB
from nodius_site.option import Option
from nodius_site.options import OPTIONS, ROOT

PAGE = ROOT / "docs" / "configuration.md"
BEGIN = "<!-- made by python -m nodius_site.options_page: begin -->\n"
END = "<!-- end -->\n"


def renewed(page: str) -> str:
    """The page with the table as of now; raises ValueError if it has no place for one."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} has lost the comments around its table: put them back")
    return before + BEGIN + table() + END + after


def table() -> str:
    """The options as a table in Markdown, then those of the commands."""
    head = "| option | environment | default | may be | what it is |\n|---|---|---|---|---|\n"
    lines = [head, *(_row(option) for option in OPTIONS)]
    for name, command in COMMANDS.items():
        if command.options:
            lines += [f"\nOf `{name}` alone:\n\n", head, *(_row(each) for each in command.options)]
    return "".join(lines)


def _row(option: Option) -> str:
    env = f"`{option.env}`" if option.env else "–"
    cells = (f"`{option.name}`", env, _default(option), option.kind.allowed, _meaning(option))
    return f"| {' | '.join(cells)} |\n"


def _default(option: Option) -> str:
    text = option.default
    if text is None:
        return option.unset
    if text.isdecimal() and int(text) % MIB == 0 and int(text):
        return f"`{text}` ({int(text) // MIB} MiB)"
    return f"`{text}`"


def _meaning(option: Option) -> str:
    return f"{option.help} – secret" if option.secret else option.help


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
