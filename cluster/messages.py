"""What goes between processes and brokers: msgpack of a known shape and size, and nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from msgspec import Meta, Raw, Struct, msgpack

from cluster.errors import Malformed, Unfit

T = TypeVar("T")

#: Bytes of one message as it was encoded.
MAX_BYTES = 256 * 1024
#: Bytes of it with what is written around it.
MAX_FRAME = MAX_BYTES + 1024
#: Processes that a broker knows of, so that a list of them has a bound too.
MAX_PEERS = 100
#: Bytes after which ZeroMQ hangs up on who sends them.
MAX_RECEIVED = 4 * 1024 * 1024
#: What a process may be called: it stands in the names of channels, where dots separate.
NAME = r"^[A-Za-z0-9_-]{1,48}\Z"

Name: TypeAlias = Annotated[str, Meta(pattern=NAME)]
Word: TypeAlias = Annotated[str, Meta(max_length=128)]
Words: TypeAlias = Annotated[tuple[Word, ...], Meta(max_length=32)]
State: TypeAlias = Literal["alive", "late", "gone"]
Kind: TypeAlias = Literal["send", "request", "answer", "failure"]


class Peer(Struct, frozen=True, array_like=True):
    """A process of the cluster, as others see it.

    `address` is where it says that it can be reached, `roles` are the works it takes on; `versions`
    are by name of the program. Of who is late nothing was heard for a while.
    """

    name: Name
    address: Word
    pid: Annotated[int, Meta(ge=0)]
    host: Word
    versions: Annotated[dict[Word, Word], Meta(max_length=8)]
    roles: Words = ()
    state: State = "alive"


class Beat(Struct, frozen=True, array_like=True, tag="beat"):
    """A process is there; `known` is the version of the directory that it has from this broker."""

    peer: Peer
    known: int


class Bye(Struct, frozen=True, array_like=True, tag="bye"):
    """A process ends."""


class Direct(Struct, frozen=True, array_like=True, tag="direct"):
    """A message for one process. `id` is the asking process's number for it, also in an answer."""

    kind: Kind
    id: int
    to: Name
    body: Raw


class Present(Struct, frozen=True, array_like=True, tag="present"):
    """The broker is there; `peers` is None if they are as `version` had them already."""

    version: int
    peers: tuple[Peer, ...] | None
    counts: dict[str, int]


class Delivery(Struct, frozen=True, array_like=True, tag="delivery"):
    """A message from one process."""

    kind: Kind
    id: int
    sender: Name
    body: Raw


class Routed(Struct, frozen=True, array_like=True, tag="routed"):
    """The message with this number is on its way to its peer."""

    id: int


class Unroutable(Struct, frozen=True, array_like=True, tag="unroutable"):
    """The message with this number will not arrive, and why not."""

    id: int
    why: str


class Refused(Struct, frozen=True, array_like=True, tag="refused"):
    """The process cannot take part, and why not."""

    why: str


class Published(Struct, frozen=True, array_like=True, tag="published"):
    """What was published, and a number of whoever did that."""

    origin: Annotated[bytes, Meta(max_length=32)]
    body: Raw


#: What processes say to a broker, and what it tells them.
Said: TypeAlias = Beat | Bye | Direct
Told: TypeAlias = Present | Delivery | Routed | Unroutable | Refused

_said: msgpack.Decoder[Said] = msgpack.Decoder(Said)
_told: msgpack.Decoder[Told] = msgpack.Decoder(Told)
_published = msgpack.Decoder(Published)
_body: msgpack.Decoder[Any] = msgpack.Decoder()


def encode(message: object) -> bytes:
    """A message as bytes: of dicts, lists, text, bytes, numbers, times. Raises Unfit."""
    try:
        data = msgpack.encode(message)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unfit(f"this cannot be sent to other processes: {error}") from None
    if len(data) > MAX_BYTES:
        raise Unfit(f"{len(data)} bytes are too many for a message; {MAX_BYTES} can be sent")
    return data


def body(data: Raw | bytes) -> Any:
    """The message that somebody encoded. Raises Malformed."""
    return _decoded(_body, data, MAX_BYTES)


def framed(message: Said | Told | Published) -> bytes:
    """One of the above, around what was encoded, as bytes."""
    return msgpack.encode(message)


def said(data: bytes) -> Said:
    """What a process said. Raises Malformed."""
    return _decoded(_said, data, MAX_FRAME)


def check(peer: Peer) -> None:
    """Raises ValueError if the others would not take this for a process of the cluster."""
    try:
        said(framed(Beat(peer, 0)))
    except Malformed as error:
        raise ValueError(f"no process can be called so: {error}") from None


def told(data: bytes) -> Told:
    """What a broker told. Raises Malformed."""
    return _decoded(_told, data, MAX_RECEIVED)


def published(data: bytes) -> Published:
    """What was published. Raises Malformed."""
    return _decoded(_published, data, MAX_FRAME)


def _decoded(decoder: msgpack.Decoder[T], data: Raw | bytes, limit: int) -> T:
    if len(memoryview(data)) > limit:
        raise Malformed("too large")
    try:
        return decoder.decode(data)
    # UnicodeDecodeError among them.
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None
