"""Trains the models of a wave at once, on the workers of a Dask cluster."""

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from diamonds.dataset import Dataset
from diamonds.models import ModelSpec
from diamonds.training.budget import Budget
from diamonds.training.cluster import (
    SECONDS_TO_ANSWER,
    ClusterAway,
    trained_by_workers,
    workers_ready,
)
from diamonds.training.elsewhere import StoredDataset, result_here, share
from diamonds.training.outcome import Result, Trained
from diamonds.training.run import Executor, Progress
from diamonds.training.steps import train_model
from diamonds.training.tuning import OnTrial
from diamonds.versions import store

if TYPE_CHECKING:
    from distributed import Client, Future


class DaskWorkers(Executor):
    """Has each model trained by a worker, which reads the stones from the model store and shares the version.

    A training that a worker has begun goes on there when the run is interrupted: threads cannot be ended.
    """

    def training(self) -> AbstractContextManager[object]:
        """Raises ``ClusterAway`` and ``OtherVersions`` before anything is submitted."""
        return workers_ready()

    def train(
        self, wave: Sequence[ModelSpec], dataset: Dataset, budget: Budget, progress: Progress
    ) -> Iterator[tuple[str, Result]]:
        names = [spec.name for spec in wave]
        before = {each.tag for name in names for each in store.readable(name)}
        stones = StoredDataset.of(dataset)

        def submit(client: "Client", name: str) -> "Future[Trained]":
            topic = f"diamonds-{uuid4()}"
            client.subscribe_topic(topic, lambda event: progress.trial(*event[1]))
            return client.submit(_train, name, stones, budget, topic, pure=False)

        for name, ended in trained_by_workers(names, submit, lambda future: future):
            yield name, ended if isinstance(ended, Exception) else _result(ended, before)


def _result(future: "Future[Trained]", before: set[str]) -> Result:
    """What was trained, which is new also where a worker finished it just before the scheduler ended."""
    try:
        trained: Trained = future.result(timeout=SECONDS_TO_ANSWER)
    except (CancelledError, OSError):  # a TimeoutError is one
        return ClusterAway("The cluster ended before it gave the result; start the training again.")
    return result_here(Trained(trained.version, trained.is_new or trained.version.tag not in before))


def _train(name: str, stones: StoredDataset, budget: Budget, topic: str) -> Trained:
    from distributed import get_worker

    worker = get_worker()

    @contextmanager
    def logged(model: str) -> Iterator[OnTrial]:
        yield lambda done, total: worker.log_event(topic, (model, done, total))

    trained = train_model(name, stones.load(), budget, logged)
    share(trained.version)
    return trained
