"""The versions of the model store as the API shows them."""

from bento_service.http.errors import ApiError
from diamonds.api.schemas import ModelAnswer, ModelsAnswer, ModelSummary, ModelVersion
from diamonds.models import REGISTRY
from diamonds.versions import store
from diamonds.versions.version import Version


def all_models() -> ModelsAnswer:
    """The champion, and each model of the registry with its newest version."""
    champion = store.champion()
    return {
        "champion": described(champion, champion) if champion else None,
        "models": [_summary(name, champion) for name in REGISTRY],
    }


def one_model(name: str) -> ModelAnswer:
    """All versions of a model, newest first; an unknown name is a 404."""
    if name not in REGISTRY:
        raise unknown_model(name)
    champion = store.champion()
    return {
        "name": name,
        "champion": _leads(name, champion),
        "versions": [described(version, champion) for version in store.versions(name)],
    }


def _summary(name: str, champion: Version | None) -> ModelSummary:
    found = store.versions(name)
    return {
        "name": name,
        "champion": _leads(name, champion),
        "versions": len(found),
        "newest": described(found[0], champion) if found else None,
    }


def _leads(name: str, champion: Version | None) -> bool:
    return champion is not None and champion.model == name


def described(version: Version, champion: Version | None) -> ModelVersion:
    """A version with its labels as numbers; what was not measured is null."""
    labels = version.labels
    tag = labels.get("source", version.tag)
    return {
        "version": tag,
        "model": version.model,
        "created_at": version.created_at,
        "champion": champion is not None and champion.labels["source"] == tag,
        "mae": _number(labels, "mae"),
        "rmse": _number(labels, "rmse"),
        "r2": _number(labels, "r2"),
        "mape": _number(labels, "mape"),
        "coverage": _number(labels, "coverage"),
        "dataset": labels.get("dataset") or None,
        "rows": _whole(labels, "rows"),
        "seed": _whole(labels, "seed"),
        "git_commit": labels.get("git_commit") or None,
        "flow_run": labels.get("flow_run") or None,
    }


def _number(labels: dict[str, str], name: str) -> float | None:
    return float(labels[name]) if labels.get(name) else None


def _whole(labels: dict[str, str], name: str) -> int | None:
    return int(labels[name]) if labels.get(name) else None


def unknown_model(name: str) -> ApiError:
    """The 404 for a model that is not of the registry, or has no version yet."""
    if name in REGISTRY:
        message = f"Model {name!r} has no version yet; train it with `diamonds train --model {name}`."
    else:
        message = f"There is no model {name!r}; expected one of {', '.join(REGISTRY)}."
    return ApiError(404, "unknown_model", message, [{"field": "model", "message": message, "got": name}])
