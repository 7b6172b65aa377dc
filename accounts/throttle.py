"""How often somebody may try: counted in the database, so that all processes agree."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from django.db import transaction

from accounts import names
from accounts.cleanup import remove_some
from accounts.errors import Throttled
from accounts.models import Attempts

WINDOW = 60_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts in any minute, for each subject of this kind."""

    kind: str
    most: int


LOGINS_OF_ADDRESS = Limit("address", 10)
LOGINS_OF_ACCOUNT = Limit("account", 10)
SETUPS_OF_ADDRESS = Limit("setup", 10)
PASSWORD_CHANGES = Limit("password", 10)


def count(limit: Limit, subject: str) -> None:
    """Count one attempt of the subject; raises Throttled, and counts nothing, at too many."""
    now = time.time_ns() // 1_000_000
    key = _key(limit, subject)
    with transaction.atomic():
        # This holds the row, new or not, until the end of the transaction.
        attempts, _ = Attempts.objects.update_or_create(key=key, defaults={"last": now})
        # abs: a clock that was set back must not lock anybody out for longer.
        recent = sorted(at for at in attempts.times if abs(now - at) < WINDOW)
        allowed = len(recent) < limit.most
        if allowed:
            Attempts.objects.filter(key=key).update(times=[*recent, now])
    remove_some(Attempts.objects.filter(last__lt=now - WINDOW))
    if allowed:
        return
    free_at = recent[-limit.most] + WINDOW
    raise Throttled(min(max(-(-(free_at - now) // 1000), 1), 60))


def forget(limit: Limit, subject: str) -> None:
    """Forget the attempts of the subject: one of them was right."""
    Attempts.objects.filter(key=_key(limit, subject)).delete()


def account(username: str) -> str:
    """The subject that stands for an account, existing or not, by any form of its name."""
    return names.canonical(username[: names.MAX_USERNAME])


def _key(limit: Limit, subject: str) -> str:
    """A key that fits, and tells nobody who reads the table which names were tried."""
    return hashlib.sha256(f"{limit.kind}:{subject}".encode(errors="replace")).hexdigest()
