"""The stored workflows: which there are, what they went through, and back to an earlier state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from accounts.models import User, Workspace
from nodius_site import wiring
from nodius_site.admin.pages import (
    FAILURES,
    Crumb,
    guarded,
    list_crumb,
    numbered,
    short,
    show,
    time_of,
    url_of,
)
from nodius_site.admin.record import actor, note, notes
from nodius_site.admin.site import KINDS
from workflows import live, reach
from workflows.answers import Shape
from workflows.errors import NotFound
from workflows.replacing import restore
from workflows.repository import Head, HistoryEntry

#: Workflows on a page, and batches of one's history.
PAGE, BATCHES = 50, 25
#: As many of the workflows that were changed last are searched.
SEARCHED = 10_000
#: Instructions of a batch that its line shows, characters of each, and notes of administrators.
SHOWN, WIDTH, NOTES = 3, 80, 10
#: The names of the operations, from 1 on.
OPERATIONS = (
    *("SET", "REM", "ARR_ADD", "ARR_INS", "STR_REP", "STR_REP_ALL", "ARR_POP", "ARR_SHIFT"),
    *("ARR_UNSHIFT", "STR_APP", "STR_REM", "STR_REP_AT", "BOOL_TOG", "ARR_REM_IDX", "DICT_MERGE"),
    *("STR_INS", "ARR_MOVE", "OBJ_MOVE", "OBJ_INSERT"),
)


class Step(msgspec.Struct):
    """Of an instruction, what a line of the history shows."""

    o: int
    p: list[str | int]

    def __str__(self) -> str:
        name = OPERATIONS[self.o - 1] if 0 < self.o <= len(OPERATIONS) else str(self.o)
        return f"{name} {short('/'.join(map(str, self.p)), WIDTH)}"


@dataclass(frozen=True, slots=True)
class Row:
    """A workflow in the list; `sockets` is None where nobody has it open."""

    head: Head
    url: str
    workspace: str
    created: datetime | None
    updated: datetime | None
    sockets: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch in the history, and where the state after it can be restored."""

    entry: HistoryEntry
    when: datetime | None
    username: str
    steps: tuple[str, ...]
    more: int
    restore_url: str | None


@dataclass(frozen=True, slots=True)
class Size:
    """What is in a workflow."""

    name: str
    nodes: int
    edges: int


@require_http_methods(["GET", "HEAD"])
@guarded
def list_page(request: HttpRequest) -> HttpResponse:
    """The workflows, newest change first; `?q=` searches, `?workspace=` shows those of one."""
    query, workspace = request.GET.get("q", "").strip(), request.GET.get("workspace")
    where = None if workspace is None else (workspace,)
    if query:
        found = _found(query, where)
        page = numbered(request, len(found), PAGE)
        heads = [found[index] for index in page.object_list]
    else:
        _, total = reach.repository().heads(where, None, 0, 0)
        page = numbered(request, total, PAGE)
        heads, _ = reach.repository().heads(where, None, PAGE, max(page.start_index() - 1, 0))
    return show(
        request,
        "workflows",
        KINDS["workflow"],
        rows=_rows(heads),
        page=page,
        query=query,
        workspace=workspace,
        searched=SEARCHED,
    )


@require_http_methods(["GET", "HEAD"])
@guarded
def page(request: HttpRequest, quoted: str) -> HttpResponse:
    """One workflow, and its history, newest first; `?before=` shows what was before that batch."""
    key = unquote(quoted)
    head, snapshot = reach.repository().head_and_snapshot(key)
    before = _seq(request.GET.get("before"))
    entries, total = reach.repository().history(key, BATCHES, before)
    oldest = entries[-1].seq if entries else head.seq + 1
    return show(
        request,
        "workflow",
        short(head.name or key),
        [list_crumb("workflow")],
        row=_rows([head])[0],
        snapshot=snapshot,
        batches=_batches(key, head, entries),
        total=total,
        before=before,
        oldest=oldest,
        earlier=len(entries) == BATCHES and oldest > 1,
        created_url=_restore_url(key, 0) if oldest == 1 else None,
        notes=notes(key, NOTES),
        session_url=url_of("session_change", key),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def restore_page(request: HttpRequest, quoted: str) -> HttpResponse:
    """Asks whether the state after batch `seq` is to be restored, and does it."""
    key = unquote(quoted)
    given = request.POST if request.method == "POST" else request.GET
    seq = _seq(given.get("seq"))
    if seq is None:
        raise NotFound("Choose in the history which state to restore.")
    if request.method == "POST":
        _restore(request, key, seq)
        return HttpResponseRedirect(url_of("workflow_change", key))
    earlier = reach.repository().state(key, seq, reach.limits()).workflow.root
    now = live.current().read(key)
    return show(
        request,
        "restore",
        f"Restore batch {seq}",
        [list_crumb("workflow"), Crumb(now.head.name or key, url_of("workflow_change", key))],
        seq=seq,
        head=now.head,
        now=_size(now.document),
        then=Size(earlier["name"], len(earlier["nodes"]), len(earlier["edges"])),
        back=url_of("workflow_change", key),
    )


def _restore(request: HttpRequest, key: str, seq: int) -> None:
    try:
        name = short(reach.repository().head(key).name)
        told = restore(actor(request).pk, key, seq)
    except FAILURES as error:
        messages.error(request, f"Nothing was restored: {error}")
        return
    note(request, "workflow", key, name, f"Restored batch {seq}, as batch {told.seq}.")
    text = f"“{name}” is as it was after batch {seq}; that is batch {told.seq} now."
    messages.success(request, text)


def _found(query: str, where: tuple[str, ...] | None) -> list[Head]:
    """Those of the workflows changed last in which the text occurs, newest first."""
    wanted = query.casefold()
    workspaces = dict(Workspace.objects.values_list("key", "name"))

    def fits(head: Head) -> bool:
        texts = (head.key, head.name, head.category, workspaces.get(head.workspace))
        return any(wanted in text.casefold() for text in texts if text)

    return [each for each in islice(reach.repository().newest(where), SEARCHED) if fits(each)]


def _rows(heads: Sequence[Head]) -> list[Row]:
    workspaces = Workspace.objects.filter(pk__in={each.workspace for each in heads})
    names = dict(workspaces.values_list("key", "name"))
    open_ones = wiring.ask(lambda overview: overview.open_ones([each.key for each in heads]))
    return [
        Row(
            each,
            url_of("workflow_change", each.key),
            names.get(each.workspace, each.workspace),
            time_of(each.createdAt),
            time_of(each.updatedAt),
            open_ones[each.key].sockets if each.key in open_ones else None,
        )
        for each in heads
    ]


def _batches(key: str, head: Head, entries: Sequence[HistoryEntry]) -> list[Batch]:
    asked = User.objects.filter(pk__in={each.userId for each in entries})
    names = dict(asked.values_list("pk", "username"))
    return [_batch(key, head, each, names) for each in entries]


def _batch(key: str, head: Head, entry: HistoryEntry, names: Mapping[str, str]) -> Batch:
    steps = msgspec.json.decode(entry.instructions, type=list[Step])
    return Batch(
        entry,
        time_of(entry.timestamp),
        names.get(entry.userId, entry.userId),
        tuple(map(str, steps[:SHOWN])),
        max(0, len(steps) - SHOWN),
        _restore_url(key, entry.seq) if entry.seq < head.seq else None,
    )


def _restore_url(key: str, seq: int) -> str:
    return f"{url_of('workflow_restore', key)}?seq={seq}"


def _size(document: bytes) -> Size:
    shape = msgspec.json.decode(document, type=Shape)
    return Size(shape.name, len(shape.nodes), len(shape.edges))


def _seq(text: str | None) -> int | None:
    """A seq as it stands in an address; None if it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 15 else None
