"""The models that are trained: add yours by one file beside this one and one line here."""

from diamonds.models.boosting import XGBOOST
from diamonds.models.linear import LINEAR
from diamonds.models.spec import ModelSpec, UnknownModel

REGISTRY: dict[str, ModelSpec] = {spec.name: spec for spec in (LINEAR, XGBOOST)}


def spec_named(name: str) -> ModelSpec:
    """The spec of that name; raises ``UnknownModel`` that lists those there are."""
    try:
        return REGISTRY[name]
    except KeyError:
        raise UnknownModel(f"Got model={name!r}; expected one of {', '.join(REGISTRY)}.") from None
