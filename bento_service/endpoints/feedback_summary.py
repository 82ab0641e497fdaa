"""Shows how far quotes were off what their stones were sold for: GET /feedback."""

from bento_service.endpoints.exchanges import read_or_unavailable
from bento_service.http.openapi import errors
from bento_service.http.router import Router
from diamonds.api.responses import FeedbackSummary
from diamonds.exchanges.database.feedback import feedback_summary
from diamonds.settings import settings

router = Router()


@router.get("/feedback", summary="Show how far quotes were off", responses=errors(401, 503))
async def summarise() -> FeedbackSummary:
    """How many sales of quoted stones are known, and how far their quotes were off."""
    found = await read_or_unavailable(feedback_summary)
    return {
        "sales": found.sales,
        "mae": found.mae_usd,
        "mape": found.mape,
        "bias": found.bias,
        "within_interval": found.within_interval,
        "waiting": found.waiting,
        "currency": settings().currency,
    }
