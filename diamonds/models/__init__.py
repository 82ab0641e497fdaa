"""The models that price a diamond: one file each, found through the registry."""

from diamonds.models.registry import REGISTRY, spec_named
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, UnknownModel

__all__ = ["REGISTRY", "Estimator", "ModelSpec", "Parameters", "Prices", "UnknownModel", "spec_named"]
