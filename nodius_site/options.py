"""The options of Nodius: one table, read from the command line, the environment and `.env`.

This module is the only reader of the environment, and needs nothing but the standard library.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nodius_site import dot_env as dot_env_file
from nodius_site.commands import COMMANDS
from nodius_site.kinds import (
    ADVERTISED,
    BYTES,
    CHANNEL_LAYER,
    FLAG,
    KEY,
    MIB,
    NAME,
    NETWORKS,
    ORIGINS,
    PATH,
    PORT,
    POSTGRES,
    SERVER,
    STORAGE,
    TEXT,
    ChannelLayer,
    Database,
    Value,
    one_of,
    seconds,
    whole,
)
from nodius_site.option import Option

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent


class Wrong(Exception):
    """An option or a command that cannot be used; the text is one line that says what can."""


OPTIONS: tuple[Option, ...] = (
    Option("port", "PORT", "8426", whole(0, 65535), "TCP port; 0 takes a free one"),
    Option("host", "HOST", "localhost", TEXT, "address to listen on; 0.0.0.0 for all"),
    Option("https", "HTTPS", "false", FLAG, "serve TLS"),
    Option(
        "cert",
        "SSL_CERT",
        None,
        PATH,
        "TLS certificate with its chain (PEM file)",
        unset="self-signed, made in data_dir",
    ),
    Option(
        "key", "SSL_KEY", None, PATH, "its private key (PEM file)", unset="goes with the former"
    ),
    Option("arangodb", "ARANGO_URL", "http://127.0.0.1:8529", SERVER, "address of ArangoDB"),
    Option("arangodb_user", "ARANGO_USER", "root", TEXT, "its user"),
    Option("arangodb_pass", "ARANGO_PASS", "azerty", TEXT, "the user's password", secret=True),
    Option("arangodb_name", "ARANGO_DB", "nodius", NAME, "the database there"),
    Option(
        "jwt_secret",
        "JWT_SECRET",
        None,
        KEY,
        "key that signs the access tokens",
        secret=True,
        unset="made once, in data_dir",
    ),
    Option(
        "store",
        "NODIUS_STORE",
        None,
        one_of("sql", "arango"),
        "what keeps the documents",
        unset="arango if an option of it is given, else sql",
    ),
    Option(
        "database",
        "DATABASE_URL",
        None,
        POSTGRES,
        "PostgreSQL that keeps accounts and documents",
        secret=True,
        unset="SQLite, in data_dir",
    ),
    Option("data_dir", "NODIUS_DATA_DIR", "./data", PATH, "folder for what Nodius keeps"),
    Option(
        "channel_layer",
        "NODIUS_CHANNEL_LAYER",
        "memory",
        CHANNEL_LAYER,
        "what carries hints between processes",
    ),
    Option("workers", "NODIUS_WORKERS", "1", whole(1, 64), "processes that serve"),
    Option(
        "advertise",
        "NODIUS_ADVERTISE",
        None,
        ADVERTISED,
        "address where processes of other hosts reach this one",
        unset="a free port of this machine alone",
    ),
    Option("cors", "CORS_ORIGINS", None, ORIGINS, "origins of web pages that may call and connect"),
    Option(
        "rate_limit",
        "RATE_LIMIT",
        "600",
        whole(0, 10**9),
        "REST requests a minute and client; 0 for no limit",
    ),
    Option(
        "trusted_proxies",
        "NODIUS_TRUSTED_PROXIES",
        None,
        NETWORKS,
        "proxies whose X-Forwarded-… headers count",
    ),
    Option("static", "NODIUS_STATIC", None, PATH, "folder of web pages to serve at /"),
    Option(
        "editor",
        "NODIUS_EDITOR",
        None,
        PATH,
        "folder of the built editor, served at / if static is not given",
        unset="web/dist beside the launcher",
    ),
    Option("media", "NODIUS_MEDIA", "file", STORAGE, "what keeps images: data_dir, or a storage"),
    Option(
        "log_format", "NODIUS_LOG_FORMAT", "console", one_of("console", "json"), "shape of logs"
    ),
    Option(
        "metrics_token",
        "NODIUS_METRICS_TOKEN",
        None,
        KEY,
        "what Prometheus shows to read /metrics",
        secret=True,
        unset="administrators alone read it",
    ),
    Option("autosave", "NODIUS_AUTOSAVE", "30", seconds(0.1), "seconds between snapshot saves"),
    Option(
        "lease_ttl", "NODIUS_LEASE_TTL", "6", seconds(0.5), "seconds until a process is given up"
    ),
    Option(
        "max_message", "NODIUS_MAX_MESSAGE", f"{MIB}", whole(1024, 4 * MIB), "bytes of a message"
    ),
    Option("max_text", "NODIUS_MAX_TEXT", f"{MIB}", BYTES, "bytes of one text"),
    Option("max_workflow", "NODIUS_MAX_WORKFLOW", f"{16 * MIB}", BYTES, "bytes of a workflow"),
    Option("max_depth", "NODIUS_MAX_DEPTH", "32", whole(4, 200), "levels of nesting"),
    Option(
        "instruction_rate",
        "NODIUS_INSTRUCTION_RATE",
        "1000",
        whole(1, 10**9),
        "instructions a second and socket; twice that in a burst",
    ),
    Option("max_outbox", "NODIUS_MAX_OUTBOX", f"{8 * MIB}", BYTES, "bytes waiting for one socket"),
    Option("connections", "NODIUS_CONNECTIONS", "200", whole(1, 10**6), "sockets of one address"),
    Option("pubPort", "NODIUS_PUB_PORT", "9426", PORT, "port of the cluster's broker: to publish"),
    Option("subPort", "NODIUS_SUB_PORT", "9427", PORT, "to subscribe"),
    Option("routerPort", "NODIUS_ROUTER_PORT", "9428", PORT, "to send to one process"),
    Option("dealerPort", "NODIUS_DEALER_PORT", "9429", PORT, "to get what is sent to one"),
)


#: The channel layer of several processes for which no other was named.
OWN_BROKER = ChannelLayer("zmq", ("127.0.0.1",))


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of one option and where it came from."""

    option: Option
    value: Value
    source: str


class Values:
    """The options in force. The getters raise TypeError where the table holds another kind."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self.settings = {setting.option.name: setting for setting in settings}

    def __getitem__(self, name: str) -> Value:
        return self.settings[name].value

    def text(self, name: str) -> str:
        """A value that is text."""
        return _as(str, self[name])

    def number(self, name: str) -> int:
        """A value that is a whole number."""
        return _as(int, self[name])

    def flag(self, name: str) -> bool:
        """A value that is true or false."""
        return _as(bool, self[name])

    def seconds(self, name: str) -> float:
        """A value that is a duration."""
        return _as(float, self[name])

    def names(self, name: str) -> tuple[str, ...]:
        """A value that is a list; nothing given is an empty one."""
        value = self[name]
        return () if value is None else _as(tuple, value)

    def path(self, name: str) -> Path | None:
        """A value that is a path, or None if there is none."""
        value = self[name]
        return None if value is None else _as(Path, value)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts among the values that nobody is told."""
        values = [each.value for each in self.settings.values() if each.option.secret]
        texts = [each.password if isinstance(each, Database) else each for each in values]
        texts.append(self.channel_layer.password)
        return tuple(text for text in texts if isinstance(text, str))

    @property
    def keeps_in_arango(self) -> bool:
        """Whether ArangoDB keeps the documents: told, or understood from an option of it."""
        given = any(each.source != "default" for each in self.of("arangodb"))
        return self["store"] == "arango" or (self["store"] is None and given)

    def of(self, prefix: str) -> list[Setting]:
        """The settings whose names begin so."""
        return [each for name, each in self.settings.items() if name.startswith(prefix)]

    @property
    def data_dir(self) -> Path:
        """The data folder, absolute."""
        return _as(Path, self["data_dir"])

    @property
    def channel_layer(self) -> ChannelLayer:
        """What carries hints between processes: told, or a broker of `serve`'s own."""
        return OWN_BROKER if self.runs_broker else _as(ChannelLayer, self["channel_layer"])

    @property
    def runs_broker(self) -> bool:
        """Whether `serve` runs a broker for its processes: they are several, and none was named."""
        untold = self.settings["channel_layer"].source == "default"
        return untold and self.number("workers") > 1

    @property
    def database(self) -> Database | None:
        """The PostgreSQL database, or None for SQLite in the data folder."""
        value = self["database"]
        return None if value is None else _as(Database, value)


def _as(kind: type[T], value: Value) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


@dataclass(frozen=True, slots=True)
class Given:
    """The text somebody gave for an option, where, and the folder a relative path starts from."""

    text: str
    source: str
    folder: Path


def read(
    arguments: Sequence[str],
    *,
    command: str | None = None,
    environment: Mapping[str, str] | None = None,
    dot_env: str | None = None,
) -> tuple[Values, dict[str, str]]:
    """The options in force, and the texts of the command's own options, given or by default.

    `environment` and `dot_env` (its text) default to those of the process and beside the launcher.
    Raises Wrong for an unknown option, or a wrong value.
    """
    own = COMMANDS[command].options if command else ()
    typed = _typed(arguments, {each.name: each for each in (*OPTIONS, *own)})
    given = _surroundings(
        os.environ if environment is None else environment,
        dot_env_file.parsed(_file(ROOT / ".env") if dot_env is None else dot_env),
    )
    settings = [_setting(each, (given | typed).get(each.name)) for each in OPTIONS]
    for each in own:
        _setting(each, typed.get(each.name))
    texts = {
        each.name: typed[each.name].text if each.name in typed else each.default for each in own
    }
    return Values(settings), {name: text for name, text in texts.items() if text is not None}


def _typed(arguments: Sequence[str], known: Mapping[str, Option]) -> dict[str, Given]:
    plain: dict[str, Given] = {}
    dashed: dict[str, Given] = {}
    words = iter(arguments)
    for word in words:
        name, equals, text = word.partition("=")
        option = _known(name.removeprefix("--"), known)
        if not name.startswith("--"):
            if not equals:
                raise Wrong(f"{name} needs a value, as in {name}=…: {option.kind.allowed}")
            plain[option.name] = Given(text, "key=value", Path.cwd())
        else:
            value = text if equals else _following(words, option)
            dashed[option.name] = Given(value, "--key", Path.cwd())
    return dashed | plain


def _known(name: str, known: Mapping[str, Option]) -> Option:
    bare = name.replace("-", "_")
    if bare not in known:
        nearest = difflib.get_close_matches(bare, known, n=1, cutoff=0)[0]
        raise Wrong(f"there is no option {name!r}; the nearest is {nearest}, as in {nearest}=…")
    return known[bare]


def _following(words: Iterator[str], option: Option) -> str:
    text = next(words, None)
    if text is None or text.startswith("--"):
        raise Wrong(f"--{option.name} needs a value: {option.kind.allowed}")
    return text


def _surroundings(environment: Mapping[str, str], file: Mapping[str, str]) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for name, env in ((option.name, option.env or "") for option in OPTIONS):
        # An empty variable is none, and hides the one of the file.
        if env in environment:
            given[name] = Given(environment[env], "environment", Path.cwd())
        elif env in file:
            given[name] = Given(file[env], ".env", ROOT)
    return {name: each for name, each in given.items() if each.text}


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Wrong(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Wrong(f"{path} is no UTF-8 text; save it as such") from None


def _setting(option: Option, given: Given | None) -> Setting:
    text = option.default if given is None else given.text
    if text is None:
        return Setting(option, None, "default")
    try:
        value = option.kind.parse(text)
    except (ValueError, KeyError):
        # An address may have a password in it.
        shown = "the value given" if option.secret or "@" in text else repr(text)
        raise Wrong(f"{option.name}: {shown} will not do; give {option.kind.allowed}") from None
    if isinstance(value, Path):
        value = (given.folder if given else ROOT) / value
    return Setting(option, value, given.source if given else "default")


def environment_with(added: Mapping[str, str]) -> dict[str, str]:
    """What a process that this one starts has around it: the same, and these variables."""
    return {**os.environ, **added}


_installed: list[Values] = []


def install(values: Values) -> None:
    """Make `values` what `in_force` returns: the command line was read."""
    _installed[:] = [values]


def in_force() -> Values:
    """The options of this process: as installed, else those of the environment and `.env`."""
    if not _installed:
        install(read([])[0])
    return _installed[0]
