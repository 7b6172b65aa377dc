"""What a client asks of the session that it is in: changes, undo and redo, a save."""

from __future__ import annotations

from accounts.access import Role
from sync import messages
from sync.client import Client
from sync.entries import Ask, Change
from sync.hub import Hub
from sync.messages import Saved, encode
from workflows.errors import Refused
from workflows.repository import now


async def ask(hub: Hub, client: Client, message: messages.Asked) -> None:
    """Hand it to the session, which tells the client in its place what became of it.

    Raises GivenUp, and store.base.Unavailable.
    """
    if not client.role.covers(Role.EDITOR):
        text = f"You are {client.role} here, and changing takes an editor."
        reply = client.reply(getattr(message, "id", None))
        client.session.refuse(reply, Refused("forbidden", text))
    elif isinstance(message, messages.Instructions):
        change = _ask(client, message.id, message.clientId, client)
        if not await client.session.earlier(change):
            client.session.judge(change, lambda _: Change(message.instructions))
    elif isinstance(message, messages.Save):
        _save(hub, client)
    else:
        # Without an id nothing but an update tells the sender what was undone.
        change = _ask(client, message.id, None, client if message.id is not None else None)
        await hub.take_back(client.session, change, isinstance(message, messages.Redo))


def _ask(client: Client, id: str | None, client_id: str | None, sender: Client | None) -> Ask:
    return Ask(
        client.principal.user_id, client_id or client.client_id, id, client.reply(id), sender
    )


def _save(hub: Hub, client: Client) -> None:
    session = client.session
    saved = hub.save(session)
    if saved is not None:
        told = Saved(workflowKey=session.key, seq=saved, timestamp=now())
        session.answer(lambda: client.put(encode(told)))
