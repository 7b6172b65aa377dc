"""The live sessions of this process: who is in which workflow, and how far it is behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nodius_site import wiring
from nodius_site.admin.pages import (
    guarded,
    list_crumb,
    numbered,
    short,
    show,
    time_of,
    url_of,
)
from nodius_site.admin.record import note
from nodius_site.admin.site import KINDS
from store.base import StoreError
from sync.overview import Overview, SessionState, SocketState
from workflows import reach
from workflows.errors import NotFound, WorkflowError

logger = logging.getLogger(__name__)

#: Sessions, or sockets of one, on a page.
PAGE = 100
CHOOSE = "Choose what to do, and with which of them."


@dataclass(frozen=True, slots=True)
class Row:
    """A session in the list; `name` is that of its workflow, or its key if that is not known."""

    state: SessionState
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class SocketRow:
    """A socket in the page of a session; `value` stands for it in the form."""

    state: SocketState
    value: str
    since: datetime | None
    user_url: str


@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def list_page(request: HttpRequest) -> HttpResponse:
    """All live sessions, the one that was opened first in front; the chosen ones are acted on."""
    if request.method == "POST":
        _act(request, request.POST.getlist("_selected_action")[:PAGE])
        return HttpResponseRedirect(request.get_full_path())
    totals = wiring.ask(lambda overview: overview.totals())
    page = numbered(request, totals.sessions, PAGE)
    start = max(page.start_index() - 1, 0)
    states = wiring.ask(lambda overview: overview.sessions(start, PAGE))
    names = _names([each.key for each in states])
    rows = [Row(each, names[each.key], url_of("session_change", each.key)) for each in states]
    return show(
        request,
        "sessions",
        KINDS["session"],
        rows=rows,
        totals=totals,
        page=page,
        actions=[("save", "Save now"), ("disconnect", "Disconnect")],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def page(request: HttpRequest, quoted: str) -> HttpResponse:
    """One live session and its sockets."""
    key = unquote(quoted)
    if request.method == "POST":
        return _act_on_one(request, key)
    state = wiring.ask(lambda overview: overview.open_ones([key])).get(key)
    if state is None:
        raise NotFound("Nobody has this workflow open, so it has no live session.")
    numbers = numbered(request, state.sockets, PAGE)
    start = max(numbers.start_index() - 1, 0)
    sockets = wiring.ask(lambda overview: overview.sockets(key, start, PAGE))
    return show(
        request,
        "session",
        _names([key])[key],
        [list_crumb("session")],
        state=state,
        rows=[_row(each) for each in sockets],
        page=numbers,
        actions=[("disconnect", "Disconnect")],
        workflow_url=url_of("workflow_change", key),
    )


def _row(state: SocketState) -> SocketRow:
    user_url = reverse("admin:accounts_user_change", args=[state.user_id])
    value = f"{state.user_id} {state.client_id}"
    return SocketRow(state, value, time_of(state.since), user_url)


def _names(keys: Sequence[str]) -> Mapping[str, str]:
    """The names of these workflows, in short; the keys while the store does not answer."""
    try:
        found = reach.repository().names(keys)
    except StoreError as error:
        logger.warning("the names of workflows cannot be read: %s", error)
        found = {}
    return {key: short(found.get(key) or key) for key in keys}


def _act(request: HttpRequest, keys: Sequence[str]) -> None:
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None or not keys:
        messages.warning(request, CHOOSE)
    else:
        action(request, _names(keys))


def _act_on_one(request: HttpRequest, key: str) -> HttpResponse:
    chosen = [each.partition(" ") for each in request.POST.getlist("_selected_action")[:PAGE]]
    sockets = {(user, client) for user, _, client in chosen}
    match request.POST.get("action"):
        case "disconnect" if sockets:
            name = _names([key])[key]
            count = wiring.ask(lambda overview: overview.disconnect(key, sockets))
            _tell_disconnected(request, key, name, count)
        case "disconnect":
            messages.warning(request, CHOOSE)
        case "disconnect-all":
            _disconnect(request, _names([key]))
            return HttpResponseRedirect(url_of("session_changelist"))
        case _:
            _act(request, [key])
    return HttpResponseRedirect(request.get_full_path())


def _disconnect(request: HttpRequest, names: Mapping[str, str]) -> None:
    """Close all sockets of these workflows; their clients may come back."""

    async def close(overview: Overview) -> list[int]:
        return [await overview.disconnect(key) for key in names]

    for (key, name), count in zip(names.items(), wiring.ask(close), strict=True):
        _tell_disconnected(request, key, name, count)


def _tell_disconnected(request: HttpRequest, key: str, name: str, count: int) -> None:
    if not count:
        messages.warning(request, f"“{name}”: none of these is connected any more.")
        return
    note(request, "session", key, name, f"Disconnected {_sockets(count)}.")
    messages.success(request, f"“{name}”: {_sockets(count)} disconnected; they may come back.")


def _save(request: HttpRequest, names: Mapping[str, str]) -> None:
    """Save these sessions and tell of each what became of it."""

    async def save(overview: Overview) -> list[int | BaseException]:
        saves = (overview.save(key) for key in names)
        return await asyncio.gather(*saves, return_exceptions=True)

    for (key, name), result in zip(names.items(), wiring.ask(save), strict=True):
        if isinstance(result, int):
            note(request, "session", key, name, f"Saved at batch {result}.")
            messages.success(request, f"“{name}” is saved at batch {result}.")
        elif isinstance(result, WorkflowError):
            if not isinstance(result, NotFound):
                note(request, "session", key, name, f"Asked for a save: {result}")
            messages.error(request, f"“{name}”: {result}")
        else:
            raise result


def _sockets(count: int) -> str:
    return "1 socket" if count == 1 else f"{count} sockets"


ACTIONS: Mapping[str, Callable[[HttpRequest, Mapping[str, str]], None]] = {
    "save": _save,
    "disconnect": _disconnect,
}
