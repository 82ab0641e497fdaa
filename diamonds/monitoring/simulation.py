"""Writes the calls and sales of a simulated market into the record, at its own times."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid4

import numpy as np
import orjson
import pandas as pd
import uuid_utils

from diamonds.database import engine
from diamonds.exchanges import Body, Request, Response
from diamonds.exchanges.database.partitions import create_partitions
from diamonds.exchanges.database.sales import Sale, store_sales
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from diamonds.models.features import matrix_of
from diamonds.models.spec import Prices
from diamonds.monitoring.market import Day, Market, stone_of
from diamonds.pricing.pricer import Pricer, Quotes

_BATCH = 1_000


def write_day(market: Market, day: Day, pricer: Pricer) -> pd.DataFrame:
    """Writes the calls of a day, as this version answers them; returns what is sold: see ``Market.sales``.

    The sales have the id of their quote as ``exchange_id``, and are not written yet: ``write_sales`` does.
    """
    create_partitions(day.calls["at"].iloc[0].to_pydatetime())
    quotes = pricer.quotes(matrix_of(day.calls))
    exchanges = list(_exchanges(day.calls, quotes, pricer))
    for start in range(0, len(exchanges), _BATCH):
        with engine().begin() as connection:
            upsert(connection, exchanges[start : start + _BATCH])
    quoted: Prices = np.where(day.calls["bad"], np.nan, quotes.price)
    sales = market.sales(day, quoted)
    return sales.assign(exchange_id=[exchanges[place][0].id for place in sales["place"]])


def write_sales(sales: pd.DataFrame) -> int:
    """Writes sales, as a file of them would be taken; returns how many are new."""
    rows = [
        Sale(UUID(row["exchange_id"]), row["price"], row["sold_at"].to_pydatetime())
        for row in sales.to_dict("records")
    ]
    outcomes = store_sales(rows, UUID(str(uuid_utils.uuid7())), lambda _: set())
    return sum(outcome.result == "stored" for outcome in outcomes)


def _exchanges(calls: pd.DataFrame, quotes: Quotes, pricer: Pricer) -> Iterator[Joined]:
    source = {"coverage": pricer.coverage, "currency": pricer.currency, "model": pricer.version.model}
    for place, row in enumerate(calls.to_dict("records")):
        stone = {**stone_of(row), "carat": -1.0} if row["bad"] else stone_of(row)
        quote = {"price": quotes.price[place], "low": quotes.low[place], "high": quotes.high[place]}
        warnings = {"warnings": quotes.warnings[place]} if place in quotes.warnings else {}
        answer = {**quote, **warnings, **source, "version": pricer.tag}
        asked = _request(row["at"].to_pydatetime(), place, row["user_agent"], stone)
        yield asked, _refusal(asked) if row["bad"] else _response(asked, answer, pricer)


def _request(at: datetime, number: int, agent: str, stone: object) -> Request:
    body, headers = Body(orjson.dumps(stone)), {"user-agent": agent}
    return Request(number, _id_at(at), at.timestamp(), "POST", "/predict", "", headers, False, body)


def _response(request: Request, answer: object, pricer: Pricer) -> Response:
    body = Body(orjson.dumps(answer))
    return Response(request.number, request.id, 1.0, 200, pricer.version.model, pricer.tag, body)


def _refusal(request: Request) -> Response:
    body = Body(b'{"error":{"code":"invalid_input"}}')
    return Response(request.number, request.id, 1.0, 400, None, None, body)


def _id_at(moment: datetime) -> str:
    """A UUIDv7 of a moment: 48 bits of milliseconds, version and variant, and otherwise random bits."""
    milliseconds, random_bits = int(moment.timestamp() * 1000), uuid4().int
    low, high = random_bits & ((1 << 62) - 1), random_bits >> 116
    return str(UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))
