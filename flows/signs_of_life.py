"""Asks the runs in progress for a sign of life, so that none holds its queue for ever after a power cut."""

from collections.abc import Iterator
from datetime import UTC, datetime

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.events import Event, RelatedResource, Resource

from diamonds.settings import settings

ASKED = {StateType.RUNNING: "diamonds.run.running", StateType.PENDING: "diamonds.run.pending"}
"""The event of a run in a state; ``automations.yaml`` says what has to follow it, and how soon."""


def ask_for_signs_of_life(client: SyncPrefectClient) -> None:
    """Sends an event of each run in progress: who is alive answers by its heartbeat, others have crashed.

    Prefect's server may have been stopped before it noted that a run began.
    """
    events = [event.model_dump(mode="json") for event in _events(client)]
    if events:
        client._client.post("/events", json=events)


def _events(client: SyncPrefectClient) -> Iterator[Event]:
    pool = client.read_work_pool(settings().work_pool)
    related = {"prefect.resource.id": f"prefect.work-pool.{pool.id}", "prefect.resource.role": "work-pool"}
    for run in _in_progress(client):
        if run.state_type:
            yield Event(
                event=ASKED[run.state_type],
                occurred=datetime.now(UTC),
                resource=Resource({"prefect.resource.id": f"prefect.flow-run.{run.id}"}),
                related=[RelatedResource(related)],
            )


def _in_progress(client: SyncPrefectClient) -> list[FlowRun]:
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(ASKED)))
    return client.read_flow_runs(
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[settings().work_pool])),
        flow_run_filter=FlowRunFilter(state=states),
    )
