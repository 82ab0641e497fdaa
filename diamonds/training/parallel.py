"""Trains several models at once, each in a process of its own."""

import logging
import multiprocessing
import os
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing.managers import SyncManager

from diamonds import database
from diamonds.dataset import Dataset
from diamonds.models import ModelSpec
from diamonds.training.budget import Budget
from diamonds.training.outcome import Result, Trained
from diamonds.training.processes import begin_with, copies_with, end_with_parent, models_at_once
from diamonds.training.run import Executor, Progress
from diamonds.training.steps import train_model
from diamonds.training.tuning import OnTrial

Trials = queue.Queue[tuple[str, int, int]]
"""Trials that processes have finished: a model, its finished trials and how many there will be."""


class ProcessPool(Executor):
    """Trains ``models_at_once()``, while the database that stores searches runs."""

    @contextmanager
    def training(self) -> Iterator[None]:
        context, environment = copies_with(), (dict(os.environ),)
        manager = SyncManager(ctx=context)
        with database.running():
            manager.start(end_with_parent)
            with (
                manager,
                ProcessPoolExecutor(models_at_once(), context, begin_with, environment) as self._pool,
            ):
                self._trials: Trials = manager.Queue()
                try:
                    yield
                except BaseException:
                    for child in multiprocessing.active_children():  # or they would go on training
                        child.terminate()
                    raise

    def train(
        self, wave: Sequence[ModelSpec], dataset: Dataset, budget: Budget, progress: Progress
    ) -> Iterator[tuple[str, Result]]:
        running = {
            self._pool.submit(_train, spec.name, dataset, budget, self._trials): spec.name for spec in wave
        }
        while running:
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            while not self._trials.empty():
                progress.trial(*self._trials.get())
            for future in done:
                yield running.pop(future), _result(future)


def _result(future: Future[Trained]) -> Result:
    error = future.exception()
    return error if isinstance(error, Exception) else future.result()


def _train(name: str, dataset: Dataset, budget: Budget, trials: Trials) -> Trained:
    logging.getLogger("optuna").setLevel(logging.WARNING)  # the parent process shows the trials

    @contextmanager
    def queued(model: str) -> Iterator[OnTrial]:
        yield lambda done, total: trials.put((model, done, total))

    return train_model(name, dataset, budget, queued)
