"""The chat server of the Channels tutorial, as it stands there: each message to the group, which is
everybody in the room, by the in-memory layer.

    daphne -p PORT channels_chat:application
"""

from __future__ import annotations

import json
import os
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

settings.configure(
    SECRET_KEY="not secret",  # noqa: S106 - nothing is signed
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            # Its default of 100 drops messages in silence as soon as more are under way.
            "CONFIG": {"capacity": int(os.environ.get("CAPACITY", "100000"))},
        }
    },
)
django.setup()


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket in one room."""

    async def connect(self) -> None:
        """Join the room's group."""
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room_group_name = f"chat_{self.room_name}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, close_code: int) -> None:
        """Leave it."""
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data: Any = None, bytes_data: bytes | None = None) -> None:
        """Send what came to the group."""
        message = json.loads(text_data)["message"]
        await self.channel_layer.group_send(
            self.room_group_name, {"type": "chat.message", "message": message}
        )

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Send what the group got to the socket."""
        await self.send(text_data=json.dumps({"message": event["message"]}))


# Channels and Django disagree on what a view is.
_view: Any = ChatConsumer.as_asgi()
routes: Any = [re_path(r"ws/chat/(?P<room_name>[\w-]+)/$", _view)]
application = ProtocolTypeRouter({"websocket": URLRouter(routes)})
