"""Prices the stones of a file: each row with its price and its deal, or with the problem why it has none."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from diamonds.dataset import StonesFile
from diamonds.dataset.priced_file import PROBLEM, QUOTED, priced_rows
from diamonds.models.features import matrix_of_columns
from diamonds.pricing.deals import compare
from diamonds.pricing.pricer import Pricer, Quotes
from diamonds.pricing.scope import Fitted


def price_stones(file: StonesFile, pricer: Pricer) -> pl.DataFrame:
    """The rows of a file as they came, and beside each what ``diamonds.dataset.priced_file`` names.

    Asking prices are compared where the file has some.
    """
    stones = file.priceable
    fitted = pricer.fit(matrix_of_columns({name: stones[name].to_list() for name in stones.columns}))
    quotes = pricer.quotes(fitted.rows)
    columns = _columns(quotes, fitted)
    if file.has_asked:
        deals = asdict(compare(file.asked.filter(file.reasons.is_null()).to_numpy(), quotes))
        columns |= {name: _unless_refused(deals[name], fitted) for name in deals}
    return priced_rows(file, columns)


def _columns(quotes: Quotes, fitted: Fitted) -> dict[str, list[Any]]:
    places = range(len(quotes.price))
    warnings = [[*fitted.warnings.get(at, []), *quotes.warnings.get(at, [])] for at in places]
    values: list[Sequence[Any]] = [quotes.price, quotes.low, quotes.high, list(map(" ".join, warnings))]
    known = {name: _unless_refused(each, fitted) for name, each in zip(QUOTED, values, strict=True)}
    return {**known, PROBLEM: [str(fitted.refused[at]) if at in fitted.refused else None for at in places]}


def _unless_refused(values: Sequence[Any], fitted: Fitted) -> list[Any]:
    return [None if at in fitted.refused or value == "" else value for at, value in enumerate(values)]
