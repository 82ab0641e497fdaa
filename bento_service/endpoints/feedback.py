"""Takes what quoted stones were sold for: POST /feedback. Of one, the recorded exchange is what stores it."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.types import Receive, Scope

from bento_service.endpoints.database import UNAVAILABLE, read_database
from bento_service.endpoints.feedback_lists import (
    FeedbackList,
    FeedbackRow,
    Sales,
    exchange_id_of,
    is_list,
    read_file,
    read_list,
    rows_of,
    store,
)
from bento_service.endpoints.loaded_models import loaded_models
from bento_service.endpoints.stones_files import CONTENT
from bento_service.http.body import is_stones_file, read_any_body
from bento_service.http.errors import ApiError, field_error
from bento_service.http.openapi import errors
from bento_service.http.parsing import parse_json
from bento_service.http.router import Router
from bento_service.http.routes import JsonRoute
from bento_service.http.threads import DATABASE, FILES, run_in
from bento_service.recording.exchange_ids import new_id
from diamonds.api.requests import FeedbackRequest
from diamonds.api.responses import FeedbackListResponse, FeedbackResponse, RecordedQuote
from diamonds.exchanges import Exchange, exchange
from diamonds.exchanges.database.erasure import is_forgotten
from diamonds.exchanges.database.sales import problem_of
from diamonds.exchanges.journal.lookup import may_be_unshipped
from diamonds.settings import settings

LOOKUP_TIMEOUT_SECONDS = 1.0
_POLL_SECONDS = 0.05
_STORED_FIELDS = frozenset({"exchange_id", "price", "given_at", "sold_at"})


class FeedbackRoute(JsonRoute):
    """Takes the sale price of one stone, or a list or a file of them."""

    async def arguments(self, scope: Scope, receive: Receive) -> list[Any]:
        if is_stones_file(scope):
            rows = await run_in(FILES, read_file, await read_any_body(receive))
        else:
            (request,) = await super().arguments(scope, receive)
            if isinstance(request, FeedbackRequest):
                return [request]
            rows = request
        return [Sales(rows, exchange_id_of(scope))]

    def parse(self, body: bytes) -> Any:
        return read_list(body) if is_list(body) else parse_json(body, FeedbackRequest)

    async def call(self, *arguments: Any) -> Any:
        (request,) = arguments
        return await (feedback_list(request) if isinstance(request, Sales) else super().call(request))


router = Router()


@router.post(
    "/feedback",
    summary="Report sale prices",
    responses=errors(401, 404, 409, 503),
    route_class=FeedbackRoute,
    openapi_extra={"requestBody": {"content": CONTENT}},
)
async def report(
    request: FeedbackRequest | FeedbackList | list[FeedbackRow],
) -> FeedbackResponse | FeedbackListResponse:
    """Stores what quoted diamonds were sold for; the newest price of a quote replaces the one before.

    Of one: when the database does not answer in time, the feedback is stored with `"checked": false`. Of
    many, as a JSON list or a file with the columns `exchange_id`, `price` and perhaps `sold_at`: the response
    says of each row what became of it, and those that are wrong hold up no other. The same list again changes
    nothing; without the database it is a 503.
    """
    if isinstance(request, FeedbackRequest):
        return await feedback(request)
    rows = request if isinstance(request, list) else request.feedback
    return await feedback_list(Sales(rows_of(rows), UUID(new_id())))


async def feedback_list(sales: Sales) -> FeedbackListResponse:
    """Stores many sale prices in the database, and says of each row what became of it."""
    _check_not_masked()
    try:
        return await read_database(lambda: store(sales))
    except UNAVAILABLE as error:
        message = "The database cannot be reached, so nothing was stored; send the list again later."
        raise ApiError(503, "database_away", message) from error


async def feedback(request: FeedbackRequest) -> FeedbackResponse:
    """Stores what one quoted diamond was sold for: see ``report``."""
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
        "sold_at": request.sold_at,
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
    problem = problem_of(id_, stored)
    if stored is None or problem is not None:
        status, code = (404, "unknown_exchange") if stored is None else (409, "not_a_quote")
        raise field_error("exchange_id", str(problem), str(id_), status=status, code=code)
    body = stored.response_body if isinstance(stored.response_body, dict) else {}
    price = body.get("price")
    return {
        "price": price if isinstance(price, int | float) else None,  # it may be masked
        "model": stored.model or "",
        "version": stored.model_version or "",
        "quoted_at": stored.started_at,
    }
