"""Where the models of a run are trained: in processes of this machine, or on workers of a Dask cluster."""

from typing import Any, Self

from prefect.settings import get_current_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

from diamonds.settings import settings
from diamonds.training.cluster import ClusterAway
from diamonds.training.processes import EnvironmentNow, begin_with, copies_with, models_at_once

_SECONDS_TO_CONNECT = 12 * 3600
"""How long its client waits for a scheduler: as long as a run, which looks after the scheduler itself."""


class Processes(ProcessPoolTaskRunner):
    """Prefect's runner of tasks in processes, which are copies of one that has imported what they need."""

    def __enter__(self) -> Self:
        super().__enter__()
        # Prefect's own choice, which has each process import everything, cannot be overridden otherwise.
        vars(self._executor)["_mp_context"] = copies_with("prefect.task_engine")
        return self


def task_runner() -> TaskRunner[Any]:
    """Prefect's runner of tasks for what the settings say.

    Raises ``ClusterAway`` where a scheduler is set and its extra is not installed.
    """
    address = settings().dask_scheduler
    if address is None:
        chosen = get_current_settings().tasks.runner.process_pool_max_workers
        return Processes(chosen or models_at_once(), initializer=begin_with, initargs=(EnvironmentNow(),))
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise ClusterAway.of_extra() from error
    return DaskTaskRunner(address=address, client_kwargs={"timeout": _SECONDS_TO_CONNECT})
