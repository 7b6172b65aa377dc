"""Which part of a long list a call asks for."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from ninja import Query

#: At most so many entries.
Limit: TypeAlias = Annotated[int, Query(ge=1, le=1000)]
#: So many entries come before the first; any integer that every client holds exactly.
Offset: TypeAlias = Annotated[int, Query(ge=0, le=2**53)]
