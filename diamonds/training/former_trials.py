"""Takes over the trials of the search before, as far as they fit the space of today."""

from collections.abc import Iterator

import optuna
from optuna.trial import FrozenTrial, TrialState

from diamonds.models import ModelSpec
from diamonds.training.studies import of_the_same_stones, space_of

TAKEN_OVER = "taken over from"
"""Attribute of a trial: the study that it came from."""


def take_over(study: optuna.Study, storage: optuna.storages.RDBStorage, spec: ModelSpec) -> None:
    """Adds the finished trials of the newest other study of the same model, stones and seed.

    Their errors are those of other code: they show the sampler where to search, and count for nothing else.
    """
    former = _former(study.study_name, storage)
    if former is not None:
        study.add_trials(list(_fitting(former, spec)))


def is_own(trial: FrozenTrial) -> bool:
    """Whether a trial was run in its study, and not taken over from another one."""
    return TAKEN_OVER not in trial.user_attrs


def _former(name: str, storage: optuna.storages.RDBStorage) -> optuna.Study | None:
    summaries = optuna.get_all_study_summaries(storage, include_best_trial=False)
    others = [
        each
        for each in summaries
        if each.datetime_start is not None and of_the_same_stones(each.study_name, name)
    ]
    if not others:
        return None
    newest = max(others, key=lambda each: str(each.datetime_start))
    return optuna.load_study(study_name=newest.study_name, storage=storage)


def _fitting(former: optuna.Study, spec: ModelSpec) -> Iterator[FrozenTrial]:
    space = space_of(spec)
    for trial in filter(is_own, former.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))):
        attributes = {TAKEN_OVER: former.study_name}
        try:
            yield optuna.create_trial(
                params=trial.params, distributions=space, value=trial.value, user_attrs=attributes
            )
        except ValueError:  # it has other parameters, or values outside of their ranges
            continue
