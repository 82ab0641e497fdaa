"""Deploys the schedules of ``prefect.yaml`` to Prefect's server and becomes the worker that runs them."""

import os
import subprocess
import sys
import time

from prefect import State, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from diamonds.settings import PROJECT

WORK_POOL = "diamonds"
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]


def main() -> None:
    """Waits for Prefect's server, however long it takes, deploys, and becomes the worker."""
    wait_for_server()
    close_interrupted_runs()
    prefect("work-pool", "create", WORK_POOL, "--type", "process", "--overwrite")
    prefect("deploy", "--all")
    # One run at a time: two would fight over the cores that the service answers from.
    worker = [*PREFECT, "worker", "start", "--pool", WORK_POOL, "--type", "process", "--limit", "1"]
    os.chdir(PROJECT)
    os.execv(worker[0], worker)  # noqa: S606 - no shell is wanted


def wait_for_server() -> None:
    """Returns once Prefect's server answers."""
    with get_client(sync_client=True) as client:
        while client.api_healthcheck() is not None:
            time.sleep(0.5)


def close_interrupted_runs() -> None:
    """Marks runs in progress whose worker was stopped or killed as crashed: they would run for ever."""
    in_progress = FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
    with get_client(sync_client=True) as client:
        for flow_run in client.read_flow_runs(
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[WORK_POOL])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=in_progress)),
        ):
            interrupted: State[None] = Crashed(message="Its worker was stopped before it ended.")
            client.set_flow_run_state(flow_run.id, interrupted, force=True)


def prefect(*arguments: str) -> None:
    """Runs Prefect's command line in the project; shows its output only if it fails."""
    done = subprocess.run([*PREFECT, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"prefect {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
