"""What every socket between a process and a broker has in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import zmq

from cluster.endpoints import Endpoint
from cluster.messages import MAX_RECEIVED
from cluster.pace import Pace

Socket: TypeAlias = "zmq.Socket[bytes]"
Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"

#: Messages that wait for one connection; of who does not take them, the later ones are dropped.
HIGH_WATER = 1000
#: Messages taken from one socket before the others have their turn.
_TURN = 100


def make(
    context: Context, kind: int, endpoint: Endpoint, pace: Pace, high_water: int = HIGH_WATER
) -> Socket:
    """A socket with bounds, and with signs of life, so that a connection whose other end is gone
    without a word ends too.
    """
    socket: Socket = context.socket(kind)
    socket.sndhwm = socket.rcvhwm = high_water
    socket.maxmsgsize = MAX_RECEIVED
    socket.ipv6 = endpoint.is_ipv6
    socket.heartbeat_ivl = round(pace.late * 500)
    socket.heartbeat_timeout = round(pace.gone * 1000)
    # Who connects and then says nothing.
    socket.handshake_ivl = 5000
    return socket


def waiting(socket: Socket) -> Iterator[list[bytes]]:
    """The messages that wait now, but only so many that others have their turn too."""
    for _ in range(_TURN):
        try:
            yield socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return
