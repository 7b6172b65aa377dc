"""The roles of a workspace's members; pure."""

from __future__ import annotations

from enum import StrEnum

DEFAULT_WORKSPACE = "default"


class Role(StrEnum):
    """What a member may do: a viewer reads, an editor changes, an owner also manages members."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"

    def covers(self, other: Role) -> bool:
        """Whether who has this role may do all that the other one may."""
        return _RANK[self] >= _RANK[other]


_RANK = {role: rank for rank, role in enumerate(Role)}
