"""What an option's text may be, and how it becomes a value."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from cluster import endpoints

MIB = 1024 * 1024
SECRET_BYTES = 32
DEFAULT_PORTS = {"http": 80, "https": 443}
#: What may follow the ? of a database's URL.
POSTGRES_PARAMETERS = {"sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"}


@dataclass(frozen=True, slots=True)
class Database:
    """Where a PostgreSQL database is; `parameters` are those of its URL, such as sslmode."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelLayer:
    """What carries hints between processes: nothing, `brokers` of a cluster, or Redis at `url`."""

    scheme: str
    brokers: tuple[str, ...] = ()
    url: str = field(default="", repr=False)

    @property
    def password(self) -> str:
        """That of Redis, if its URL has one."""
        return unquote(urlsplit(self.url).password or "")

    def __str__(self) -> str:
        """As it was given, but for the password."""
        if self.scheme == "zmq":
            return f"zmq://{','.join(self.brokers)}"
        url = urlsplit(self.url)
        return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl() or self.scheme


Value: TypeAlias = (
    str | int | float | bool | Path | Database | ChannelLayer | tuple[str, ...] | None
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What an option's text may be: `parse` returns its value, or raises ValueError."""

    allowed: str
    parse: Callable[[str], Value]


def whole(low: int, high: int) -> Kind:
    """A whole number in these bounds."""

    def parse(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else -1
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return Kind(f"a whole number from {low} to {high}", parse)


def seconds(low: float) -> Kind:
    """A duration of at least `low` seconds."""

    def parse(text: str) -> float:
        number = float(text)
        if not low <= number < 1e9:
            raise ValueError(text)
        return number

    return Kind(f"a number of seconds, {low:g} or more", parse)


def one_of(*names: str) -> Kind:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return Kind(" or ".join(names), parse)


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _text(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _origin(text: str) -> str:
    """An origin as a browser writes it: small letters, no default port, nothing behind."""
    url = urlsplit(text)
    host = url.hostname or ""
    if (
        url.scheme not in DEFAULT_PORTS
        or not host.isascii()
        or not all(each.isalnum() or each in "-._:" for each in host)
        or text.rstrip("/").lower() != f"{url.scheme}://{url.netloc}".lower()
        or "@" in url.netloc
        or not host
    ):
        raise ValueError(text)
    port = "" if url.port in (None, DEFAULT_PORTS[url.scheme]) else f":{url.port}"
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _origins(text: str) -> tuple[str, ...]:
    return tuple(_origin(name) for name in _names(text))


def _networks(text: str) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_network(name, strict=False)) for name in _names(text))


def _path(text: str) -> Path:
    return Path(_text(text)).expanduser()


def _key(text: str) -> str:
    if len(text.encode()) < SECRET_BYTES or "-----BEGIN" in text or text.startswith("ssh-"):
        raise ValueError("unfit")
    return text


def _storage(text: str) -> str:
    names = text.split(".")
    if text != "file" and not (len(names) > 1 and all(each.isidentifier() for each in names)):
        raise ValueError("no dotted name")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}", text):
        raise ValueError(text)
    return text


def _database(text: str) -> Database:
    url = urlsplit(text)
    name = unquote(url.path.removeprefix("/"))
    parameters = dict(parse_qsl(url.query, strict_parsing=True)) if url.query else {}
    if url.scheme not in ("postgres", "postgresql") or not url.hostname or not name or "/" in name:
        raise ValueError("not a postgres URL")
    if not parameters.keys() <= POSTGRES_PARAMETERS:
        raise ValueError("not a parameter of it")
    return Database(
        host=unquote(url.hostname),
        port=url.port or 5432,
        name=name,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        parameters=parameters,
    )


def _channel_layer(text: str) -> ChannelLayer:
    scheme, _, rest = text.partition("://")
    if scheme == "memory" and text == scheme:
        return ChannelLayer(scheme)
    if scheme == "zmq" and (brokers := _names(rest)):
        for each in brokers:
            endpoints.parse(each, endpoints.Ports())
        return ChannelLayer(scheme, brokers)
    # The port is looked at here; what else may stand in the URL, its library knows.
    if scheme in ("redis", "rediss") and (url := urlsplit(text)).hostname and url.port != 0:
        return ChannelLayer(scheme, url=text)
    raise ValueError(text)


def _advertised(text: str) -> str:
    if "://" in text:
        return _origin(text)
    url = urlsplit(f"//{text}")
    if not url.hostname or url.netloc != text or url.username is not None or url.port == 0:
        raise ValueError(text)
    return text


FLAG = Kind("true or false", _flag)
TEXT = Kind("some text", _text)
NAMES = Kind("a list, separated by commas", _names)
ORIGINS = Kind("a list such as https://a.example,https://b.example:8443, without paths", _origins)
SERVER = Kind("an address such as http://127.0.0.1:8529, without a path", _origin)
NETWORKS = Kind("a list of addresses and networks such as 10.0.0.1,192.168.0.0/16", _networks)
PATH = Kind("a path", _path)
PORT = whole(1, 65535)
BYTES = whole(1024, 1024 * MIB)
KEY = Kind(f"{SECRET_BYTES} bytes or more, and no PEM or SSH key", _key)
STORAGE = Kind("file, or the dotted name of a storage class", _storage)
CHANNEL_LAYER = Kind(
    "memory, zmq://host (several: zmq://a,b:9426) or redis://host:6379/0", _channel_layer
)
ADVERTISED = Kind("a host, host:port, or an address such as http://10.0.0.5:8426", _advertised)
NAME = Kind("a letter, then up to 63 letters, digits, _ and -", _name)
POSTGRES = Kind("postgres://user:password@host:port/name", _database)
