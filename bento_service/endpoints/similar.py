"""Finds sold diamonds of the same grades and the nearest weights: POST /similar."""

from bento_service.endpoints.grades import GradesRoute, fitted_stone
from bento_service.endpoints.loaded_models import loaded_models
from bento_service.http.openapi import errors
from bento_service.http.router import Router
from diamonds.api.quotes import SimilarResponse
from diamonds.api.requests import SimilarRequest

router = Router(GradesRoute)


@router.post("/similar", summary="Find similar diamonds that were sold", responses=errors(503))
async def similar(request: SimilarRequest) -> SimilarResponse:
    """Diamonds of the champion's training data of the same grades, the nearest weight first."""
    champion = loaded_models.champion
    stone, _ = fitted_stone(champion.pricer, request)
    samples, available = champion.similar.nearest(stone, request.n)
    return {"samples": samples, "available": available}
