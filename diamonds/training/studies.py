"""Names studies after all that the errors of their trials depend on, so that none is continued wrongly."""

import hashlib
from collections.abc import Callable, Iterator

import optuna
from optuna.distributions import distribution_to_json
from optuna.trial import BaseTrial

from diamonds.models import ModelSpec, Parameters
from diamonds.training.fingerprint import code_fingerprint


def study_name(spec: ModelSpec, dataset_fingerprint: str, seed: int) -> str:
    """The name of the study of a model on a dataset: another one after each change of code or search space.

    What earlier studies found is not lost: the parameters of the newest version are tried first.
    """
    code = f"code {code_fingerprint()[:12]}, space {space_fingerprint(spec)}"
    return f"{spec.name} on {dataset_fingerprint}, seed {seed}, {code}"


def space_fingerprint(spec: ModelSpec) -> str:
    """12 hexadecimal digits that depend on the names and ranges of the parameters that a search draws."""
    space = [] if spec.search is None else sorted(_drawn(spec.search))
    return hashlib.sha256(repr(space).encode()).hexdigest()[:12]


def _drawn(search: Callable[[BaseTrial], Parameters]) -> Iterator[tuple[str, str]]:
    """The names and ranges of what a search draws."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # this study is none that anybody follows
    try:
        trial = optuna.create_study().ask()
    finally:
        optuna.logging.set_verbosity(verbosity)
    search(trial)
    for name, distribution in trial.distributions.items():
        yield name, distribution_to_json(distribution)
