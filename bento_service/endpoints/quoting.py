"""Prices diamonds, one or many, and explains prices: POST /predict, /predict_batch and /explain."""

from dataclasses import asdict
from typing import Any, cast

from starlette.responses import Response
from starlette.types import Receive, Scope

from bento_service.endpoints.batching import Batcher
from bento_service.endpoints.columnar import Rows, as_rows, read_columns
from bento_service.endpoints.grades import GradesRoute, fitted_stone
from bento_service.endpoints.loaded_models import loaded_models
from bento_service.endpoints.predictions import adaptation_of, predictions, price_of
from bento_service.endpoints.stones_files import (
    ANSWERS,
    CONTENT,
    PARAMETERS,
    FileQuery,
    PricedFile,
    Upload,
    price_file,
    read_upload,
)
from bento_service.http.body import is_stones_file, read_any_body
from bento_service.http.errors import ApiError
from bento_service.http.openapi import errors
from bento_service.http.parsing import Context, Limits, parse_query, parse_unlimited
from bento_service.http.router import Router
from bento_service.http.threads import FILES, PRICES, run_in
from bento_service.recording.exchange import ExchangeInFlight
from diamonds.api.quotes import BatchQuote, Contribution, Explanation, Quote, Source
from diamonds.api.requests import MOST_STONES, BatchRequest, QuoteRequest
from diamonds.pricing import explanation
from diamonds.pricing.pricer import Pricer

_BATCH = Limits(values=10 * MOST_STONES, objects=MOST_STONES + 100)


class QuoteRoute(GradesRoute):
    """Notes in the record of the exchange which version quoted."""

    def respond(self, scope: Scope, result: Any) -> Response:
        _note_version(scope, result)
        return super().respond(scope, result)


class BatchRoute(QuoteRoute):
    """Reads batches column by column where that is possible, and files of stones."""

    def parse(self, body: bytes) -> Rows:
        return read_batch(body, self.context())

    async def arguments(self, scope: Scope, receive: Receive) -> list[Any]:
        if not is_stones_file(scope):
            return await self._json_arguments(scope, receive)
        query = parse_query(scope["query_string"], FileQuery)
        return [await run_in(FILES, read_upload, await read_any_body(receive), query)]

    async def _json_arguments(self, scope: Scope, receive: Receive) -> list[Any]:
        try:
            return await super().arguments(scope, receive)
        except ApiError as error:
            if error.status != 415:
                raise
            message = (
                f"{error.message} A file of stones is sent as its own bytes, as `text/csv` for instance."
            )
            raise ApiError(415, error.code, message) from error

    async def call(self, *arguments: Any) -> Any:
        (request,) = arguments
        return await (_price_upload(request) if isinstance(request, Upload) else predict_batch(request))

    def respond(self, scope: Scope, result: Any) -> Response:
        if not isinstance(result, PricedFile):
            return super().respond(scope, result)
        _note_version(scope, result.source)
        return result.response()


router = Router(QuoteRoute)
_batcher = Batcher()


@router.post("/predict", summary="Price one diamond", responses=errors(404, 503))
async def predict(request: QuoteRequest) -> Quote:
    """The price of a diamond with its interval, by the champion or the model of that name."""
    pricer = await loaded_models.pricer(request.model)
    stone, warnings = fitted_stone(pricer, request)
    quotes, place = await _batcher.quote(pricer, stone)
    return {
        **price_of(quotes, place, warnings),
        **adaptation_of(quotes.interval_factor),
        "coverage": pricer.coverage,
        **_source(pricer),
    }


@router.post(
    "/predict_batch",
    summary="Price many diamonds, or a file of them",
    responses=errors(404, 503) | {200: {"content": ANSWERS}},
    route_class=BatchRoute,
    openapi_extra={"requestBody": {"content": CONTENT}, "parameters": PARAMETERS},
)
async def predict_batch(request: BatchRequest) -> BatchQuote:
    """The prices of many diamonds, in the order of the request, all by one version.

    Also those of a file, sent as `text/csv` or as its own content type. CSV, workbooks, JSON lines and
    Parquet are answered in their own format with all rows and columns, and beside them `price`, `low`,
    `high`, `warning`, and the `problem` of a row without a price; other formats that training reads, as CSV.
    What is `asked` for a diamond, in JSON or in a file's column of prices, is compared with its price.
    """
    batch = as_rows(request)
    pricer = await loaded_models.pricer(batch.model)
    priced = await run_in(PRICES, predictions, pricer, batch.rows, batch.asked)
    return {
        "predictions": priced,
        **adaptation_of(pricer.interval_factor),
        "coverage": pricer.coverage,
        **_source(pricer),
    }


async def _price_upload(upload: Upload) -> PricedFile:
    pricer = await loaded_models.pricer(upload.model)
    return await run_in(FILES, price_file, upload, pricer, _source(pricer))


@router.post("/explain", summary="Explain the price of one diamond", responses=errors(404, 503))
async def explain(request: QuoteRequest) -> Explanation:
    """What each property of a diamond adds to its price or takes off, in dollars and in words."""
    pricer = await loaded_models.pricer(request.model)
    stone, _ = fitted_stone(pricer, request)
    explained = await run_in(PRICES, explanation.explain, pricer, stone)
    return {
        "price": explained.price_usd,
        "base": explained.base_usd,
        "contributions": [cast(Contribution, asdict(each)) for each in explained.contributions],
        **_source(pricer),
    }


def read_batch(body: bytes, context: Context = None) -> Rows:
    """The batch of a body; whatever is not plainly right is left to the schema, to be parsed or rejected."""
    _BATCH.check(body)
    return read_columns(body) or as_rows(parse_unlimited(body, BatchRequest, context))


def _note_version(scope: Scope, source: Source) -> None:
    """Records which version quoted, where there is a recorder around the API."""
    exchange = ExchangeInFlight.of(scope)
    if exchange is not None:
        exchange.note_version(source["model"], source["version"])


def _source(pricer: Pricer) -> Source:
    return {"currency": pricer.currency, "model": pricer.version.model, "version": pricer.tag}
