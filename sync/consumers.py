"""`/ws`: one socket, its messages one after the other, and the workflows it follows."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from msgspec import UNSET

from accounts.access import Principal, Role
from accounts.errors import AccountsError, TokenExpired
from store.base import Unavailable
from sync import asking, messages, metrics
from sync.admission import Admission
from sync.away import Away
from sync.client import Client
from sync.guard import Guard
from sync.identity import UNAUTHORIZED, AnotherUser, Identity
from sync.messages import (
    BadMessage,
    Closing,
    Error,
    Pong,
    byte_length,
    decode,
    encode,
)
from sync.origins import Origins
from sync.outbox import TOO_SLOW, Outbox, Send
from sync.places import Places
from sync.presence import MAX_STATE
from sync.rules import (
    BAD_MESSAGES,
    CONNECT_SECONDS,
    FLOOD,
    FOREIGN,
    GIVEN_UP,
    LINGER,
    RESTART,
    SILENT,
    TOO_LARGE_COST,
    Rules,
)
from sync.session import Missing, Session
from sync.socket_log import SocketLog
from sync.sockets import Sockets
from workflows.errors import Damaged, Elsewhere, GivenUp, NotFound, WorkflowError

logger = logging.getLogger(__name__)

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]


class SocketConsumer:
    """One socket, as an ASGI application; made for each with what it needs of this process.

    It is no Channels consumer, as those take every event through a thread; here one loop takes the
    messages in order.
    """

    def __init__(
        self,
        admission: Admission,
        sockets: Sockets,
        origins: Origins,
        places: Places,
        rules: Rules,
        piped: bool = False,
    ) -> None:
        self._admission = admission
        self._hub = admission.hub
        self._sockets = sockets
        self._origins = origins
        self._places = places
        self._rules = rules
        clock = asyncio.get_running_loop().time
        self._outbox = Outbox(rules.max_outbox, clock)
        self._guard = Guard(rules.rate, max(2 * rules.rate, messages.MAX_INSTRUCTIONS), clock)
        #: Whether another process has let the client in, and passes on what it sends and gets.
        self.piped = piped
        self._identity = Identity(self._outbox, timed=not piped)
        self._clients: dict[str, Client] = {}
        self._away = Away(self._hub.ownership, self._outbox, self._broken_off)
        self._log = SocketLog()
        self._silent: asyncio.TimerHandle | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve the socket until either side closes it."""
        await receive()
        self._log.opened(scope)
        await send({"type": "websocket.accept"})
        address = (scope.get("client") or ("",))[0]
        if self.piped:
            await self._serve(receive, send)
        elif not self._origins.allow(dict(scope["headers"]), scope.get("scheme", "ws")):
            await self._send_away(send, FOREIGN, "this origin is not allowed")
        elif not self._places.take(address):
            await self._send_away(send, FLOOD, "too many sockets from this address")
        else:
            try:
                await self._serve(receive, send)
            finally:
                self._places.give_back(address)

    async def _send_away(self, send: Send, code: int, reason: str) -> None:
        self._log.ended(code)
        await send({"type": "websocket.close", "code": code, "reason": reason})

    async def _serve(self, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        self._silent = loop.call_later(CONNECT_SECONDS, self._outbox.close, SILENT)
        self._sockets.add(self)
        sending = asyncio.create_task(self._outbox.run(send))
        receiving = asyncio.create_task(self._receive(receive))
        try:
            await asyncio.wait(
                {sending, receiving, self._outbox.cut_off}, return_when=asyncio.FIRST_COMPLETED
            )
            if self._outbox.cut_off.done():
                sending.cancel()
                await send({"type": "websocket.close", "code": TOO_SLOW})
            # Until the client has seen why, what it still sends is read and dropped.
            await asyncio.wait({receiving}, timeout=LINGER)
        finally:
            self._sockets.remove(self)
            self._log.ended(self._outbox.close_code)
            self._not_silent()
            self._identity.end()
            for key in list(self._clients):
                self._leave(key)
            sending.cancel()
            receiving.cancel()
            await asyncio.gather(sending, receiving, self._away.close(), return_exceptions=True)

    @property
    def principal(self) -> Principal | None:
        """Who has shown a token here, and by which login session."""
        return self._identity.principal

    @property
    def clients(self) -> tuple[Client, ...]:
        """The workflows this socket follows."""
        return tuple(self._clients.values())

    def check_pace(self) -> None:
        """Cut the client off if it does not read, and from processes that are dead."""
        self._outbox.check()
        self._away.check()

    def unauthorized(self) -> None:
        """Close the socket: its token counts no more."""
        self._outbox.close(UNAUTHORIZED)

    def expel(self, client: Client) -> None:
        """The user is no member of this workflow's workspace any more."""
        key = client.session.key
        if self._clients.get(key) is client:
            self._leave(key)
            self._error("workflow_not_found", "You are no member of its workspace any more.", key)

    def restart(self) -> None:
        """Close the socket: the server ends, and another one will be there."""
        self._come_back(self._hub.retry_after(""), RESTART)

    async def _receive(self, receive: Receive) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            text = event.get("text")
            size = len(event.get("bytes") or b"") if text is None else byte_length(text)
            if not self.piped and not self._guard.early_enough(size):
                self._outbox.close(FLOOD)
            if not self._outbox.closed:
                await self._take(text)
                if self._guard.refused:
                    # Else nobody else has a turn while what a flood has brought is refused.
                    await asyncio.sleep(0)
        self._log.code = event.get("code")

    async def _take(self, text: str | None) -> None:
        try:
            if text is None:
                raise BadMessage("invalid_message", "Send text frames, not binary ones.")
            message = decode(text, self._rules.max_message)
            self._guard.good()
            await self._handle(message, text)
        except BadMessage as bad:
            if self._afford(TOO_LARGE_COST if bad.code == "too_large" else 1, bad):
                self._error(bad.code, bad.message, bad.workflow_key, bad.id)
                if bad.code != "too_large" and not self._guard.bad():
                    self._outbox.close(BAD_MESSAGES)
        except (Unavailable, GivenUp) as error:
            logger.warning("a socket is asked to come back: %s", error)
            self._come_back(self._hub.retry_after(""), GIVEN_UP)
        except Exception:
            logger.exception("a message could not be handled")
            self._error("internal_error", "The server failed; its log says why. Connect again.")
            self._come_back(self._hub.retry_after(""), GIVEN_UP)

    def _afford(self, cost: int, message: object) -> bool:
        if self.piped or self._guard.spend(cost):
            return True
        key, id = getattr(message, "workflowKey", None), getattr(message, "id", None)
        self._error("rate_limited", "You send too much; pause for a second.", key, id)
        if self._guard.flooded:
            self._outbox.close(FLOOD)
        return False

    async def _handle(self, message: messages.Incoming, text: str) -> None:
        cost = len(message.instructions) if isinstance(message, messages.Instructions) else 1
        if not self._afford(cost, message):
            return
        if isinstance(message, messages.Connect):
            await self._connect(message, text)
        elif isinstance(message, messages.Auth):
            await self._auth(message, text)
        elif isinstance(message, messages.Ping):
            self._outbox.put(encode(Pong()))
        elif message.workflowKey in self._away:
            leaves = isinstance(message, messages.Leave)
            await (self._away.leave if leaves else self._away.send)(message.workflowKey, text)
        elif (client := self._clients.get(message.workflowKey)) is not None:
            await self._act(client, message)
        elif not isinstance(message, messages.Leave):
            id = getattr(message, "id", None)
            said = "Send `connect` for this workflow first."
            self._error("not_connected", said, message.workflowKey, id)

    async def _act(self, client: Client, message: messages.InWorkflow) -> None:
        if isinstance(message, messages.Leave):
            self._leave(message.workflowKey)
        elif isinstance(message, messages.Presence):
            self._presence(client, message)
        else:
            await asking.ask(self._hub, client, message)

    def _presence(self, client: Client, message: messages.Presence) -> None:
        if len(bytes(message.state)) > MAX_STATE:
            text = f"A presence state may have {MAX_STATE} bytes."
            self._error("too_large", text, message.workflowKey)
        else:
            # A copy, as the original would keep all of its frame.
            client.session.presence.show(client, message.state.copy())

    async def _connect(self, message: messages.Connect, text: str) -> None:
        key = message.workflowKey
        try:
            principal, role = await self._admission.admit(message.token, key)
            self._identity.show(principal)
            if role is None:
                raise NotFound
            if key in self._away:
                await self._away.send(key, text)
                return
            session = await self._hub.use(key)
        except AccountsError as error:
            self._refuse_token(error, key)
            if self.principal is None:
                self.unauthorized()
        except AnotherUser:
            self._error("forbidden", "This socket is another user's; open a new one.", key)
        except Elsewhere as elsewhere:
            await self._converse(elsewhere, key, text)
        except NotFound:
            self._error("workflow_not_found", f"There is no workflow {key[:64]!r} for you.", key)
        except Damaged as error:
            logger.error("%s", error)
            self._error("internal_error", f"{error}. An operator has to look at it.", key)
        else:
            await self._join(session, message, principal, role)

    async def _converse(self, elsewhere: Elsewhere, key: str, text: str) -> None:
        """Have another process answer the client's `connect`, and all that follows."""
        if self.piped:
            # Whoever sent it here believed what was true a moment ago.
            raise GivenUp("Another process has taken this workflow; connect again.")
        await self._away.connect(key, elsewhere, text)
        self._not_silent()

    async def _join(
        self, session: Session, message: messages.Connect, principal: Principal, role: Role
    ) -> None:
        try:
            missing = await self._missing(session, message)
            await self._outbox.room()
        except BaseException:
            self._hub.release(session)
            raise
        key, old = session.key, self._clients.get(session.key)
        client = Client(
            session,
            message.clientId or secrets.token_hex(8),
            principal,
            role,
            message.batch,
            self._rules.announced,
            self._outbox,
            self._ended,
        )
        self._clients[key] = client
        self._log.connected(client)
        self._not_silent()
        session.join(client, missing, old)
        if old is not None:
            self._hub.release(old.session)

    async def _missing(self, session: Session, message: messages.Connect) -> Missing | None:
        if message.lastSeq is None or message.epoch != session.epoch:
            return None
        older = await self._hub.older(session, message.lastSeq)
        return None if older is None else Missing(message.lastSeq, older)

    async def _auth(self, message: messages.Auth, text: str) -> None:
        try:
            self._identity.show(await self._admission.authenticate(message.token))
            await self._away.send_to_all(text)
        except AccountsError as error:
            self._refuse_token(error, None)
        except AnotherUser:
            self._error("forbidden", "This socket is another user's; open a new one.")

    def _refuse_token(self, error: AccountsError, key: str | None) -> None:
        code = "token_expired" if isinstance(error, TokenExpired) else "unauthorized"
        self._error(code, str(error), key)

    def _ended(self, client: Client, error: WorkflowError) -> None:
        """A session is over: its workflow is gone, or it has to be opened again."""
        key = client.session.key
        if not isinstance(error, NotFound):
            self._come_back(self._hub.retry_after(key), GIVEN_UP)
        elif self._clients.get(key) is client:
            self._outbox.put(encode(messages.Deleted(key)))
            self._leave(key)

    def _broken_off(self, key: str, code: int | None) -> None:
        """A conversation with another process has ended, with what that one has told the client."""
        if code is None:
            self._come_back(self._hub.retry_after(key), GIVEN_UP)
        else:
            self._outbox.close(code)

    def _leave(self, key: str) -> None:
        if client := self._clients.pop(key, None):
            self._log.left(client)
            client.leave()
            self._hub.release(client.session)

    def _error(
        self, code: str, message: str, key: str | None = None, id: str | None = None
    ) -> None:
        metrics.MESSAGES_REFUSED.labels(code).inc()
        error = Error(
            code=code,
            message=message,
            workflowKey=UNSET if key is None else key,
            id=UNSET if id is None else id,
        )
        self._outbox.put(encode(error))

    def _come_back(self, retry_after: int, code: int) -> None:
        self._outbox.put(encode(Closing(retry_after)))
        self._outbox.close(code)

    def _not_silent(self) -> None:
        """It has connected: from now on only its rate counts."""
        self._guard.connected()
        if self._silent is not None:
            self._silent.cancel()
