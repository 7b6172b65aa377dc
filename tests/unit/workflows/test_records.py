"""What is written of a workflow, packed or not."""

from __future__ import annotations

from msgspec import Raw

from store.base import Put
from tests.unit.workflows.test_document import batch_of, document, to
from workflows.document import Workflow
from workflows.records import Times, creation, head_for


def test_a_workflow_that_was_changed_can_be_stored_as_a_new_one() -> None:
    workflow = Workflow(document())
    workflow.apply(batch_of(to("nodes/n1/posX", 7)))
    head = head_for("w", workflow, "default", 0, Times(1, 2))
    bodies = {each.key: each.body for each in creation(head, workflow) if isinstance(each, Put)}
    assert bodies["w-n1"]["value"] == Raw(b'{"posX":7,"posY":2.5}')
