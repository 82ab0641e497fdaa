"""Calls Prefect's REST API: starts training runs, and reads their state and progress."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

from diamonds.prefect_api.requests import PrefectRefused, call, prefect_url

FLOW = "train"
MONITOR = "monitor"
FIRST_TRAINING = "first-training"
"""Name of the run that trains the models without a version, after the start."""
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
CANCELLING = "CANCELLING"
"""Type of the state of a run that is to be stopped and has not ended yet."""
DASHBOARD = "dashboard"
"""Tag of the runs that the dashboard started."""
_PAGE_SIZE = 200


class NotDeployed(PrefectRefused):
    """Prefect has no deployment of the flow."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the flow; ``message`` explains its state."""

    id: str
    name: str
    state: str
    state_type: str
    message: str
    created_at: datetime
    parameters: dict[str, Any]

    @property
    def ended(self) -> bool:
        return self.state_type in ENDED

    @property
    def late(self) -> bool:
        """Whether it is due and no worker has started it."""
        return self.state == "Late"

    @property
    def url(self) -> str:
        """The page of the run in Prefect's own interface."""
        return f"{prefect_url()}/runs/flow-run/{self.id}"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log of a run."""

    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one step of a run, as a share from 0 to 1."""

    description: str
    share: float


def start_training(models: list[str] | None, *, tag: str = DASHBOARD, **parameters: Any) -> Run:
    """Starts a run that trains these models, or all; ``parameters`` are further ones of the flow.

    Raises ``PrefectDown``, or ``NotDeployed`` where there is no deployment yet.
    """
    body = {"parameters": {"models": models, **parameters}, "tags": [tag]}
    return _start(_deployment(), body)


def start_monitoring() -> Run:
    """Starts a run of the flow that monitors; raises as ``start_training``."""
    return _start(_deployment(MONITOR, MONITOR), {})


def train_by_alarms(models: list[str], **parameters: Any) -> None:
    """Has alarms, and the weekly schedule, train these models only, with further parameters of the flow."""
    call("PATCH", f"/deployments/{_deployment()}", {"parameters": {"models": models, **parameters}})


def cancel_first_training() -> bool:
    """Cancels the training of the models that had no version at the start; whether there is such a run."""
    named = {"flow_runs": {"name": {"any_": [FIRST_TRAINING]}}}
    waiting = call("POST", "/flow_runs/filter", named)
    for run in waiting:
        state = {"type": "CANCELLING" if run["state_type"] in ("PENDING", "RUNNING") else "CANCELLED"}
        call("POST", f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})
    return bool(waiting)


def get_run(run_id: str) -> Run:
    """The run in its present state; raises ``UnknownRun`` where there is none of that id."""
    return _parse_run(call("GET", f"/flow_runs/{run_id}"))


def newest_run() -> Run | None:
    """The newest training run that is not merely scheduled for later."""
    started = {
        "flows": {"name": {"any_": [FLOW]}},
        "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}},
    }
    runs = call("POST", "/flow_runs/filter", {**started, "sort": "START_TIME_DESC", "limit": 1})
    return _parse_run(runs[0]) if runs else None


def data_in_use() -> dict[str, str]:
    """The data of the runs that have not ended, each with the id of a run that trains on it."""
    unended = {"state": {"type": {"not_any_": sorted(ENDED)}}}
    query = {"flows": {"name": {"any_": [FLOW]}}, "flow_runs": unended, "limit": _PAGE_SIZE}
    in_use: dict[str, str] = {}
    for offset in count(step=_PAGE_SIZE):
        runs = call("POST", "/flow_runs/filter", {**query, "offset": offset})
        in_use |= {run["parameters"]["data"]: run["id"] for run in runs if run["parameters"].get("data")}
        if len(runs) < _PAGE_SIZE:
            break
    return in_use


def check_deployed() -> None:
    """Raises ``PrefectDown``, or ``NotDeployed`` where there is no deployment that trains."""
    _deployment()


def progress_of(run_id: str) -> list[Progress]:
    """The progress of each model of a run, in the order in which they began."""
    query = {"artifacts": {"flow_run_id": {"any_": [run_id]}, "type": {"any_": ["progress"]}}}
    artifacts = call("POST", "/artifacts/filter", {**query, "sort": "CREATED_DESC"})
    return [
        Progress(str(artifact["description"] or artifact["key"]), float(artifact["data"]) / 100)
        for artifact in reversed(artifacts)
    ]


def log_of(run_id: str, most: int) -> list[LogLine]:
    """The newest lines of the log of a run, at most so many, the oldest of them first."""
    query = {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_DESC", "limit": most}
    lines = call("POST", "/logs/filter", query)
    return [LogLine(datetime.fromisoformat(each["timestamp"]), each["message"]) for each in reversed(lines)]


def cancel(run_id: str) -> None:
    """Has a run stopped that has not ended; its worker does so within seconds."""
    state = {"type": "CANCELLING", "name": "Cancelling", "message": "Somebody cancelled it."}
    call("POST", f"/flow_runs/{run_id}/set_state", {"state": state})


def _start(deployment: str, body: dict[str, Any]) -> Run:
    """Starts one run, however often the request has to be sent."""
    scheduled = {"state": {"type": "SCHEDULED"}, "idempotency_key": str(uuid4())}
    return _parse_run(call("POST", f"/deployments/{deployment}/create_flow_run", body | scheduled))


def _deployment(flow: str = FLOW, name: str = "all") -> str:
    """The id of that deployment of a flow, by default of all models, or else of any of the flow's."""
    deployments = call("POST", "/deployments/filter", {"flows": {"name": {"any_": [flow]}}})
    ids = {deployment["name"]: str(deployment["id"]) for deployment in deployments}
    if not ids:
        raise NotDeployed(f"Prefect has no deployment of the flow {flow} yet.")
    return ids.get(name) or next(iter(ids.values()))


def _parse_run(run: dict[str, Any]) -> Run:
    state = run.get("state") or {}
    return Run(
        id=str(run["id"]),
        name=run["name"],
        state=str(state.get("name") or run.get("state_name") or "Pending"),
        state_type=str(run.get("state_type") or "PENDING"),
        message=str(state.get("message") or ""),
        created_at=datetime.fromisoformat(run["created"]),
        parameters=run.get("parameters") or {},
    )
