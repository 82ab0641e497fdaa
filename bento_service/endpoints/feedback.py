"""Takes what a quoted stone was sold for: POST /feedback; the recorded exchange is what stores it."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bento_service.endpoints.database import UNAVAILABLE, read_database
from bento_service.endpoints.loaded_models import loaded_models
from bento_service.http.errors import ApiError, field_error
from bento_service.http.openapi import errors
from bento_service.http.routes import JsonRoute
from bento_service.http.threads import DATABASE, run_in
from diamonds.api.schemas import FeedbackResponse, RecordedQuote
from diamonds.exchanges import Exchange, exchange
from diamonds.exchanges.database.erasure import is_forgotten
from diamonds.exchanges.journal.lookup import may_be_unshipped
from diamonds.settings import settings

LOOKUP_TIMEOUT_SECONDS = 1.0
_POLL_SECONDS = 0.05
_STORED_FIELDS = frozenset({"exchange_id", "price", "given_at"})


class FeedbackRequest(BaseModel):
    """The sale price of a quoted diamond. The newest price of a quote replaces the one before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchange_id: Annotated[
        UUID,
        Field(
            description="The `X-Exchange-Id` under which the stone was quoted by `/predict`.",
            examples=["019ab9d8-3c3e-7c02-a5c9-2f3f0f1c7d11"],
        ),
    ]
    price: Annotated[
        float,
        Field(
            ge=0.01,
            le=1_000_000_000,
            allow_inf_nan=False,
            strict=True,
            description="What it was sold for, in the currency of its quote.",
            examples=[2650.0],
        ),
    ]


router = APIRouter(route_class=JsonRoute)


@router.post("/feedback", summary="Report a sale price", responses=errors(401, 404, 409))
async def feedback(request: FeedbackRequest) -> FeedbackResponse:
    """Stores what a quoted diamond was sold for; the newest price of a quote replaces the one before.

    When the database does not answer in time, the feedback is stored with `"checked": false`.
    """
    _check_not_masked()
    given_at = datetime.now(UTC)
    try:
        quote = _quote(request.exchange_id, await _look_up(request.exchange_id))
    except (TimeoutError, *UNAVAILABLE):
        quote = None
    return {
        "exchange_id": request.exchange_id,
        "price": request.price,
        "currency": loaded_models.currency,
        "given_at": given_at,
        "checked": quote is not None,
        "quote": quote,
    }


def _check_not_masked() -> None:
    masked = sorted(_STORED_FIELDS & settings().masked_fields)
    if masked:
        message = (
            f"Feedback cannot be stored: DIAMONDS_MASKED_FIELDS of the service holds {', '.join(masked)}, "
            "whose values are never recorded."
        )
        raise ApiError(409, "feedback_masked", message)


async def _look_up(id_: UUID) -> Exchange | None:
    """The exchange once its response is in the database, or None when there is no such exchange here.

    Raises TimeoutError while it may be on its way, and ``UNAVAILABLE``.
    """
    async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS):
        while True:
            stored = await _read(id_)
            if stored is not None and stored.status is not None:
                return stored
            if not await _is_on_its_way(id_):
                return await _read(id_)  # it may have arrived in between
            await asyncio.sleep(_POLL_SECONDS)


async def _is_on_its_way(id_: UUID) -> bool:
    on_its_way = await run_in(DATABASE, may_be_unshipped, id_)
    return on_its_way and not await read_database(lambda: is_forgotten(id_))


async def _read(id_: UUID) -> Exchange | None:
    return await read_database(lambda: exchange(id_))


def _quote(id_: UUID, stored: Exchange | None) -> RecordedQuote:
    if stored is None:
        message = f"There is no exchange {id_}; expected the X-Exchange-Id of an answer of POST /predict."
        raise field_error("exchange_id", message, str(id_), status=404, code="unknown_exchange")
    if (stored.method, stored.path, stored.status) != ("POST", "/predict", 200):
        answered = f"answered with status {stored.status}" if stored.status else "never answered"
        message = (
            f"Exchange {id_} was {stored.method} {stored.path:.100}, {answered}; "
            "expected a quote of one stone: POST /predict, answered with status 200."
        )
        raise field_error("exchange_id", message, str(id_), status=409, code="not_a_quote")
    body = stored.response_body if isinstance(stored.response_body, dict) else {}
    price = body.get("price")
    return {
        "price": price if isinstance(price, int | float) else None,  # it may be masked
        "model": stored.model or "",
        "version": stored.model_version or "",
        "quoted_at": stored.started_at,
    }
