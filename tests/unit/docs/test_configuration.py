"""docs/configuration.md says what the option table says."""

from __future__ import annotations

import pytest

from nodius_site.commands import COMMANDS
from nodius_site.option import Option
from nodius_site.options import OPTIONS
from nodius_site.options_page import BEGIN, END, PAGE, renewed

WHOLE = PAGE.read_text(encoding="utf-8")
TABLE = WHOLE.partition(BEGIN)[2].partition(END)[0]


def test_the_page_is_as_it_would_be_made_now() -> None:
    assert renewed(WHOLE) == WHOLE, "run python -m nodius_site.options_page"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_has_a_row_with_its_environment_and_default(option: Option) -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith(f"| `{option.name}` |")]
    assert len(rows) == 1
    assert f"`{option.env}`" in rows[0]
    assert (option.unset if option.default is None else f"`{option.default}`") in rows[0]
    assert option.help in rows[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_has_a_row_too(command: str) -> None:
    for option in COMMANDS[command].options:
        assert f"\n| `{option.name}` |" in TABLE


def test_a_page_without_a_place_for_the_table_is_refused_and_text_around_it_stays() -> None:
    assert renewed(f"above\n{BEGIN}old\n{END}below\n").startswith(f"above\n{BEGIN}| option |")
    assert renewed(f"above\n{BEGIN}old\n{END}below\n").endswith(f"{END}below\n")
    with pytest.raises(ValueError, match="comments"):
        renewed("no place")
