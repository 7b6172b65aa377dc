"""What a process shows another one when it passes on what a client has sent. Pure.

A pass is made for one process, so that one which has another's address by now refuses it, and by
who holds the key that all of them share. It gives no right that the client's own token does not:
its bearer was let in already, and is not sent on once more.
"""

from __future__ import annotations

import hashlib
import hmac

#: The header that has it.
HEADER = "X-Nodius-Pass"
#: Where a process answers whoever has a pass, to show that it lives.
ALIVE = "/alive"


def pass_for(process: str, key: bytes) -> str:
    """The pass to the process with this id."""
    return hmac.digest(key, f"pass:{process}".encode(), hashlib.sha256).hex()


def is_good(shown: str, process: str, key: bytes) -> bool:
    """Whether this is the pass to the process with this id."""
    return hmac.compare_digest(shown.encode(), pass_for(process, key).encode())
