"""Has the models trained that have no version yet, by a run that is watched as any other."""

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName, FlowRunFilterState
from prefect.client.schemas.filters import FlowRunFilterStateType as StateTypes
from prefect.client.schemas.objects import StateType

from diamonds.versions.presence import may_have_champion, untrained
from flows.deployments import declared

NAME = "first-training"

_WAITING = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]


def train_missing_models(client: SyncPrefectClient) -> None:
    """Starts one run for all models without a version, unless one waits already.

    It uses the known good parameters only: the schedules search deeper. Without a champion the first models
    are still being trained.
    """
    missing = untrained(_models())
    if not missing or not may_have_champion() or _is_waiting(client):
        return
    deployment = client.read_deployment_by_name("train/all")
    client.create_flow_run_from_deployment(
        deployment.id, name=NAME, parameters={"models": missing, "trials": 1}
    )


def _models() -> list[str]:
    """The models that have a schedule of their own."""
    return [each["name"] for each in declared() if each.get("parameters", {}).get("models") == [each["name"]]]


def _is_waiting(client: SyncPrefectClient) -> bool:
    waiting = FlowRunFilter(
        name=FlowRunFilterName(any_=[NAME]), state=FlowRunFilterState(type=StateTypes(any_=_WAITING))
    )
    return bool(client.read_flow_runs(flow_run_filter=waiting))
