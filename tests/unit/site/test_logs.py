"""What a line of the log looks like, and what nobody can make it look like."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from nodius_site import logs
from nodius_site.redaction import Redactor

SECRET = "a-secret-that-is-known-0123456789"
FORMATS = ("console", "json")
#: How every line begins that is not a part of a traceback.
BEGINNING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \[(?:info|warning|error) *\] ")

FORMATTERS = {each: logs.formatter(each, Redactor([SECRET])) for each in FORMATS}


def record(
    text: object, *args: object, level: int = logging.INFO, error: Exception | None = None
) -> logging.LogRecord:
    """A line that somebody logs."""
    info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("some.module", level, "x.py", 1, text, args, info)


def raised(text: str) -> Exception:
    """An exception with a traceback, and one that it came from."""
    try:
        try:
            raise KeyError(text)
        except KeyError as inner:
            raise ValueError(text) from inner
    except ValueError as error:
        return error


def line(log_format: str, *args: Any, **named: Any) -> str:
    """The line that is written for a record."""
    return FORMATTERS[log_format].format(record(*args, **named))


def structured(log_format: str, event: str, **fields: object) -> str:
    """The line that is written for an event of structlog."""
    written: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(FORMATTERS[log_format].format(record))

    logger = logging.getLogger("some.module")
    logger.setLevel(logging.INFO)
    logger.handlers = [Keeper()]
    logger.propagate = False
    wrapped = structlog.wrap_logger(
        logger,
        processors=[*logs.COMMON, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    wrapped.info(event, **fields)
    return written[0]


def test_json_holds_time_level_logger_event_and_fields() -> None:
    shown = json.loads(structured("json", "request", status=200, path="/ä", nested={"a": [1]}))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", shown.pop("timestamp"))
    assert shown == {
        "event": "request",
        "level": "info",
        "logger": "some.module",
        "status": 200,
        "path": "/ä",
        "nested": {"a": [1]},
    }


def test_a_line_of_the_standard_library_has_the_same_shape() -> None:
    ours = json.loads(structured("json", "an event of 5"))
    theirs = json.loads(line("json", "an %s of %d", "event", 5))
    assert {**ours, "timestamp": ""} == {**theirs, "timestamp": ""}


@pytest.mark.parametrize("log_format", FORMATS)
def test_the_id_of_the_request_is_in_every_line_that_is_logged_meanwhile(log_format: str) -> None:
    with structlog.contextvars.bound_contextvars(request_id="id-1"):
        assert "id-1" in structured(log_format, "x") and "id-1" in line(log_format, "x")
    assert "id-1" not in line(log_format, "x")


@given(text=st.text(), field=st.text())
def test_nobody_can_begin_a_line_or_reach_the_terminal_on_the_console(
    text: str, field: str
) -> None:
    for shown in (line("console", "%s", text), structured("console", text, field=field)):
        assert shown.isprintable() and BEGINNING.match(shown)


@pytest.mark.parametrize("forged", ["\n", "\r\n", "\x1b[2J", "\x9b31m", "\u2028", "\u202e", "\x00"])
def test_what_could_forge_a_line_is_written_out(forged: str) -> None:
    shown = line("console", "a%sb", forged)
    assert forged not in shown
    assert f"a{forged.encode('unicode_escape').decode()}b" in shown


@given(text=st.text())
def test_a_traceback_is_indented_whatever_it_says(text: str) -> None:
    shown = line("console", "failed", error=raised(text))
    first, *rest = shown.split("\n")
    assert BEGINNING.match(first) and first.isprintable()
    assert rest and all(each.startswith("    ") and each.isprintable() for each in rest)


@given(text=st.text(), field=st.text(), name=st.text(max_size=5))
def test_json_is_one_line_that_says_exactly_what_was_said(text: str, field: str, name: str) -> None:
    shown = structured("json", "x", **{f"a{name}": {"inner": field}})
    assert shown.isascii() and shown.isprintable()
    assert json.loads(shown)[f"a{name}"] == {"inner": field} or "[redacted]" in shown
    failed = line("json", "%s", text, error=raised("why"))
    assert failed.isprintable() and "ValueError: why" in json.loads(failed)["exception"]


@pytest.mark.parametrize("log_format", FORMATS)
def test_no_road_into_a_line_lets_a_secret_through(log_format: str) -> None:
    for shown in (
        line(log_format, SECRET),
        line(log_format, "%s and %r", SECRET, {"x": SECRET}),
        line(log_format, "failed", error=raised(f"with {SECRET}")),
        structured(log_format, "x", value=SECRET, inner={"list": [SECRET]}, **{SECRET: 1}),
        structured(log_format, "x", password="hunter2", error=ValueError(SECRET)),
    ):
        assert SECRET not in shown and "hunter2" not in shown
        assert "[redacted]" in shown


def test_the_configuration_does_not_show_the_secrets_it_holds() -> None:
    assert SECRET not in repr(logs.settings("json", [SECRET]))


def test_a_number_that_json_does_not_know_does_not_break_a_line() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    shown = structured("json", "x", a=float("nan"), b=float("inf"), c=[float("-inf")])
    assert json.loads(shown, parse_constant=refuse)["a"] == "nan"


def test_locals_are_not_told() -> None:
    try:
        hidden = "-".join(["the", "value"])
        raise ValueError(len(hidden))
    except ValueError as error:
        shown = line("json", "failed", error=error)
    assert "Traceback" in shown and "the-value" not in shown
