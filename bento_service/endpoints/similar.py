"""Finds sold diamonds of the same grades and the nearest weights: POST /similar."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BeforeValidator, Field

from bento_service.endpoints.grades import GradesRoute, fitted_stone
from bento_service.endpoints.loaded_models import loaded_models
from bento_service.http.openapi import errors
from diamonds.api.schemas import SimilarResponse
from diamonds.diamond import GradedWeight


def _whole(number: object) -> object:
    """In JSON, 5.0 is a whole number too."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class SimilarRequest(GradedWeight):
    """A diamond to which similar ones are wanted."""

    n: Annotated[
        int,
        Field(ge=1, le=100, strict=True, description="Maximum number of similar diamonds."),
        BeforeValidator(_whole),
    ] = 5


router = APIRouter(route_class=GradesRoute)


@router.post("/similar", summary="Find similar diamonds that were sold", responses=errors(503))
async def similar(request: SimilarRequest) -> SimilarResponse:
    """Diamonds of the champion's training data of the same grades, the nearest weight first."""
    champion = loaded_models.champion
    stone, _ = fitted_stone(champion.pricer, request)
    samples, available = champion.similar.nearest(stone, request.n)
    return {"samples": samples, "available": available}
