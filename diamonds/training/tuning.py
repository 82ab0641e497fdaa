"""Searches the parameters of a model with Optuna, by cross-validation of the training stones."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import optuna
import pandas as pd
from optuna.study import MaxTrialsCallback
from optuna.trial import BaseTrial, FixedTrial, FrozenTrial, TrialState

from diamonds.database import Turn, alone
from diamonds.models.spec import ModelSpec, Parameters
from diamonds.training.cross_validation import CrossValidation, OnFold, Validated
from diamonds.training.former_trials import is_own, take_over

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

OnTrial = Callable[[int, int], None]
"""Receives how many trials are finished, and how many there will be."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best parameters with their validation; ``history`` is the error of each finished trial in USD.

    A trial that was pruned counts with its error until then.
    """

    best: Validated
    history: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """A study of one model's parameters on some stones, which later runs continue through ``storage``.

    ``storage`` is a SQLAlchemy URL; without one the study ends with this process. ``start`` are parameters
    to try first, such as the previous best; then come the spec's defaults.
    """

    spec: ModelSpec
    stones: pd.DataFrame
    study: str
    seed: int
    storage: str | None = None
    start: Sequence[Parameters] = ()

    def run(
        self,
        trials: int,
        *,
        minutes: float | None = None,
        on_trial: OnTrial = lambda done, total: None,
    ) -> Tuned:
        """Searches until the study has ``trials`` finished trials, or ``minutes`` have passed.

        Trials that an earlier run or another process finished count; one that was killed is done again.
        """
        validation = CrossValidation(self.spec, self.stones, self.seed)
        if self.spec.search is None:
            return Tuned(validation.validate(dict(self.spec.defaults or {})))
        study = self.opened()
        best = self._best_of_new_trials(study, validation, trials, minutes, on_trial)
        if best is None:
            best = validation.validate(_drawn(self.spec, FixedTrial(_best(study).params)))
        return Tuned(best, _history(study))

    def opened(self) -> optuna.Study:
        """The study; one process at a time makes it, and what it needs in the database."""
        with nullcontext() if self.storage is None else alone(Turn.STUDIES):
            return self._opened()

    def _opened(self) -> optuna.Study:
        study = optuna.create_study(
            study_name=self.study,
            storage=None if self.storage is None else _storage(self.storage),
            load_if_exists=True,
            pruner=optuna.pruners.PercentilePruner(25.0, n_startup_trials=3),
        )
        # A sampler that continues must not draw again what the first has drawn. The 0 only keeps the draws.
        seed = hash((self.seed, 0, len(study.trials))) % 2**32
        for parameters in (*self.start, self.spec.defaults or {}):
            study.enqueue_trial(dict(parameters), skip_if_exists=True)
        if self.storage is not None and all(trial.state == TrialState.WAITING for trial in study.trials):
            take_over(study, _storage(self.storage), self.spec)
        study.sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
        return study

    def _best_of_new_trials(
        self,
        study: optuna.Study,
        validation: CrossValidation,
        trials: int,
        minutes: float | None,
        on_trial: OnTrial,
    ) -> Validated | None:
        """The validation of the study's best trial, or None if that is from an earlier run."""
        best: dict[int, Validated] = {}

        def mae_usd(trial: optuna.Trial) -> float:
            validated = validation.validate(_drawn(self.spec, trial), on_fold=_pruning(trial))
            if all(validated.mae_usd < other.mae_usd for other in best.values()):
                best.clear()
                best[trial.number] = validated
            return validated.mae_usd

        def count(study: optuna.Study, _trial: FrozenTrial) -> None:
            on_trial(min(_finished(study), trials), trials)

        if _finished(study) < trials:
            seconds = None if minutes is None else minutes * 60
            taken_over = sum(not is_own(trial) for trial in study.trials)
            enough = MaxTrialsCallback(trials + taken_over, states=_FINISHED)
            study.optimize(mae_usd, timeout=seconds, callbacks=[count, enough])
        return best.get(_best(study).number)


def _drawn(spec: ModelSpec, trial: BaseTrial) -> Parameters:
    return {} if spec.search is None else spec.search(trial)


def _pruning(trial: optuna.Trial) -> OnFold:
    def report(fold: int, mae_usd: float) -> None:
        trial.report(mae_usd, fold)
        if trial.should_prune():
            raise optuna.TrialPruned

    return report


def _finished(study: optuna.Study) -> int:
    return len(_finished_trials(study))


def _finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    return list(filter(is_own, study.get_trials(deepcopy=False, states=_FINISHED)))


def _best(study: optuna.Study) -> FrozenTrial:
    complete = [trial for trial in _finished_trials(study) if trial.state == TrialState.COMPLETE]
    return min(complete, key=lambda trial: float("inf") if trial.value is None else trial.value)


def _history(study: optuna.Study) -> tuple[float, ...]:
    return tuple(trial.value for trial in _finished_trials(study) if trial.value is not None)


def _storage(url: str) -> optuna.storages.RDBStorage:
    """The storage, which queues a trial again when its process sends no heartbeat any more."""
    with warnings.catch_warnings():
        # It warns that these two names may change, which the lock file and a test guard against.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            url,
            engine_kwargs={"pool_pre_ping": True},
            heartbeat_interval=10,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=3),
        )
