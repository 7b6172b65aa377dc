"""How many sockets one address has open here. Pure."""

from __future__ import annotations

from collections import Counter

from accounts.addresses import group


class Places:
    """So many sockets for each address; of IPv6 each /64 counts as one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    def take(self, address: str) -> bool:
        """Take a place for a socket from this address; False if there is none left."""
        key = group(address)
        if self._taken[key] >= self._most:
            return False
        self._taken[key] += 1
        return True

    def give_back(self, address: str) -> None:
        """One of the sockets that had taken a place has ended."""
        key = group(address)
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]
