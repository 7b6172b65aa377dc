"""One shape for every log line, whoever writes it: Django, the server underneath, or Nodius.

Lines are made by structlog, as text or as JSON. What comes from outside can neither begin a line of
its own nor reach the terminal it is read on, and secrets are taken out at last.
"""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from nodius_site.redaction import Redactor

#: What every line gets: structlog's own loggers and those of the standard library alike.
COMMON: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def settings(log_format: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Django's LOGGING. `log_format`: console or json. `secrets` are taken out of every line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": formatter,
                "log_format": log_format,
                "redactor": Redactor(secrets),
            }
        },
        "handlers": {"stderr": {"()": "nodius_site.log_output.Output", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # A refused request is the client's business, and is told to it.
            "django.request": {"level": "ERROR"},
            # So are the requests that Django suspects, which it tells with their tracebacks; not
            # the forms without a token, whose reasons nothing else tells.
            "django.security": {"level": "CRITICAL"},
            "django.security.csrf": {"level": "WARNING"},
            # Below that it logs whole addresses, with whatever somebody puts behind the ?.
            "uvicorn": {"level": "WARNING"},
            # A line for each thing that is asked of another process is none for who reads these.
            "httpx": {"level": "WARNING"},
        },
    }


def configure(settings: Mapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG: put LOGGING into force, for structlog and for warnings as well."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *COMMON,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(dict(settings))
    logging.captureWarnings(True)


def formatter(log_format: str, redactor: Redactor) -> logging.Formatter:
    """What makes a line of a record."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=COMMON,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redacted(redactor),
            *_RENDERERS[log_format],
        ],
    )


def _redacted(redactor: Redactor) -> Processor:
    def redact(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        return {redactor.text(key): redactor.field(key, event[key]) for key in event}

    return redact


def _harmless(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Nothing in a line ends it, moves the cursor or turns the text round.

    The lines of a traceback are indented, so that none looks like a line of the log.
    """
    trace = event.pop("exception", None)
    shown: EventDict = {_printable(key): _shown(event[key]) for key in event}
    if trace is not None:
        shown["exception"] = "\n".join(f"    {_printable(line)}" for line in trace.split("\n"))
    return shown


def _shown(value: object) -> object:
    return _printable(value if isinstance(value, str) else str(value))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


_CONSOLE = structlog.dev.ConsoleRenderer(
    colors=False,
    pad_event_to=0,
    sort_keys=False,
    exception_formatter=structlog.dev.plain_traceback,
)
_RENDERERS: Mapping[str, tuple[Processor, ...]] = {
    "console": (_harmless, _CONSOLE),
    "json": (structlog.processors.JSONRenderer(),),
}
