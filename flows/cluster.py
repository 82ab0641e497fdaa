"""Where the models of a run are trained: in processes of this machine, or on workers of a Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

from diamonds.settings import settings

SECONDS_TO_ANSWER = 120
"""How long a run waits for the scheduler and for a first worker: long enough for either to be restarted."""


class ClusterAway(RuntimeError):
    """The Dask scheduler does not answer, or has no worker."""


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
        message = (
            "DIAMONDS_DASK_SCHEDULER needs an extra that is not installed: pip install 'diamonds[dask]'."
        )
        raise ClusterAway(message) from error
    return DaskTaskRunner(address=address, client_kwargs={"timeout": SECONDS_TO_ANSWER})


@contextmanager
def workers_ready(seconds: float = SECONDS_TO_ANSWER) -> Iterator[None]:
    """Begins once the cluster has a worker; raises ``ClusterAway`` when it has none for so long."""
    address = settings().dask_scheduler
    if address is not None:
        _wait_for_a_worker(address, seconds)
    yield


def _wait_for_a_worker(address: str, seconds: float) -> None:
    from distributed import Client

    try:
        with Client(address, timeout=seconds, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=seconds)
    except OSError as error:  # a TimeoutError is one
        raise ClusterAway(
            f"Got DIAMONDS_DASK_SCHEDULER={address}, which did not answer, or had no worker, for "
            f"{seconds:.0f} s; start it (`dask scheduler`) and its workers (`dask worker {address}`), or "
            "unset it to train on one machine."
        ) from error
