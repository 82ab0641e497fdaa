"""Takes what a quoted stone was sold for: the exchange that says so is what keeps it."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from bento_service.endpoints.exchanges import AWAY, read_database
from bento_service.http.errors import ApiError
from bento_service.schemas import FeedbackRequest
from diamonds.api.schemas import FeedbackAnswer, QuoteSaid
from diamonds.exchanges import Exchange, exchange
from diamonds.exchanges.database.erasure import is_forgotten
from diamonds.exchanges.journal.lookup import may_be_unshipped
from diamonds.pricing.pricer import CURRENCY
from diamonds.settings import settings

PATIENCE_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.05
_MUST_BE_KEPT = frozenset({"exchange_id", "price", "given_at"})


async def give(request: FeedbackRequest) -> FeedbackAnswer:
    """What will be stored; a 404 or 409 where there can be no feedback on that exchange.

    When the database does not tell in time what the exchange was, the feedback is taken unchecked.
    """
    _refuse_if_masked()
    given_at = datetime.now(UTC)
    try:
        quote = _quote(request.exchange_id, await _settled(request.exchange_id))
    except (TimeoutError, *AWAY):
        quote = None
    return {
        "exchange_id": request.exchange_id,
        "price": request.price,
        "currency": CURRENCY,
        "given_at": given_at,
        "checked": quote is not None,
        "quote": quote,
    }


def _refuse_if_masked() -> None:
    masked = sorted(_MUST_BE_KEPT & settings().masked_fields)
    if masked:
        message = (
            f"Feedback cannot be kept: DIAMONDS_MASKED_FIELDS of the service holds {', '.join(masked)}, "
            "whose values are never recorded."
        )
        raise ApiError(409, "feedback_masked", message)


async def _settled(id_: UUID) -> Exchange | None:
    """The exchange once its answer is in the database, or None when it will not come from here.

    Raises TimeoutError while it may be on its way, and what is in ``AWAY``.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await _look(id_)
            if found is not None and found.status is not None:
                return found
            if await _will_not_come(id_):
                return await _look(id_)  # it may have come in between
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _will_not_come(id_: UUID) -> bool:
    under_way = await asyncio.to_thread(may_be_unshipped, id_)
    return not under_way or await read_database(lambda: is_forgotten(id_))


async def _look(id_: UUID) -> Exchange | None:
    return await read_database(lambda: exchange(id_))


def _quote(id_: UUID, found: Exchange | None) -> QuoteSaid:
    if found is None:
        message = f"There is no exchange {id_}; expected the X-Exchange-Id of an answer of POST /predict."
        raise _refusal(404, "unknown_exchange", message, id_)
    if (found.method, found.path, found.status) != ("POST", "/predict", 200):
        answered = f"answered with status {found.status}" if found.status else "never answered"
        message = (
            f"Exchange {id_} was {found.method} {found.path}, {answered}; "
            "expected a quote of one stone: POST /predict, answered with status 200."
        )
        raise _refusal(409, "not_a_quote", message, id_)
    said = found.response_body if isinstance(found.response_body, dict) else {}
    price = said.get("price")
    return {
        "price": price if isinstance(price, int | float) else None,  # it may be masked
        "model": found.model or "",
        "version": found.model_version or "",
        "quoted_at": found.started_at,
    }


def _refusal(status: int, code: str, message: str, id_: UUID) -> ApiError:
    return ApiError(status, code, message, [{"field": "exchange_id", "message": message, "got": str(id_)}])
