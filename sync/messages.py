"""The messages of `/ws`: what a client may send, decoded and checked, and what it is told."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from workflows.instructions import Instruction
from workflows.repository import Row

MAX_INSTRUCTIONS = 256

ClientId: TypeAlias = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
Id: TypeAlias = Annotated[str, Meta(max_length=64)]


def _null() -> Raw:
    return Raw(b"null")


class Connect(Struct, tag_field="type", tag="connect"):
    """Join a workflow, for the first time on this socket or anew."""

    workflowKey: str
    token: str
    clientId: ClientId | None = None
    lastSeq: Annotated[int, Meta(ge=0)] | None = None
    epoch: str | None = None
    batch: bool = False


class Instructions(Struct, tag_field="type", tag="instructions"):
    """One batch. A `clientId` stands for this batch instead of the socket's."""

    workflowKey: str
    instructions: Annotated[list[Instruction], Meta(min_length=1, max_length=MAX_INSTRUCTIONS)]
    clientId: ClientId | None = None
    id: Id | None = None


class Presence(Struct, tag_field="type", tag="presence"):
    """What this client is at; null clears it."""

    workflowKey: str
    state: Raw = field(default_factory=_null)


class Undo(Struct, tag_field="type", tag="undo"):
    """Take the user's newest batch back."""

    workflowKey: str
    id: Id | None = None


class Redo(Struct, tag_field="type", tag="redo"):
    """Take the user's newest undo back."""

    workflowKey: str
    id: Id | None = None


class Save(Struct, tag_field="type", tag="save"):
    """Save the snapshot now."""

    workflowKey: str


class Auth(Struct, tag_field="type", tag="auth"):
    """A fresh token for a socket that outlives its first."""

    token: str


class Leave(Struct, tag_field="type", tag="leave"):
    """Follow a workflow no longer."""

    workflowKey: str


class Ping(Struct, tag_field="type", tag="ping"):
    """Ask for a pong."""


#: What takes an editor.
Asked: TypeAlias = Instructions | Undo | Redo | Save
#: Messages about a workflow that the socket has connected to.
InWorkflow: TypeAlias = Asked | Presence | Leave
Incoming: TypeAlias = Connect | InWorkflow | Auth | Ping


class BadMessage(Exception):
    """A frame that is no message. `code` is invalid_json, invalid_message or too_large."""

    def __init__(self, code: str, message: str, frame: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        found = _origin(frame) if frame is not None else Origin()
        self.workflow_key = found.workflowKey if isinstance(found.workflowKey, str) else None
        self.id = found.id if isinstance(found.id, str) else None


class Origin(Struct):
    """Where a message that cannot be taken came from, as far as it says so."""

    workflowKey: Any = None
    id: Any = None


class Participant(Struct):
    """Somebody who is in the workflow; `state` is the last presence, or null."""

    clientId: str
    userId: str
    username: str
    state: Raw = field(default_factory=_null)


class Connected(Struct, tag_field="type", tag="connected", kw_only=True):
    """The answer to `connect`; `workflow` is the encoded document."""

    workflowKey: str
    clientId: str
    userId: str
    role: str
    seq: int
    epoch: str
    resumed: bool
    limits: dict[str, int]
    participants: list[Participant]
    workflow: Raw | UnsetType = UNSET


class Entry(Struct, kw_only=True):
    """A batch, as an element of `updates`."""

    instructions: Raw
    sourceClientId: str | None
    userId: str
    seq: int
    timestamp: int
    id: str | UnsetType = UNSET
    skipped: Raw | UnsetType = UNSET


class Update(Struct, tag_field="type", tag="update", kw_only=True):
    """A batch of somebody else."""

    workflowKey: str
    instructions: Raw
    sourceClientId: str | None
    userId: str
    seq: int
    timestamp: int


class Updates(Struct, tag_field="type", tag="updates", kw_only=True):
    """Batches, one's own too."""

    workflowKey: str
    updates: list[Raw]


class Present(Struct, tag_field="type", tag="presence", kw_only=True):
    """The last state of another client; null: it has none, or is gone."""

    workflowKey: str
    clientId: str
    userId: str
    username: str
    state: Raw


class Saved(Struct, tag_field="type", tag="saved", kw_only=True):
    """The snapshot stands for this seq now."""

    workflowKey: str
    seq: int
    timestamp: int


class Ack(Struct, tag_field="type", tag="ack", kw_only=True):
    """A batch of one's own that had an id; `instructions` where others were applied than sent.

    `skipped`: the paths that an undo or redo left alone, as somebody else touched them.
    """

    workflowKey: str
    id: str
    seq: int
    timestamp: int
    instructions: Raw | UnsetType = UNSET
    skipped: Raw | UnsetType = UNSET


class Error(Struct, tag_field="type", tag="error", kw_only=True):
    """Something refused; it changed nothing."""

    code: str
    message: str
    workflowKey: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    index: int | UnsetType = UNSET


class Deleted(Struct, tag_field="type", tag="deleted"):
    """The workflow is gone."""

    workflowKey: str


class Pong(Struct, tag_field="type", tag="pong"):
    """The answer to `ping`."""


class TokenExpiring(Struct, tag_field="type", tag="tokenExpiring"):
    """The token ends at this time, in milliseconds since 1970; send a fresh one with `auth`."""

    expiresAt: int


class Closing(Struct, tag_field="type", tag="closing"):
    """The server is about to close the socket; come back after this many milliseconds."""

    retryAfterMs: int


Outgoing: TypeAlias = (
    Connected
    | Update
    | Updates
    | Ack
    | Error
    | Present
    | Saved
    | Deleted
    | Pong
    | TokenExpiring
    | Closing
)

_decoder: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)
_origin_decoder = msgspec.json.Decoder(Origin)
_encoder = msgspec.json.Encoder()


def decode(frame: str, limit: int) -> Incoming:
    """The message in a text frame of at most `limit` bytes. Raises BadMessage."""
    if byte_length(frame) > limit:
        raise BadMessage(
            "too_large", f"A message may have {limit} bytes; send smaller batches.", frame
        )
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError as error:
        raise BadMessage("invalid_message", f"{error}. See docs/protocol.md.", frame) from None
    except msgspec.DecodeError as error:
        raise BadMessage("invalid_json", f"Send one JSON object a frame: {error}.") from None
    except RecursionError:
        raise BadMessage("too_large", "The message is nested too deeply; flatten it.") from None
    except UnicodeEncodeError:
        raise BadMessage("invalid_json", "The frame is not valid Unicode.") from None


def byte_length(frame: str) -> int:
    """The bytes of a text frame."""
    return len(frame) if frame.isascii() else len(frame.encode("utf-8", "surrogatepass"))


def encode(message: Outgoing) -> str:
    """The text frame of a message."""
    return _encoder.encode(message).decode()


def encode_entry(row: Row) -> Raw:
    """A batch as an element of `updates`."""
    entry = Entry(
        instructions=row.instructions,
        sourceClientId=row.clientId,
        userId=row.userId,
        seq=row.seq,
        timestamp=row.timestamp,
        id=UNSET if row.id is None else row.id,
        skipped=row.skipped,
    )
    return Raw(_encoder.encode(entry))


def encode_update(row: Row) -> str:
    """A batch as an `update`."""
    return encode(
        Update(
            workflowKey=row.workflowKey,
            instructions=row.instructions,
            sourceClientId=row.clientId,
            userId=row.userId,
            seq=row.seq,
            timestamp=row.timestamp,
        )
    )


def _origin(frame: str) -> Origin:
    try:
        return _origin_decoder.decode(frame)
    except (msgspec.MsgspecError, RecursionError):
        return Origin()
