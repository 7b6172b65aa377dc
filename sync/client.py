"""One socket in one session: what it is told of a workflow, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET, Raw

from accounts.access import Principal, Role
from sync.entries import Joined
from sync.messages import (
    Ack,
    Connected,
    Error,
    Participant,
    Updates,
    encode,
    encode_entry,
    encode_update,
)
from sync.outbox import Outbox
from sync.session import Session
from workflows.errors import Refused, WorkflowError
from workflows.live import Told
from workflows.repository import Row, now

#: Close code: the same client of the same user has connected again.
REPLACED = 4409


class Client:
    """A follower of a session. `grouped`: it is told many batches in one frame, its own too.

    `on_ended` is called when the session is over.
    """

    def __init__(
        self,
        session: Session,
        client_id: str,
        principal: Principal,
        role: Role,
        grouped: bool,
        limits: Mapping[str, int],
        outbox: Outbox,
        on_ended: Callable[[Client, WorkflowError], None],
    ) -> None:
        self.session = session
        self.client_id = client_id
        self.principal = principal
        self.role = role
        self.grouped = grouped
        #: When it came, in ms since 1970.
        self.since = now()
        self._limits = dict(limits)
        self._outbox = outbox
        self._on_ended = on_ended

    @property
    def closing(self) -> bool:
        """Whether its socket is told nothing new any more."""
        return self._outbox.closed

    @property
    def waiting(self) -> int:
        """Bytes that wait to be sent to its socket."""
        return self._outbox.size

    @property
    def participant(self) -> Participant:
        """This client as the others see it."""
        return Participant(self.client_id, self.principal.user_id, self.principal.username)

    def put(self, frame: str) -> None:
        """Send a frame."""
        self._outbox.put(frame)

    def see(self, who: tuple[str, str], frame: str) -> None:
        """Send what somebody else is at, in the place of what they were at before."""
        self._outbox.put_passing((self.session.key, who), frame)

    def connected(self, at: Joined) -> None:
        """Send the state to start from: the document, or what was missed."""
        answer = Connected(
            workflowKey=self.session.key,
            clientId=self.client_id,
            userId=self.principal.user_id,
            role=self.role.value,
            seq=at.seq,
            epoch=at.epoch,
            resumed=at.document is None,
            limits=self._limits,
            participants=self.session.presence.others(self),
            workflow=UNSET if at.document is None else Raw(at.document),
        )
        self._outbox.put(encode(answer))
        if self.grouped and at.missed:
            missed = [encode_entry(row) for row in at.missed]
            self._outbox.put(encode(Updates(workflowKey=self.session.key, updates=missed)))
        elif at.missed:
            for row in at.missed:
                self._outbox.put(self._missed(row))
        presence = self.session.presence
        presence.add(self)
        for same in presence.same_as(self):
            same.replaced(self._outbox)

    def ended(self, error: WorkflowError) -> None:
        """The session is over."""
        self._on_ended(self, error)

    def leave(self) -> None:
        """Be told nothing more; the others see it go."""
        self.session.leave(self)
        self.session.presence.remove(self)

    def replaced(self, outbox: object) -> None:
        """The same client of the same user has come, by the socket of this outbox."""
        if outbox is not self._outbox:
            self._outbox.close(REPLACED)

    def reply(self, id: str | None) -> Sent:
        """Who is to be told what became of a batch sent with this id."""
        return Sent(self, id)

    def refuse(self, refused: Refused, id: str | None) -> None:
        """Send an error, after the batches that came before it."""
        self.session.fanout.catch_up(self)
        error = Error(
            code=refused.code,
            message=refused.message,
            workflowKey=self.session.key,
            id=UNSET if id is None else id,
            index=UNSET if refused.index is None else refused.index,
        )
        self._outbox.put(encode(error))

    def acknowledge(self, id: str, told: Told) -> None:
        """Send an ack, after the batches that came before it."""
        self.session.fanout.catch_up(self)
        ack = Ack(
            workflowKey=self.session.key,
            id=id,
            seq=told.seq,
            timestamp=told.timestamp,
            instructions=UNSET if told.instructions is None else Raw(told.instructions),
            skipped=UNSET if told.skipped is None else Raw(told.skipped),
        )
        self._outbox.put(encode(ack))

    def _missed(self, row: Row) -> str:
        own = (row.userId, row.clientId) == (self.principal.user_id, self.client_id)
        if row.id is None or not own:
            return encode_update(row)
        ack = Ack(
            workflowKey=self.session.key,
            id=row.id,
            seq=row.seq,
            timestamp=row.timestamp,
            instructions=row.instructions,
            skipped=row.skipped,
        )
        return encode(ack)


class Sent:
    """A batch that a client sent; without an id nothing is told but a refusal."""

    __slots__ = ("_client", "_id")

    def __init__(self, client: Client, id: str | None) -> None:
        self._client = client
        self._id = id

    def told(self, told: Told, again: bool) -> None:
        """Acknowledge it, unless the client is told by `updates`."""
        if self._id is not None and (again or not self._client.grouped):
            self._client.acknowledge(self._id, told)

    def refused(self, refused: Refused) -> None:
        """Tell why not."""
        self._client.refuse(refused, self._id)

    def lost(self, error: WorkflowError) -> None:
        """Tell what cannot be stored; of anything else the socket's end tells."""
        if isinstance(error, Refused):
            self.refused(error)
