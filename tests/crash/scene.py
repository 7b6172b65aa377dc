"""A server with a workflow to write to."""

from __future__ import annotations

from dataclasses import dataclass

from tests.crash.hammer import Hammer
from tests.serving import Serving


@dataclass
class Scene:
    """A running server, and who writes to one workflow of it."""

    serving: Serving
    token: str
    key: str

    @classmethod
    def of(cls, serving: Serving) -> Scene:
        """Make the workflow, as the administrator."""
        with serving.login() as http:
            token = http.headers["Authorization"].removeprefix("Bearer ")
            body = {"name": "Flow", "data": {"log": []}}
            return cls(serving, token, http.post("/api/workflow", json=body).json()["workflowKey"])

    def hammers(self, count: int) -> list[Hammer]:
        """So many clients that write already."""
        made = [Hammer(self.serving, self.token, self.key, f"h{n}") for n in range(count)]
        for each in made:
            each.start()
        return made
