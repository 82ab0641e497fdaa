"""Asks Prefect's REST API to train, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import httpx

from diamonds.settings import settings

FLOW = "train"
_STARTED_HERE = "dashboard"
_MOST_RUNS = 200
TIMEOUT_SECONDS = 15.0
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class PrefectDown(ConnectionError):
    """Prefect's server does not answer."""


class PrefectRefused(LookupError):
    """Prefect's server answered that it does not have or do what was asked."""


class NotDeployed(PrefectRefused):
    """Prefect has no deployment of the flow."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the flow; ``message`` tells why it is in its state."""

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
        """Whether no worker has taken it though it was due."""
        return self.state == "Late"

    @property
    def url(self) -> str:
        """The page of the run in Prefect's own interface."""
        return f"{prefect_url()}/runs/flow-run/{self.id}"


@dataclass(frozen=True, slots=True)
class Bar:
    """How far one step of a run is, from 0 to 1."""

    description: str
    share: float


def prefect_url() -> str:
    """Where Prefect's server is."""
    chosen = settings()
    return chosen.prefect_url or f"http://{chosen.reachable_host}:{chosen.prefect_port}"


def start(models: list[str], **parameters: Any) -> Run:
    """Has the deployment for all models train the named ones; raises ``PrefectDown``.

    ``parameters`` are further ones of the flow.
    """
    deployment = _deployment()
    body = {
        "parameters": {"models": models, **parameters},
        "state": {"type": "SCHEDULED"},
        "tags": [_STARTED_HERE],
    }
    return _run(_ask("POST", f"/deployments/{deployment}/create_flow_run", body))


def run(run_id: str) -> Run:
    """The run as it is now."""
    return _run(_ask("GET", f"/flow_runs/{run_id}"))


def newest_runs(limit: int) -> list[Run]:
    """Training runs that are not merely scheduled for later, newest first."""
    begun = {
        "flows": {"name": {"any_": [FLOW]}},
        "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}},
    }
    found = _ask("POST", "/flow_runs/filter", {**begun, "sort": "START_TIME_DESC", "limit": limit})
    return [_run(each) for each in found]


def data_in_use() -> set[str]:
    """Where the data is that runs which were started here, and have not ended, train on."""
    unended = {"tags": {"all_": [_STARTED_HERE]}, "state": {"type": {"not_any_": sorted(ENDED)}}}
    in_use: set[str] = set()
    for offset in count(step=_MOST_RUNS):
        found = _ask(
            "POST", "/flow_runs/filter", {"flow_runs": unended, "limit": _MOST_RUNS, "offset": offset}
        )
        in_use |= {each["parameters"]["data"] for each in found if each["parameters"].get("data")}
        if len(found) < _MOST_RUNS:
            break
    return in_use


def bars(run_id: str) -> list[Bar]:
    """How far the models of a run are, in the order in which they began."""
    wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}, "type": {"any_": ["progress"]}}}
    found = _ask("POST", "/artifacts/filter", {**wanted, "sort": "CREATED_DESC"})
    return [
        Bar(str(each["description"] or each["key"]), float(each["data"]) / 100) for each in reversed(found)
    ]


def _deployment() -> str:
    """The id of the deployment that trains all models, or else of any of the flow's."""
    found = _ask("POST", "/deployments/filter", {"flows": {"name": {"any_": [FLOW]}}})
    by_name = {each["name"]: str(each["id"]) for each in found}
    if not by_name:
        raise NotDeployed("Prefect has no deployment of the training flow yet.")
    return by_name.get("all") or next(iter(by_name.values()))


def _run(answer: dict[str, Any]) -> Run:
    state = answer.get("state") or {}
    return Run(
        id=str(answer["id"]),
        name=answer["name"],
        state=str(state.get("name") or answer.get("state_name") or "Pending"),
        state_type=str(answer.get("state_type") or "PENDING"),
        message=str(state.get("message") or ""),
        created_at=datetime.fromisoformat(answer["created"]),
        parameters=answer.get("parameters") or {},
    )


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    try:
        response = _client.request(method, f"{prefect_url()}/api{path}", json=body, timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as error:
        raise PrefectDown(f"Prefect's server at {prefect_url()} does not answer: {error}") from error
    if response.status_code == httpx.codes.NOT_FOUND:
        raise PrefectRefused(f"Prefect does not know {path.strip('/')}; it may have been deleted.")
    if response.is_error:
        raise PrefectRefused(f"Prefect answered with status {response.status_code}: {response.text[:200]}")
    return response.json()


_client = httpx.Client(trust_env=False)
