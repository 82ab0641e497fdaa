"""Searches the parameters of a model with Optuna, by cross-validation inside the rows that it is given."""

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import optuna
import pandas as pd
from optuna.trial import BaseTrial, FixedTrial, FrozenTrial, TrialState

from diamonds.models.spec import ModelSpec, Parameters
from diamonds.training.cross_validation import CrossValidation, Validated

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

Progress = Callable[[int, int], None]


def _unheard(_done: int, _total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best parameters with their validation; ``history`` is the error of each finished trial in USD.

    A trial that was given up early counts with its error so far.
    """

    best: Validated
    history: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """A study of one model's parameters on some stones, which processes share through ``storage``.

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
        processes: int = 1,
        progress: Progress = _unheard,
    ) -> Tuned:
        """Searches until the study has ``trials`` finished trials, or ``minutes`` have passed.

        Trials that an earlier run or another process finished count; one that was killed is done again.
        """
        validation = CrossValidation(self.spec, self.stones, self.seed)
        if self.spec.search is None:
            return Tuned(validation.of(dict(self.spec.defaults or {})))
        study = self._opened(worker=0)
        for parameters in (*self.start, self.spec.defaults or {}):
            study.enqueue_trial(dict(parameters), skip_if_exists=True)
        share = _Share(self, trials, minutes)
        if processes == 1:
            best = share.work(study, validation, progress)
        else:
            best = self._with_others(share, study, validation, processes, progress)
        return Tuned(best if best is not None else self._again(study, validation), _history(study))

    def _with_others(
        self,
        share: "_Share",
        study: optuna.Study,
        validation: CrossValidation,
        processes: int,
        progress: Progress,
    ) -> Validated | None:
        if self.storage is None:
            raise ValueError(f"Got processes={processes} without a storage; they share a study through one.")
        with ProcessPoolExecutor(processes - 1, mp_context=get_context("spawn")) as pool:
            others = [pool.submit(share.help, worker) for worker in range(1, processes)]
            best = share.work(study, validation, progress)
            for other in others:
                other.result()
        return best if best is not None and best.mae_usd <= study.best_value else None

    def _opened(self, worker: int) -> optuna.Study:
        study = optuna.create_study(
            study_name=self.study,
            storage=None if self.storage is None else _storage(self.storage),
            load_if_exists=True,
            pruner=optuna.pruners.PercentilePruner(25.0, n_startup_trials=3),
        )
        # A resumed sampler, or a second one, must not draw again what the first has drawn.
        seed = hash((self.seed, worker, len(study.trials))) % 2**32
        study.sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
        return study

    def _again(self, study: optuna.Study, validation: CrossValidation) -> Validated:
        return validation.of(_drawn(self.spec, FixedTrial(study.best_params)))


@dataclass(frozen=True, slots=True)
class _Share:
    """One process's part in a search."""

    search: Search
    trials: int
    minutes: float | None

    def help(self, worker: int) -> None:
        validation = CrossValidation(self.search.spec, self.search.stones, self.search.seed)
        self.work(self.search._opened(worker), validation, _unheard)

    def work(self, study: optuna.Study, validation: CrossValidation, progress: Progress) -> Validated | None:
        """Gives the best validation of this process if it is the study's, else None."""
        best: dict[int, Validated] = {}

        def mae_usd(trial: optuna.Trial) -> float:
            validated = validation.of(_drawn(self.search.spec, trial), heard=_giving_up(trial))
            if all(validated.mae_usd < other.mae_usd for other in best.values()):
                best.clear()
                best[trial.number] = validated
            return validated.mae_usd

        def hear(study: optuna.Study, _trial: FrozenTrial) -> None:
            done = _finished(study)
            progress(min(done, self.trials), self.trials)
            if done >= self.trials:
                study.stop()

        if _finished(study) < self.trials:
            seconds = None if self.minutes is None else self.minutes * 60
            study.optimize(mae_usd, timeout=seconds, callbacks=[hear])
        return best.get(study.best_trial.number)


def _drawn(spec: ModelSpec, trial: BaseTrial) -> Parameters:
    return {} if spec.search is None else spec.search(trial)


def _giving_up(trial: optuna.Trial) -> Callable[[int, float], None]:
    def heard(fold: int, mae_usd: float) -> None:
        trial.report(mae_usd, fold)
        if trial.should_prune():
            raise optuna.TrialPruned

    return heard


def _finished(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=_FINISHED))


def _history(study: optuna.Study) -> tuple[float, ...]:
    finished = study.get_trials(deepcopy=False, states=_FINISHED)
    return tuple(trial.value for trial in finished if trial.value is not None)


def _storage(url: str) -> optuna.storages.RDBStorage:
    """Trials whose process stopped giving signs of life are queued again."""
    with warnings.catch_warnings():
        # What it warns of is a later change of these two names, which the lock file and a test guard against.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            url,
            engine_kwargs={"pool_pre_ping": True},
            heartbeat_interval=10,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=3),
        )
