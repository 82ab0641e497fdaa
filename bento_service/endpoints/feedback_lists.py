"""Takes lists and files of sale prices: what `POST /feedback` does with more than one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Scope

from bento_service.http.errors import LONGEST_ECHO, ApiError, bad_request, quoted
from bento_service.http.parsing import Limits, parse_unlimited
from bento_service.recording.exchange import ExchangeInFlight
from bento_service.recording.exchange_ids import new_id
from diamonds.api.requests import MOMENT, MOST_STONES, parse_moment
from diamonds.api.responses import FeedbackListResponse
from diamonds.dataset import DataError
from diamonds.exchanges.database.sales import Result
from diamonds.monitoring.sales import HIGHEST, take_sales
from diamonds.settings import settings

if TYPE_CHECKING:
    from diamonds.dataset.sales_file import SaleRow

_LIMITS = Limits(values=5 * MOST_STONES, objects=MOST_STONES + 100)


class FeedbackRow(BaseModel):
    """The sale price of one quoted stone of many; a row that is wrong is refused alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchange_id: Annotated[Any, Field(description="The `X-Exchange-Id` of the quote.")] = None
    price: Annotated[Any, Field(description="What the stone was sold for, as in feedback on one.")] = None
    sold_at: Annotated[Any, Field(description="When it was sold: a date, or a time with its zone.")] = None


class FeedbackList(BaseModel):
    """The sale prices of many quoted stones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feedback: Annotated[
        list[FeedbackRow], Field(max_length=MOST_STONES, description="The sale prices, in any order.")
    ]


@dataclass(frozen=True, slots=True)
class Sales:
    """The rows of a list or a file, and the id of the exchange that they came with."""

    rows: "list[SaleRow]"
    given_by: UUID


def is_list(body: bytes) -> bool:
    """Whether a JSON body is a list of sale prices, bare or as ``{"feedback": [...]}``."""
    return body.lstrip()[:1] == b"[" or b'"feedback"' in body


def read_list(body: bytes) -> "list[SaleRow]":
    """The rows of a JSON body; raises a 400 where it is no list of them."""
    _LIMITS.check(body)
    wrapped = b'{"feedback":%b}' % body if body.lstrip()[:1] == b"[" else body
    return rows_of(parse_unlimited(wrapped, FeedbackList).feedback)


def rows_of(rows: Sequence[FeedbackRow]) -> "list[SaleRow]":
    """The rows of a list, each with what is wrong with it."""
    return [_row(number, each) for number, each in enumerate(rows, 1)]


def _row(number: int, given: FeedbackRow) -> "SaleRow":
    from diamonds.dataset.sales_file import SaleRow

    quote = "" if given.exchange_id is None else str(given.exchange_id)
    price = (
        float(given.price) if type(given.price) in (int, float) and abs(given.price) < HIGHEST * 2 else None
    )
    sold_at, problem = None, None
    if price is None:
        problem = f"Got price={quoted(given.price)}; expected a number up to {HIGHEST:,}."
    elif given.sold_at is not None and (sold_at := parse_moment(given.sold_at)) is None:
        problem = f"Got sold_at={quoted(given.sold_at)}; expected {MOMENT}."
    return SaleRow(number, quote, price, None, sold_at, problem)


def read_file(content: bytes) -> "list[SaleRow]":
    """The rows of a file; a 400 where it cannot be read, a 413 where it has too many."""
    from diamonds.dataset.sales_file import read_sales

    try:
        rows = list(islice(read_sales("the file.csv", content), MOST_STONES + 1))
    except DataError as error:
        message = str(error).replace("the file.csv", "the file")
        raise bad_request(message, code="bad_sales_file") from error
    if len(rows) > MOST_STONES:
        raise ApiError(
            413, "too_large", f"The file has more than {MOST_STONES:,} rows; send fewer at a time."
        )
    if not rows:
        raise bad_request("The file has a header and no rows beneath it.", code="bad_sales_file")
    return rows


def exchange_id_of(scope: Scope) -> UUID:
    """The id under which a request is recorded, or a new one where it is not."""
    exchange = ExchangeInFlight.of(scope)
    return UUID(exchange.id if exchange else new_id())


def store(sales: Sales) -> FeedbackListResponse:
    """Stores the sales, and says of each row what became of it."""
    taken = list(take_sales(sales.rows, sales.given_by))
    counts = Counter(each.outcome.result for each in taken)
    return {
        "stored": counts[Result.STORED],
        "unchanged": counts[Result.UNCHANGED],
        "waiting": counts[Result.WAITING],
        "refused": counts[Result.REFUSED],
        "currency": settings().currency,
        "results": [
            {
                "row": each.row.number,
                "exchange_id": each.row.quote[:LONGEST_ECHO],
                "result": each.outcome.result.value,
                "reason": each.outcome.reason,
            }
            for each in taken
        ],
    }
