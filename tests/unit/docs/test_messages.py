"""The tables of docs/protocol.md name the messages, fields and codes that the server knows."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from nodius_site.options import ROOT
from sync.messages import Entry, Incoming, Outgoing

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SOCKETS = PAGE.partition("\n## WebSocket\n")[2].partition("\n## Instructions\n")[0]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("sync", "workflows")
    for path in (ROOT / folder).glob("*.py")
)

NAME = re.compile(r"[a-zA-Z]+\??")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    table = SOCKETS.partition(f"\n{heading}\n")[2].lstrip("\n").partition("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def codes(first: str) -> set[str]:
    """The codes in the first column of the table whose head begins like this."""
    table = SOCKETS.partition(f"\n| {first} |")[2].partition("\n\n")[0]
    firsts = (line.partition("|")[2].partition("|")[0] for line in table.splitlines()[2:])
    return {code for cell in firsts for code in re.findall(r"\w+", cell)}


def documented(heading: str) -> dict[str, set[str]]:
    """By type, the fields that a table names; optional ones end in a question mark."""
    found: dict[str, set[str]] = {}
    for types, *fields in rows(heading):
        # What is within brackets belongs to an element, not to the message.
        outer = re.sub(r": \[.*?\]", "", fields[0] if fields else "")
        quoted = " ".join(re.findall(r"`([^`]*)`", outer))
        names = {word for word in re.split(r"[ ,]+", quoted) if NAME.fullmatch(word)}
        for each in re.findall(r"`(\w+)`", types):
            found[each] = names
    return found


def fields(struct: type[msgspec.Struct]) -> set[str]:
    """The fields of a message, as the tables write them."""
    return {
        each.name if each.required else f"{each.name}?" for each in msgspec.structs.fields(struct)
    }


@pytest.mark.parametrize(
    ("heading", "messages"), [("### From the client", Incoming), ("### From the server", Outgoing)]
)
def test_the_messages_are_those_of_the_table_with_their_fields(
    heading: str, messages: object
) -> None:
    known = {each.__struct_config__.tag: fields(each) for each in get_args(messages)}
    assert documented(heading) == known


def test_a_batch_among_updates_has_the_fields_that_the_table_names() -> None:
    inner = re.search(r"updates: \[\{(.*?)\}\]", SOCKETS)
    assert inner is not None
    assert set(inner[1].split(", ")) == fields(Entry)


def test_the_close_codes_are_those_of_the_code() -> None:
    used = set(re.findall(r"\b(?:101[0-9]|44[0-9]{2})\b", SOURCES))
    assert codes("close code") == used | {"1009"}, "1009 is the server's underneath"


def test_every_error_code_of_the_code_is_in_the_table_and_the_other_way_round() -> None:
    raised = set(re.findall(r'(?:Refused|BadMessage|_error)\(\s*"([a-z_]+)"', SOURCES))
    assert len(raised) > 8, "the pattern finds codes"
    table = codes("`error` code")
    assert raised <= table
    assert {code for code in table if f'"{code}"' not in SOURCES} == set()
