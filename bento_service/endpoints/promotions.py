"""What the API tells of versions and promotions, and how it changes which version quotes prices."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from bento_service.endpoints.models import described
from bento_service.http.errors import ApiError
from diamonds.api.schemas import ModelVersion
from diamonds.evaluation.figures import Figures, figures_in
from diamonds.evaluation.metrics import Evaluation
from diamonds.evaluation.model_card import CARD, text_in
from diamonds.models import UnknownModel
from diamonds.versions import promotion, store
from diamonds.versions.integrity import DamagedVersion
from diamonds.versions.store import NoChampion, UnknownVersion
from diamonds.versions.version import Version

Tag = Annotated[str, Field(max_length=200, examples=["diamonds-xgboost:pa7ui3hinoyrsax4"])]


class Promotion(TypedDict):
    """One version that became the champion, with its errors on the hold-out."""

    version: Tag
    model: str
    promoted_at: datetime
    reason: Annotated[str, Field(description="Why it was promoted.")]
    champion: Annotated[bool, Field(description="Whether this promotion is the newest.")]
    mae: float | None
    rmse: float | None


class PromotionsAnswer(TypedDict):
    """Every promotion, newest first."""

    promotions: list[Promotion]


class PromotionRequest(BaseModel):
    """The version that is to be the champion: if it beats the present one on the hold-out, or by force."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[Tag, Field(description="Tag of the version.")]
    force: Annotated[bool, Field(strict=True, description="Promote it whatever its errors.")] = False


class RollbackRequest(BaseModel):
    """The champion that is to give way to the one before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Named, so that two who go back together go back once, and no page elsewhere on the web can ask for it.
    version: Annotated[Tag, Field(description="Tag of the champion to go back from.")]


class DecisionAnswer(TypedDict):
    """What became of a promotion or a rollback, and why."""

    promoted: bool
    reason: str
    champion: Annotated[str | None, Field(description="Tag of the champion from now on.")]


class Slice(TypedDict):
    """Errors on a part of the hold-out: mae and rmse in USD, mape and the rest as fractions."""

    slice: str
    stones: int
    mae: float
    rmse: float
    mape: float
    within_10_percent: float
    coverage: float


class VersionAnswer(TypedDict):
    """All that is kept of a version but the model itself."""

    summary: ModelVersion
    parameters: dict[str, float | int | str]
    slices: list[Slice]
    card: Annotated[str, Field(description="The model card, in Markdown, without its pictures.")]
    figures: Annotated[Figures | None, Field(description="What its pictures show; null: saved before these.")]


class ComparisonQuery(BaseModel):
    """Two versions that meet on the hold-out of the second; nothing is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    champion: Annotated[Tag, Field(description="Tag of the version that is taken for the champion.")]
    challenger: Annotated[Tag, Field(description="Tag of the version that challenges it.")]


class ComparisonAnswer(TypedDict):
    """Whether the challenger would be promoted, and why."""

    promote: bool
    reason: str


def list_promotions() -> PromotionsAnswer:
    """Every version that was ever promoted, newest first."""
    history = store.history()
    return {"promotions": [_promotion(version, version is history[0]) for version in history]}


def _promotion(version: Version, newest: bool) -> Promotion:
    shown = described(version, None)
    return {
        "version": shown["version"],
        "model": shown["model"],
        "promoted_at": version.created_at,
        "reason": version.labels["reason"],
        "champion": newest,
        "mae": shown["mae"],
        "rmse": shown["rmse"],
    }


def promote(request: PromotionRequest) -> DecisionAnswer:
    """Lets a version meet the champion, or makes it the champion by force."""
    with damage_told():
        try:
            return _decided(promotion.promote(request.version, force=request.force))
        except (UnknownVersion, UnknownModel) as error:
            raise unknown_version(request.version) from error


def roll_back(request: RollbackRequest) -> DecisionAnswer:
    """Makes the champion before the present one champion again."""
    champion = store.champion()
    present = champion.labels["source"] if champion else None
    if present != request.version:
        message = f"Got {request.version!r} to go back from, but the champion is {present}; look again."
        raise ApiError(409, "another_champion", message)
    with damage_told():
        try:
            return _decided(promotion.rollback())
        except NoChampion as error:
            raise ApiError(409, "no_champion_before", str(error)) from error


@contextmanager
def damage_told() -> Iterator[None]:
    """Answers 409, naming the file, where a version is not what was saved."""
    try:
        yield
    except DamagedVersion as error:
        raise ApiError(409, "damaged_version", str(error)) from error


def _decided(decision: promotion.Decision) -> DecisionAnswer:
    champion = store.champion()
    tag = champion.labels["source"] if champion else None
    return {"promoted": decision.promote, "reason": decision.reason, "champion": tag}


def show_version(tag: str) -> VersionAnswer:
    """A version with its errors by slice, its parameters and its card; an unknown tag is a 404."""
    version = _version(tag)
    slices = [_slice(name, judged) for name, judged in Evaluation.load(version.folder).slices()]
    return {
        "summary": described(version, store.champion()),
        "parameters": dict(version.parameters),
        "slices": slices,
        "card": text_in(version.folder),
        "figures": figures_in(version.folder),
    }


def _slice(name: str, judged: Evaluation) -> Slice:
    metrics = asdict(judged.metrics())
    shown = {name: metrics[name] for name in ("mae", "rmse", "mape", "within_10_percent", "coverage")}
    return {"slice": name, "stones": len(judged.stones), **shown}  # type: ignore[typeddict-item]


def compare(query: ComparisonQuery) -> ComparisonAnswer:
    """What would become of a challenge."""
    for tag in (query.champion, query.challenger):
        _version(tag)
    with damage_told():
        decision = promotion.compare(query.champion, query.challenger)
    return {"promote": decision.promote, "reason": decision.reason}


def _version(tag: str) -> Version:
    try:
        version = store.get(tag)
    except UnknownVersion as error:
        raise unknown_version(tag) from error
    if not (version.folder / CARD).is_file():
        raise unknown_version(tag)
    return version


def unknown_version(tag: str) -> ApiError:
    """The 404 for a tag that is no version's."""
    message = f"There is no version {tag!r}; GET /models/NAME lists them."
    return ApiError(404, "unknown_version", message, [{"field": "version", "message": message, "got": tag}])
