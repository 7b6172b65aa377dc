"""Where the SQL of SQLite and PostgreSQL differs.

A list goes in as one parameter, a JSON array, so that its length has no limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

#: What goes into a statement beside its text.
Parameter: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's words."""

    #: begins a transaction all of whose reads see one state, without ever blocking a writer
    begin_read: str
    #: begins a transaction that writes
    begin_write: str
    #: the column `body`; SQLite would refuse a whole result for one damaged text, and quote it
    body: str
    #: subqueries with one column `value`, made of a parameter
    texts: str
    numbers: str
    #: a table with the columns `collection` and `text`, made of a parameter
    pairs: str
    #: the end of a SELECT from `document` that must hold its rows until the transaction ends
    lock: str
    #: whether rows go in by COPY, which takes a quarter of the time of INSERT
    copies: bool


SQLITE = Dialect(
    begin_read="BEGIN",
    begin_write="BEGIN IMMEDIATE",
    body="CAST(document.body AS BLOB)",
    texts="(SELECT value FROM json_each(%s))",
    numbers="(SELECT value FROM json_each(%s))",
    pairs=(
        "(SELECT json_extract(value, '$[0]') AS collection, json_extract(value, '$[1]') AS text"
        " FROM json_each(%s)) AS pairs"
    ),
    lock="",
    copies=False,
)

POSTGRESQL = Dialect(
    begin_read="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    begin_write="BEGIN",
    body="document.body",
    texts="(SELECT value FROM json_array_elements_text(%s::json) AS each (value))",
    numbers="(SELECT value::bigint FROM json_array_elements_text(%s::json) AS each (value))",
    pairs=(
        "(SELECT value ->> 0 AS collection, value ->> 1 AS text"
        " FROM json_array_elements(%s::json) AS each (value)) AS pairs"
    ),
    lock="ORDER BY document.collection, document.key FOR UPDATE OF document",
    copies=True,
)

BY_VENDOR = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
