"""Lists promotions, promotes versions and rolls back: /promotions and /promotions/rollback."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from bento_service.endpoints.versions import Tag, damage_as_conflict, describe, unknown_version
from bento_service.http.errors import ApiError
from bento_service.http.openapi import errors
from bento_service.http.router import Router
from bento_service.recording.exchange_ids import client_chosen_id
from diamonds.models import UnknownModel
from diamonds.versions import promotion, store
from diamonds.versions.integrity import damage
from diamonds.versions.promotion import AnotherChampion
from diamonds.versions.store import NoChampion, UnknownVersion
from diamonds.versions.version import Version


class Promotion(TypedDict):
    """One version that became the champion, with its errors on the hold-out."""

    version: Tag
    model: str
    promoted_at: datetime
    reason: Annotated[str, Field(description="Why it was promoted.")]
    champion: Annotated[bool, Field(description="Whether it made the present champion.")]
    damage: Annotated[str | None, Field(description="Why it is refused, where it is damaged.")]
    mae: float | None
    rmse: float | None


class PromotionsResponse(TypedDict):
    """Every promotion, newest first."""

    promotions: list[Promotion]
    previous: Annotated[
        Tag | None, Field(description="The version that a rollback would make champion; null: there is none.")
    ]


class PromotionRequest(BaseModel):
    """The version to promote: if it beats the champion on the hold-out, or by force."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[Tag, Field(description="Tag of the version.")]
    force: Annotated[bool, Field(strict=True, description="Promote it whatever its errors.")] = False


class RollbackRequest(BaseModel):
    """The champion to roll back from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # It is required so that two who roll back at the same time roll back once.
    version: Annotated[Tag, Field(description="Tag of the present champion.")]


class DecisionResponse(TypedDict):
    """The decision on a promotion or a rollback, with its reason."""

    promoted: bool
    reason: str
    champion: Annotated[str | None, Field(description="Tag of the champion from now on.")]


router = Router()


@router.get("/promotions", summary="List promotions")
def list_promotions() -> PromotionsResponse:
    """Every version that was ever promoted, newest first."""
    champion = store.champion()
    promotions = [_promotion(version, champion) for version in store.history()]
    return {"promotions": promotions, "previous": promotion.previous()}


@router.post("/promotions", summary="Promote a version", responses=errors(401, 404, 409, 503))
def promote(request: PromotionRequest) -> DecisionResponse:
    """Makes a version the champion, if it beats the present one on the hold-out or by force."""
    with damage_as_conflict():
        try:
            request_id = client_chosen_id.get()
            return _response(promotion.promote(request.version, force=request.force, request_id=request_id))
        except (UnknownVersion, UnknownModel) as error:
            raise unknown_version(request.version) from error


@router.post(
    "/promotions/rollback", summary="Roll back to the champion before", responses=errors(401, 409, 503)
)
def roll_back(request: RollbackRequest) -> DecisionResponse:
    """Makes the champion before the present one champion again."""
    with damage_as_conflict():
        try:
            decision = promotion.rollback(expected=request.version, request_id=client_chosen_id.get())
            return _response(decision)
        except AnotherChampion as error:
            raise ApiError(409, "another_champion", str(error)) from error
        except NoChampion as error:
            raise ApiError(409, "no_champion_before", str(error)) from error


def _promotion(version: Version, champion: Version | None) -> Promotion:
    description = describe(version, None)
    return {
        "version": description["version"],
        "model": description["model"],
        "promoted_at": version.created_at,
        "reason": version.labels["reason"],
        "champion": version == champion,
        "damage": damage(version),
        "mae": description["mae"],
        "rmse": description["rmse"],
    }


def _response(decision: promotion.Decision) -> DecisionResponse:
    return {"promoted": decision.promote, "reason": decision.reason, "champion": _champion_tag()}


def _champion_tag() -> str | None:
    champion = store.champion()
    return champion.labels["source"] if champion else None
