"""Shows and accepts versions: GET /versions/{version} and POST /versions/{version}/acceptance."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from math import isnan
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bento_service.http.errors import ApiError, field_error, quoted
from bento_service.http.openapi import errors
from bento_service.http.router import Router
from diamonds.api.responses import ModelVersion
from diamonds.evaluation.figures import Figures, figures_in
from diamonds.evaluation.metrics import Evaluation
from diamonds.evaluation.model_card import CARD, text_in
from diamonds.sharing.files import StoreAway
from diamonds.versions import acceptance, store
from diamonds.versions.integrity import DamagedVersion, damage
from diamonds.versions.shared import Overtaken
from diamonds.versions.store import UnknownVersion
from diamonds.versions.version import CALIBRATION_ROWS, READ_ON, REPORTED_ROWS, SOLD_UNTIL, Version

Tag = Annotated[str, Field(max_length=200, examples=["diamonds-xgboost:pa7ui3hinoyrsax4"])]


class Slice(TypedDict):
    """Errors on a part of the hold-out: mae and rmse in USD, mape and the rest as fractions."""

    slice: str
    stones: int
    mae: float
    rmse: float
    mape: float
    within_10_percent: float
    coverage: float | None


class VersionResponse(TypedDict):
    """All that is stored of a version but the model itself."""

    summary: ModelVersion
    parameters: dict[str, float | int | str]
    slices: list[Slice]
    card: Annotated[str, Field(description="The model card, in Markdown, without its pictures.")]
    figures: Annotated[Figures | None, Field(description="The data of its pictures; null: an older version.")]


router = Router()


@router.get("/versions/{version}", summary="Show a version", responses=errors(404, 409))
def show_version(version: str) -> VersionResponse:
    """A version with its errors by slice, its parameters and its model card."""
    stored = find_version(version)
    slices = [_slice(name, judged) for name, judged in Evaluation.load(stored.folder).reported().slices()]
    return {
        "summary": describe(stored, store.champion()),
        "parameters": dict(stored.parameters),
        "slices": slices,
        "card": text_in(stored.folder),
        "figures": figures_in(stored.folder),
    }


@router.post(
    "/versions/{version}/acceptance", summary="Accept a version", responses=errors(401, 404, 409, 503)
)
def accept_version(version: str) -> ModelVersion:
    """Makes a version the one that quotes for its model's name; the champion stays as it is."""
    accepted = acceptance.accept(find_version(version).tag)
    return describe(accepted, store.champion())


def describe(version: Version, champion: Version | None) -> ModelVersion:
    """A version with its labels as numbers; what was not measured is null."""
    labels = version.labels
    tag = version.source_tag
    return {
        "version": tag,
        "model": version.model,
        "created_at": version.created_at,
        "champion": champion is not None and champion.labels["source"] == tag,
        "accepted": version.is_accepted,
        "mae": _number(labels, "mae"),
        "rmse": _number(labels, "rmse"),
        "r2": _number(labels, "r2"),
        "mape": _number(labels, "mape"),
        "coverage": _number(labels, "coverage"),
        "dataset": labels.get("dataset") or None,
        "rows": _whole(labels, "rows"),
        "calibration_rows": _whole(labels, CALIBRATION_ROWS),
        "reported_rows": _whole(labels, REPORTED_ROWS),
        "sold_until": _day(labels, SOLD_UNTIL),
        "read_on": _day(labels, READ_ON),
        "seed": _whole(labels, "seed"),
        "git_commit": labels.get("git_commit") or None,
        "flow_run": labels.get("flow_run") or None,
    }


def versions_of(name: str) -> list[Version]:
    """The undamaged versions of a model, newest first; in a Bento, which has only the champion, that one."""
    if stored := store.versions(name):
        return stored
    champion = store.champion()
    return [champion] if champion and champion.model == name and not store.readable(name) else []


def find_version(tag: str) -> Version:
    """The version of a model with that tag; a 404 when there is none, a 409 when it is damaged."""
    version = get_version(tag)
    if reason := damage(version):
        raise _damaged(reason)
    if not (version.folder / CARD).is_file():
        raise unknown_version(tag)
    return version


def get_version(tag: str) -> Version:
    """What the model store has under that tag, as ``find_version``; its files are not checked."""
    try:
        return store.get(tag)
    except UnknownVersion as error:
        champion = store.champion()
        if champion is not None and champion.source_tag == tag:
            return champion  # all that a Bento has of it
        raise unknown_version(tag) from error
    except DamagedVersion as error:
        raise _damaged(str(error)) from error


def unknown_version(tag: str) -> ApiError:
    """The 404 for a tag that no version has."""
    message = f"There is no version {quoted(tag)}; GET /models/NAME lists them."
    return field_error("version", message, tag, status=404, code="unknown_version")


@contextmanager
def damage_as_conflict() -> Iterator[None]:
    """Turns ``DamagedVersion`` into a 409 that names the file, and a shared store that is away into a 503."""
    try:
        yield
    except StoreAway as error:
        raise ApiError(503, "model_store_away", f"{error} Nothing was changed; try again.") from error
    except Overtaken as error:
        raise ApiError(409, "model_store_changed", str(error)) from error
    except DamagedVersion as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> ApiError:
    return ApiError(409, "damaged_version", f"{reason} GET /models says how to heal it.")


def _slice(name: str, judged: Evaluation) -> Slice:
    metrics = asdict(judged.metrics())
    selected = {name: metrics[name] for name in ("mae", "rmse", "mape", "within_10_percent")}
    selected["coverage"] = None if isnan(metrics["coverage"]) else metrics["coverage"]
    return {"slice": name, "stones": len(judged.stones), **selected}  # type: ignore[typeddict-item]


def _number(labels: dict[str, str], name: str) -> float | None:
    return float(labels[name]) if labels.get(name) else None


def _day(labels: dict[str, str], name: str) -> date | None:
    return date.fromisoformat(labels[name]) if labels.get(name) else None


def _whole(labels: dict[str, str], name: str) -> int | None:
    return int(labels[name]) if labels.get(name) else None
