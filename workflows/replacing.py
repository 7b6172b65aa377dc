"""Bringing a workflow to a whole new state, or back to an older one: as one batch, like any other
change.
"""

from __future__ import annotations

from typing import Any

from workflows import live, reach
from workflows.diff import difference
from workflows.document import Workflow
from workflows.errors import Refused
from workflows.instructions import Instruction


def replace(user_id: str, key: str, wanted: dict[str, Any]) -> live.Told:
    """Replace these fields by one batch; it takes over their values.

    Raises Refused, and what the live sessions raise.
    """

    def judge(workflow: Workflow) -> list[Instruction]:
        return difference({field: workflow.root[field] for field in wanted}, wanted)

    try:
        return live.current().change(key, live.Change(user_id, judge))
    except Refused as refused:
        # The index would be that of an instruction which nobody ever wrote.
        raise Refused(refused.code, refused.message) from None


def restore(user_id: str, key: str, seq: int) -> live.Told:
    """Bring the state after batch `seq` back, as a batch of the smallest instructions.

    Raises NotFound where the history does not reach back to it, and what `replace` raises.
    """
    earlier = reach.repository().state(key, seq, reach.limits())
    return replace(user_id, key, earlier.workflow.plain())
