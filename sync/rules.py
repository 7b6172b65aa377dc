"""What a socket may do, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass

#: Close codes.
RESTART, GIVEN_UP = 1012, 1013
BAD_MESSAGES, FOREIGN, SILENT, FLOOD = 4400, 4403, 4408, 4429

#: Seconds for a closed socket's other side to go.
LINGER = 5.0
#: Seconds that a socket has for its first `connect`.
CONNECT_SECONDS = 15.0
#: What a message that is too large costs of the rate: to look at it costs more than its id.
TOO_LARGE_COST = 256


@dataclass(frozen=True, slots=True)
class Rules:
    """What one socket may do: bytes of a message, bytes that may wait for it, instructions a
    second.

    `announced` is what `connected` tells of it.
    """

    max_message: int
    max_outbox: int
    rate: int
    announced: dict[str, int]
