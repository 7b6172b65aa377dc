"""The calls under /api/workflow and /api/history."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router, Status

from accounts.access import Role
from accounts.api import Request
from accounts.models import User
from accounts.paging import Limit, Offset
from workflows import answers, live, reach
from workflows.document import Workflow
from workflows.given import batch_of, by_key, given
from workflows.replacing import replace, restore
from workflows.schemas import (
    FAILS,
    Batch,
    ChangedWorkflow,
    Committed,
    History,
    NewWorkflow,
    ReadWorkflow,
    Restoration,
    Restored,
    Seq,
    WorkflowChanges,
    WorkflowKey,
    WorkflowList,
)

workflow_router = Router(by_alias=True)
history_router = Router(by_alias=True)


@workflow_router.get("", response=WorkflowList)
def list_workflows(
    request: Request,
    category: str | None = None,
    workspace: str | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> HttpResponse:
    """The workflows one may see, newest change first."""
    workspaces = reach.listed(request.auth, workspace)
    heads, total = reach.repository().heads(workspaces, category, limit, offset)
    return answers.json({"workflows": [answers.listed(each) for each in heads], "total": total})


@workflow_router.post("", response={201: WorkflowKey, **FAILS})
def create_workflow(request: Request, new: NewWorkflow) -> Status[dict[str, str]]:
    """Make a workflow; it starts at `seq` 0."""
    workspace = reach.for_new(request.auth, new.workspace)
    root = {
        "name": new.name,
        "category": new.category,
        "description": new.description,
        "data": new.data,
        "nodes": by_key("nodes", new.nodes),
        "edges": by_key("edges", new.edges),
    }
    key = reach.repository().create(Workflow(root, reach.limits()), workspace)
    return Status(201, {"workflowKey": key})


@workflow_router.get("/{key}", response={200: ReadWorkflow, **FAILS})
def read_workflow(request: Request, key: str, seq: Seq = None) -> HttpResponse:
    """The newest committed state, open or not; with `seq` the state after that batch."""
    reach.head(request.auth, key, Role.VIEWER)
    state = live.current().read(key) if seq is None else _earlier(key, seq)
    return answers.json({"workflow": answers.whole(state)})


@workflow_router.put("/{key}", response={200: ChangedWorkflow, **FAILS})
def change_workflow(request: Request, key: str, changes: WorkflowChanges) -> HttpResponse:
    """Replace the given fields, as one batch of the smallest instructions that do it."""
    reach.head(request.auth, key, Role.EDITOR)
    wanted = given(changes)
    for which in wanted.keys() & {"nodes", "edges"}:
        wanted[which] = by_key(which, wanted[which])

    replace(request.auth.user_id, key, wanted)
    return answers.json({"workflow": answers.without_parts(live.current().read(key))})


@workflow_router.post("/{key}/instructions", response={200: Committed, **FAILS})
def instruct_workflow(request: Request, key: str, batch: Batch) -> HttpResponse:
    """Apply a batch of instructions, all or none, and answer when it is committed."""
    reach.head(request.auth, key, Role.EDITOR)
    instructions = batch_of(batch.instructions)
    change = live.Change(request.auth.user_id, lambda _: instructions, batch.id)
    told = live.current().change(key, change)
    return answers.json(answers.told(told))


@workflow_router.post("/{key}/restore", response={200: Restored, **FAILS})
def restore_workflow(request: Request, key: str, restoration: Restoration) -> HttpResponse:
    """Bring the state after an earlier batch back, as a batch of the smallest instructions."""
    reach.head(request.auth, key, Role.EDITOR)
    told = restore(request.auth.user_id, key, restoration.seq)
    return answers.json({"seq": told.seq})


@workflow_router.delete("/{key}", response={204: None, **FAILS})
def delete_workflow(request: Request, key: str) -> Status[None]:
    """Delete a workflow with its nodes, edges and history; its open sockets are told."""
    reach.head(request.auth, key, Role.EDITOR)
    live.current().delete(key)
    return Status(204, None)


@history_router.get("/{workflow_key}", response={200: History, **FAILS})
def read_history(
    request: Request, workflow_key: str, limit: Limit = 50, before: Seq = None
) -> HttpResponse:
    """Who changed what, newest first; with `before`, only batches of a smaller `seq`."""
    reach.head(request.auth, workflow_key, Role.VIEWER)
    entries, total = reach.repository().history(workflow_key, limit, before)
    asked = User.objects.filter(pk__in={each.userId for each in entries})
    names = dict(asked.values_list("pk", "username"))
    history = [answers.batch(each, names.get(each.userId)) for each in entries]
    return answers.json({"history": history, "total": total})


def _earlier(key: str, seq: int) -> live.State:
    earlier = reach.repository().state(key, seq, reach.limits())
    return live.State(earlier.head, earlier.workflow.encode())
