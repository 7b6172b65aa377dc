"""How long a server waits for the answer to its ping."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from uvicorn.server import ServerState

from nodius_site.asgi import application
from nodius_site.server import UNCONFIRMED, SocketProtocol


class Transport(asyncio.Transport):
    """A connection to nobody, or over this socket."""

    closed = False

    def __init__(self, connection: socket.socket | None = None) -> None:
        super().__init__({"socket": connection})

    def write(self, data: object) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def test_a_client_that_has_much_to_read_before_the_ping_may_answer_later() -> None:
    """WS-SLOW-1"""
    protocol, transport = SocketProtocol(_config(), ServerState(), {}), Transport()
    protocol.connection_made(transport)
    protocol.pause_writing()
    protocol.keepalive_timeout()
    assert not transport.closed and protocol.pong_timer is not None
    protocol.stop_keepalive()
    protocol.resume_writing()
    protocol.keepalive_timeout()
    assert transport.closed


async def test_the_system_ends_a_connection_whose_other_side_confirms_nothing() -> None:
    """WS-PRESENCE-3"""
    protocol = SocketProtocol(_config(), ServerState(), {})
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        protocol.connection_made(Transport(connection))
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNCONFIRMED


def _config() -> uvicorn.Config:
    config = uvicorn.Config(application, log_config=None)
    config.load()
    return config
