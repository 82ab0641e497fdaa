"""A cluster that goes away, ends in between and comes back: a real scheduler and workers of Dask."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, Future

from diamonds.settings import settings
from diamonds.training.cluster import ClusterAway, Work, connected, workers_ready
from tests.processes import free_port, wait_until
from tests.training.clusters import kill, scheduler, worker


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of the configured scheduler, where none is yet."""
    port = free_port()
    monkeypatch.setenv("DIAMONDS_DASK_SCHEDULER", f"tcp://127.0.0.1:{port}")
    settings.cache_clear()
    yield port
    settings.cache_clear()


def test_who_trains_is_told_that_the_scheduler_is_away_and_what_to_do(port: int) -> None:
    with pytest.raises(ClusterAway, match="did not answer, or had no worker, for 2 s"), workers_ready(2):
        pass


@pytest.mark.slow
def test_what_is_lost_with_the_scheduler_is_submitted_again_and_given_up_with_the_last_worker(
    port: int, tmp_path: Path
) -> None:
    address, seconds = f"tcp://127.0.0.1:{port}", [100, 0, 100]
    with ExitStack() as cluster, ThreadPoolExecutor(1) as pool:

        def begin(name: str) -> None:
            cluster.enter_context(scheduler(port, tmp_path / f"{name}.log"))
            cluster.enter_context(worker(address, tmp_path / name, {}))

        def results(client: Client, seconds_away: float) -> list[tuple[str, Any]]:
            def submit(_name: str) -> "Future[Any]":
                return client.submit(time.sleep, seconds.pop(0), pure=False)

            return list(Work(client, submit, lambda future: future, seconds_away).results(["linear"]))

        begin("first")
        with connected() as client:
            trained = pool.submit(results, client, 120)
            wait_until(lambda: any(client.processing().values()))
            for part in ("scheduler", "worker"):
                kill(part, port)
            begin("second")
            ((_, again),) = trained.result(120)
            assert again.status == "finished"

            trained = pool.submit(results, client, 3)
            wait_until(lambda: any(client.processing().values()))
            kill("worker", port)
            ((_, error),) = trained.result(120)
    assert isinstance(error, ClusterAway)
    assert "had no worker, for 3 s" in str(error)
