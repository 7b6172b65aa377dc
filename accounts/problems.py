"""What an error looks like in the description of the calls."""

from __future__ import annotations

from pydantic import BaseModel


class Detail(BaseModel):
    """One field that was wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """Every error: a code for programs, and a sentence that says what to do."""

    error: str
    message: str
    details: list[Detail] | None = None
    index: int | None = None
