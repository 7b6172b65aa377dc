"""How often processes and brokers tell each other that they are there."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.messages import State


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds of a monotonic clock: between two beats, and until silence has a meaning.

    `kept` is for how long one that is gone is still shown.
    """

    beat: float = 1.0
    late: float = 3.0
    gone: float = 10.0
    kept: float = 60.0

    def state(self, silent: float) -> State:
        """What somebody is of whom nothing was heard for so long."""
        if silent < self.late:
            return "alive"
        return "late" if silent < self.gone else "gone"
