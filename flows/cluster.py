"""Where the models of a run are trained: in processes of this machine, or on workers of a Dask cluster."""

from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

from diamonds.settings import settings
from diamonds.training.cluster import ClusterAway

_SECONDS_TO_CONNECT = 12 * 3600
"""How long its client waits for a scheduler: as long as a run, which looks after the scheduler itself."""


def task_runner() -> TaskRunner[Any]:
    """Prefect's runner of tasks for what the settings say.

    Raises ``ClusterAway`` where a scheduler is set and its extra is not installed.
    """
    address = settings().dask_scheduler
    if address is None:
        return ProcessPoolTaskRunner()
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise ClusterAway.of_extra() from error
    return DaskTaskRunner(address=address, client_kwargs={"timeout": _SECONDS_TO_CONNECT})
