"""What fitting a model yields: the estimator, and its prices of stones that it did not learn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from diamonds.models import Estimator, Parameters, Prices


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted estimator with its parameters.

    ``out_of_fold`` are the prices in USD that models of the other folds give the stones learned from,
    ``history`` the errors of the trials in USD, ``members`` the tags of the members by model.
    """

    estimator: Estimator
    parameters: Parameters
    out_of_fold: Prices
    history: tuple[float, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)
