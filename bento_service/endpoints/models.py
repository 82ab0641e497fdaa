"""Lists the models and their versions: GET /models and /models/{name}."""

from bento_service.endpoints.versions import describe, versions_of
from bento_service.http.errors import ApiError, field_error, quoted
from bento_service.http.openapi import errors
from bento_service.http.router import Router
from diamonds.api.responses import ModelResponse, ModelsResponse, ModelSummary, RefusedVersion
from diamonds.models import REGISTRY
from diamonds.versions import store
from diamonds.versions.refused import refused_versions
from diamonds.versions.version import Version

router = Router()


@router.get("/models", summary="List models")
def list_models() -> ModelsResponse:
    """The champion, each model with its newest version, and the versions that are refused as damaged."""
    champion = store.champion()
    return {
        "champion": describe(champion, champion) if champion else None,
        "models": [_summary(name, champion) for name in REGISTRY],
        "refused": describe_refused(),
    }


@router.get("/models/{name}", summary="List the versions of a model", responses=errors(404))
def show_model(name: str) -> ModelResponse:
    """All versions of a model, newest first."""
    if name not in REGISTRY:
        raise unknown_model(name)
    champion = store.champion()
    return {
        "name": name,
        "champion": _is_champion(name, champion),
        "versions": [describe(version, champion) for version in versions_of(name)],
    }


def describe_refused() -> list[RefusedVersion]:
    """The damaged versions, each with what is wrong and how to heal it."""
    refused = refused_versions()
    return [{"version": each.tag, "reason": each.reason, "remedy": each.remedy} for each in refused]


def unknown_model(name: str) -> ApiError:
    """The 404 for a model that is not of the registry, or has no version yet."""
    if name in REGISTRY and (champion := _only_champion()):
        message = f"Only {champion.source_tag} is here, without other models; leave `model` out."
    elif name in REGISTRY:
        message = f"Model {name!r} has no version yet; train it with `diamonds train --model {name}`."
    else:
        message = f"There is no model {quoted(name)}; expected one of {', '.join(REGISTRY)}."
    return field_error("model", message, name, status=404, code="unknown_model")


def _only_champion() -> Version | None:
    """The champion where the store holds nothing else, as in a Bento."""
    return None if any(map(store.readable, REGISTRY)) else store.champion()


def _summary(name: str, champion: Version | None) -> ModelSummary:
    versions = versions_of(name)
    return {
        "name": name,
        "champion": _is_champion(name, champion),
        "versions": len(versions),
        "newest": describe(versions[0], champion) if versions else None,
    }


def _is_champion(name: str, champion: Version | None) -> bool:
    return champion is not None and champion.model == name
