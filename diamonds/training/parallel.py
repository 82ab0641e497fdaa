"""Trains several models at once, each in a process of its own, and members before their ensembles."""

import logging
import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field

from diamonds.dataset import Dataset
from diamonds.models import ModelSpec, spec_named
from diamonds.training.budget import Effort
from diamonds.versions.version import Version

Heard = Callable[[str, int, int], None]
"""Is told a model, its finished trials and how many there are to be."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The versions, by model, and by model why there is none; ``kept`` models had nothing to learn anew."""

    versions: dict[str, Version] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    @property
    def new(self) -> list[Version]:
        """The versions that were not there before."""
        return [version for name, version in self.versions.items() if name not in self.kept]


def waves(specs: Sequence[ModelSpec]) -> Iterator[list[ModelSpec]]:
    """The models that can be trained at once, wave after wave: ensembles come after all others."""
    yield [spec for spec in specs if not spec.members]
    yield [spec for spec in specs if spec.members]


def train_side_by_side(specs: Sequence[ModelSpec], dataset: Dataset, effort: Effort, heard: Heard) -> Outcome:
    """Trains the models on as many processes as there are cores; one that fails takes no other with it."""
    outcome = Outcome()
    context = multiprocessing.get_context("spawn")
    processes = max(1, min(len(specs), os.cpu_count() or 1))
    with context.Manager() as manager, ProcessPoolExecutor(processes, mp_context=context) as pool:
        news = manager.Queue()
        try:
            for wave in waves(specs):
                running = {pool.submit(_train, spec.name, dataset, effort, news): spec.name for spec in wave}
                _follow(running, news, outcome, heard)
        except BaseException:
            for child in multiprocessing.active_children():  # or they would go on after us
                child.terminate()
            raise
    return outcome


def _follow(
    running: dict[Future[tuple[Version, bool]], str],
    news: "queue.Queue[tuple[str, int, int]]",
    outcome: Outcome,
    heard: Heard,
) -> None:
    while running:
        done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
        while not news.empty():
            heard(*news.get())
        for future in done:
            _note(running.pop(future), future, outcome)


def _note(name: str, future: Future[tuple[Version, bool]], outcome: Outcome) -> None:
    error = future.exception()
    if isinstance(error, Exception):
        outcome.failures[name] = error
        return
    outcome.versions[name], kept = future.result()
    if kept:
        outcome.kept.add(name)


def _train(
    name: str, dataset: Dataset, effort: Effort, news: "queue.Queue[tuple[str, int, int]]"
) -> tuple[Version, bool]:
    logging.getLogger("optuna").setLevel(logging.WARNING)  # who asked hears of the trials through the news
    spec = spec_named(name)
    if kept := effort.kept(spec, dataset.fingerprint):
        return kept, True
    return effort.train(spec, dataset, progress=lambda done, total: news.put((name, done, total))), False
