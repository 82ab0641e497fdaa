"""Runs a training from the stones to the champion: loads them, trains models in waves, promotes the best.

Who starts a run supplies how its steps are executed, and where its progress is shown.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from diamonds.dataset import Dataset
from diamonds.dataset.mapping import ColumnMapping
from diamonds.models import ModelSpec
from diamonds.settings import settings
from diamonds.sharing.files import StoreAway
from diamonds.training.budget import Budget
from diamonds.training.outcome import NothingTrained, Outcome, Result, failures_text
from diamonds.training.steps import load_and_store
from diamonds.versions import store
from diamonds.versions.deduplication import deduplicate
from diamonds.versions.promotion import Decision, promote_best
from diamonds.versions.retention import retire_datasets
from diamonds.versions.version import Version

log = logging.getLogger(__name__)


class Progress:
    """Receives the progress of a run and does nothing with it: override what is to be shown."""

    def loading(self) -> AbstractContextManager[object]:
        """A context that is open while the stones are loaded."""
        return nullcontext()

    def training(self, specs: Sequence[ModelSpec], dataset: Dataset) -> AbstractContextManager[object]:
        """A context that is open while the models are trained."""
        return nullcontext()

    def trial(self, model: str, done: int, total: int) -> None:
        """Receives how many trials of a model's search are finished, and how many there will be."""

    def finished(self, model: str, result: Result) -> None:
        """Receives the result of one model."""

    def trained(self, outcome: Outcome) -> None:
        """Receives the results of all models, before any is promoted."""


class Executor(ABC):
    """Executes the steps of a run; a subclass decides in which processes or tasks.

    ``mapping`` says which columns of the data are which, by default that of the settings.
    """

    def __init__(self, mapping: ColumnMapping | None = None) -> None:
        self.mapping = mapping

    def load(self, data: str) -> Dataset:
        dataset, _ = load_and_store(data, self.mapping)
        return dataset

    def training(self) -> AbstractContextManager[object]:
        """A context that is open while waves are trained, for what they share."""
        return nullcontext()

    @abstractmethod
    def train(
        self, wave: Sequence[ModelSpec], dataset: Dataset, budget: Budget, progress: Progress
    ) -> Iterator[tuple[str, Result]]:
        """Calls ``steps.train_model`` for each model of a wave; one that fails does not stop the others."""

    def promote(self, versions: list[Version]) -> Decision:
        return promote_best(versions)


def run(
    specs: Sequence[ModelSpec],
    data: str,
    budget: Budget,
    executor: Executor,
    progress: Progress,
    *,
    candidates_only: bool = False,
) -> tuple[Outcome, Decision | None]:
    """Trains the models on the stones in ``data`` and promotes the best new version if it beats the champion.

    With ``candidates_only`` nothing is promoted, whatever the errors. The decision is None when nothing new
    was trained, and there is a champion. Raises ``NothingTrained`` when every model failed, and what loading
    and promoting raise.
    """
    take_over_shared()
    with progress.loading():
        dataset = executor.load(data)
    results: dict[str, Result] = {}
    with progress.training(specs, dataset), executor.training():
        for wave in waves(specs):
            for name, result in executor.train(wave, dataset, budget, progress):
                results[name] = result
                progress.finished(name, result)
    outcome = Outcome(results)
    progress.trained(outcome)
    if not outcome.versions:
        raise NothingTrained(failures_text(outcome.failures))
    decision = _candidates_only(outcome) if candidates_only else _promoted(outcome, executor)
    retire_datasets(keep=settings().keep_versions)
    deduplicate()
    return outcome, decision


def take_over_shared() -> None:
    """Begins with what other machines trained and promoted, where the model store is shared and answers."""
    try:
        store.synchronize()
    except StoreAway as error:
        log.warning("%s Training goes on with what is here.", error)


def _candidates_only(outcome: Outcome) -> Decision | None:
    """The decision of a run that must not promote."""
    tags = ", ".join(version.tag for version in outcome.new)
    reason = f"{tags}: trained as a candidate, so the champion stays. Compare and promote it by hand."
    return Decision(False, reason) if tags else None


def _promoted(outcome: Outcome, executor: Executor) -> Decision | None:
    """The decision on what is new, or on all versions where there is no champion, or only damaged ones."""
    candidates = outcome.new if store.champion() else outcome.versions
    return executor.promote(candidates) if candidates else None


def waves(specs: Sequence[ModelSpec]) -> list[list[ModelSpec]]:
    """The models in groups that can be trained at once: ensembles after the others, their members."""
    members = [spec for spec in specs if not spec.members]
    ensembles = [spec for spec in specs if spec.members]
    return [wave for wave in (members, ensembles) if wave]
