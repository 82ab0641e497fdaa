"""Models of fewer trees than by default, for tests of what does not depend on their number."""

from dataclasses import replace
from typing import TYPE_CHECKING

from diamonds.models import ModelSpec, Parameters, spec_named

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

TREES = 300


def few_trees(name: str) -> ModelSpec:
    """The spec of that name with ``TREES`` at most, also in its search; of models without trees as it is."""
    spec = spec_named(name)
    search = spec.search
    if search is None or "n_estimators" not in (spec.defaults or {}):
        return spec

    def searched(trial: "BaseTrial") -> Parameters:
        return {**search(trial), "n_estimators": TREES}

    return replace(spec, search=searched, defaults={**(spec.defaults or {}), "n_estimators": TREES})
