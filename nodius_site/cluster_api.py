"""`/api/cluster`: the processes that serve, for administrators."""

from __future__ import annotations

from ninja import Router
from pydantic import BaseModel, Field

from accounts.access import require_admin
from accounts.api import Request
from accounts.problems import Problem
from nodius_site import processes
from nodius_site.processes import NAMED, Seen, State


class ProcessOut(BaseModel):
    """One process. The seconds are those by which the process that was asked has seen it still."""

    id: str
    host: str
    pid: int
    address: str = Field(description="Where the other processes reach it.")
    channelLayer: str
    state: State
    still: float = Field(description="Seconds since it was last seen to move.")
    here: bool = Field(description="Whether it is the one that answers.")
    sessions: int
    sockets: int
    loopLag: float = Field(description="Seconds by which its event loop came late.")
    saveLag: float = Field(description="Age in seconds of its oldest change in no snapshot.")
    workflows: list[str] = Field(description=f"Those it holds; the first {NAMED:,} by key.")
    workflowCount: int


class ClusterOut(BaseModel):
    """All processes."""

    processes: list[ProcessOut]


router = Router()


@router.get("", response={200: ClusterOut, 403: Problem}, summary="Which processes serve")
def cluster(request: Request) -> ClusterOut:
    """The processes that share this store, the workflows each holds, and how each is."""
    require_admin(request.auth)
    return ClusterOut(processes=[_told(each) for each in processes.seen()])


def _told(seen: Seen) -> ProcessOut:
    process, vitals = seen.process, seen.process.vitals
    return ProcessOut(
        id=process.id,
        host=process.host,
        pid=process.pid,
        address=process.address,
        channelLayer=process.layer,
        state=seen.state,
        still=round(seen.still, 3),
        here=seen.here,
        sessions=vitals.sessions,
        sockets=vitals.sockets,
        loopLag=round(vitals.loopLag, 3),
        saveLag=round(vitals.saveLag, 3),
        workflows=list(seen.workflows[:NAMED]),
        workflowCount=len(seen.workflows),
    )
