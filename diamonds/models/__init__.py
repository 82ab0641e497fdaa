"""The models that price a diamond: one file each, looked up by name in the registry."""

from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, UnknownModel, Unseen

# isort: split
# The registry loads models of other packages, which import the names above from here.
from diamonds.models.registry import REGISTRY, spec_named

__all__ = [
    "REGISTRY",
    "Estimator",
    "ModelSpec",
    "Parameters",
    "Prices",
    "UnknownModel",
    "Unseen",
    "spec_named",
]
