"""The registry of models that can be trained: add one by a file beside this one and a line here.

A package outside the project adds a model by an entry point of the group ``diamonds.models`` that names its
``ModelSpec``.
"""

from importlib.metadata import entry_points

from diamonds.models.catboost import CATBOOST
from diamonds.models.ensemble import ensemble_of
from diamonds.models.lightgbm import LIGHTGBM
from diamonds.models.linear import LINEAR
from diamonds.models.mlp import MLP
from diamonds.models.spec import ModelSpec, UnknownModel
from diamonds.models.xgboost import XGBOOST

ENTRY_POINTS = "diamonds.models"

_BUILT_IN = (
    LINEAR,
    XGBOOST,
    MLP,
    LIGHTGBM,
    CATBOOST,
    ensemble_of(XGBOOST, MLP, LIGHTGBM, CATBOOST),
)


def _of_entry_points() -> list[ModelSpec]:
    specs = []
    for entry in entry_points(group=ENTRY_POINTS):
        spec = entry.load()
        if not isinstance(spec, ModelSpec):
            raise TypeError(f"Got {spec!r} from entry point {entry.value!r}; expected a ModelSpec.")
        specs.append(spec)
    return specs


def _registry() -> dict[str, ModelSpec]:
    registry: dict[str, ModelSpec] = {}
    for spec in (*_BUILT_IN, *_of_entry_points()):
        if spec.name in registry:
            raise ValueError(
                f"Got two models named {spec.name!r}; expected every model to have its own name."
            )
        if spec.available:
            registry[spec.name] = spec
    return registry


REGISTRY: dict[str, ModelSpec] = _registry()
"""Every model that can be trained here, in order: members come before the ensembles of them."""


def spec_named(name: str) -> ModelSpec:
    """The spec of that name; raises ``UnknownModel``, which lists the registered names."""
    try:
        return REGISTRY[name]
    except KeyError:
        raise UnknownModel(f"Got model={name!r}; expected one of {', '.join(REGISTRY)}.") from None
