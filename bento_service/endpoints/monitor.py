"""Shows what the monitoring found, and pauses what it may do: GET /monitor, POST /monitor/switches."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from bento_service.endpoints.exchanges import read_or_unavailable
from bento_service.http.errors import ApiError
from bento_service.http.keys import caller
from bento_service.http.openapi import errors
from bento_service.http.parameters import Query
from bento_service.http.router import Router
from bento_service.http.threads import MODEL_STORE, run_in
from diamonds.exchanges.database.reports import LARGEST_PAGE, newest_reports
from diamonds.versions import store, switches
from diamonds.versions.switch_history import SwitchesAway
from diamonds.versions.switches import Change, Switch

SwitchName = Literal["promotion", "loop"]


class MonitorQuery(BaseModel):
    """How many reports to show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Maximum number of reports.")] = 1


class SwitchRequest(BaseModel):
    """What to pause or resume, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    switch: Annotated[
        SwitchName,
        Field(
            description="promotion: versions that nobody forces; loop: trainings and rollbacks by alarms.",
            examples=["promotion"],
        ),
    ]
    paused: Annotated[bool, Field(strict=True, description="true: pause it; false: let it go on.")]
    reason: Annotated[
        str, Field(min_length=1, max_length=500, description="Why, for the history.", examples=["Holidays."])
    ]


class SwitchChange(TypedDict):
    """A switch that somebody paused or resumed."""

    switch: SwitchName
    paused: bool
    by: Annotated[str, Field(description="The name of the key, or the user of the machine.")]
    reason: str
    at: datetime


class Reign(TypedDict):
    """A version that became the champion."""

    version: str
    promoted_at: datetime
    reason: str


class MonitorResponse(TypedDict):
    """What the monitoring found and did, newest first; which switches are paused; and their history."""

    reports: Annotated[
        list[dict[str, Any]],
        Field(description="As `docs/monitoring.md` describes; none: there was no run yet."),
    ]
    paused: Annotated[list[SwitchName], Field(description="What is paused now.")]
    switches: Annotated[list[SwitchChange], Field(description="Every change of a switch, newest first.")]
    champions: Annotated[list[Reign], Field(description="The promotions, newest first.")]


router = Router()


@router.get("/monitor", summary="Show what the monitoring found", responses=errors(401, 503))
async def show_monitor(query: Annotated[MonitorQuery, Query()]) -> MonitorResponse:
    """The newest reports: live accuracy, drift, alarms, what followed; and the switches."""
    reports = await read_or_unavailable(lambda: newest_reports(query.limit))
    return await run_in(MODEL_STORE, _response, reports)


@router.post("/monitor/switches", summary="Pause or resume", responses=errors(401, 503))
def set_switch(request: SwitchRequest) -> SwitchChange:
    """Pauses or resumes promotions, or all that the monitoring does by itself; it stays in the history."""
    identity = caller.get()
    by = identity.name if identity else "somebody on this machine"
    with _or_unavailable():
        return _change(
            switches.set_switch(Switch(request.switch), paused=request.paused, by=by, reason=request.reason)
        )


@contextmanager
def _or_unavailable() -> Iterator[None]:
    """Raises a 503 where the place of the switches does not answer."""
    try:
        yield
    except SwitchesAway as error:
        message = f"What is paused cannot be seen or changed: {error} Until then nothing goes on by itself."
        raise ApiError(503, "switches_away", message) from error


def _response(reports: list[dict[str, Any]]) -> MonitorResponse:
    with _or_unavailable():
        history = switches.changes()
    return {
        "reports": reports,
        "paused": [each.value for each in Switch if switches.pause_of(each, history)],
        "switches": [_change(each) for each in history],
        "champions": [
            {
                "version": each.source_tag,
                "promoted_at": each.created_at,
                "reason": each.labels.get("reason", ""),
            }
            for each in store.history()
        ],
    }


def _change(change: Change) -> SwitchChange:
    return {
        "switch": change.switch.value,
        "paused": change.paused,
        "by": change.by,
        "reason": change.reason,
        "at": change.at,
    }
