"""The databases: whether they answer, and their tables, which are made and changed where needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from nodius_site.file_lock import locked
from store.base import Unavailable
from store.current import current

#: Any number will do, as long as all processes of Nodius take the same.
_LOCK = 8426


def explained(error: OperationalError | Unavailable) -> str:
    """One line on a database that does not answer, and what to do."""
    if isinstance(error, Unavailable):
        return str(error)
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"database: {reason}; start it, or correct the option database or data_dir"


def ask() -> None:
    """Return if every database answers, and holds what no migration makes.

    Raises OperationalError, store.base.Unavailable within about 5 seconds, and store.base.Refused.
    """
    for alias in settings.DATABASES:
        database: Any = connections[alias]
        parameters = database.get_connection_params()
        # Not by way of the pool, which would try again and again and log each time.
        parameters.pop("pool", None)
        with database.wrap_database_errors:
            database.Database.connect(**parameters).close()
    current().prepare()


def make_current() -> bool:
    """Bring all tables up to date, one process at a time; returns whether there was anything to do.

    Raises what `ask` raises.
    """
    ask()
    if _are_current():
        return False
    with _alone():
        # Somebody else may have done it while we waited.
        if needed := not _are_current():
            for alias, app in _plan():
                call_command("migrate", *app, database=alias, verbosity=0, interactive=False)
    return needed


def _plan() -> list[tuple[str, tuple[str, ...]]]:
    """Which apps live where: documents in a file of their own have no other table beside them."""
    if settings.DOCUMENTS_DATABASE == "default":
        return [("default", ())]
    return [("default", ()), (settings.DOCUMENTS_DATABASE, ("store",))]


def _are_current() -> bool:
    for alias, app in _plan():
        executor = MigrationExecutor(connections[alias])
        leaves = executor.loader.graph.leaf_nodes(*app)
        if executor.migration_plan(leaves):
            return False
    return True


@contextmanager
def _alone() -> Iterator[None]:
    if connections["default"].vendor == "postgresql":
        with connections["default"].cursor() as cursor:
            # Neither the turn of another process nor a migration is a query that hangs.
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            yield
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
            cursor.execute("RESET statement_timeout")
    else:
        with locked(settings.DATA_DIR / "migrate.lock"):
            yield
