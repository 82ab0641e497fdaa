"""Reads what is asked for the stones of a file that are to be priced."""

import re

import polars as pl

from diamonds.dataset.cells.texts import is_missing, texts_of
from diamonds.dataset.columns.names import normalised
from diamonds.dataset.columns.recognise import REQUIRED
from diamonds.dataset.errors import ColumnError
from diamonds.dataset.interpret import interpret
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.mapping import ColumnMapping
from diamonds.dataset.market import Market
from diamonds.dataset.parse import OTHER_CURRENCY, parsed
from diamonds.dataset.table import Table

_ASKING = re.compile(r"ask(ed|ing)?(price)?|(list(ed|ing)?|offer(ed)?|retail)price|(price)?(asked|offered)")


def interpret_with_prices(table: Table, mapping: ColumnMapping) -> Interpretation | None:
    """How to read the table with its prices; None where it has none, or could have several.

    A column whose name says that it is asked for prevails.
    """
    market = Market.of_settings()
    asking = [name for name in table.columns if _is_asking(name, market.currency)]
    aliases = ({"price": asking} if len(asking) == 1 else {}) | mapping.aliases()
    try:
        return interpret(table, market, needed=REQUIRED, aliases=aliases)
    except ColumnError:  # it is priced all the same
        return None


def _is_asking(name: str, currency: str) -> bool:
    return _ASKING.fullmatch(normalised(name).removesuffix(currency.casefold())) is not None


def asking_prices(raw: pl.DataFrame, interpretation: Interpretation, market: Market) -> pl.Series:
    """The price of each row; null where there is no number above 0, or it is in another currency."""
    rows = parsed(raw, interpretation, market, {})
    usable = rows["price"].is_finite() & (rows["price"] > 0)
    if OTHER_CURRENCY in rows.columns:
        usable &= ~rows[OTHER_CURRENCY]
    return pl.select(pl.when(usable).then(rows["price"]).alias("asked")).to_series()


def notes_on_prices(raw: pl.DataFrame, interpretation: Interpretation, asked: pl.Series) -> list[str]:
    """That prices of the file are not compared with ours, for they are not read as ours are."""
    name = interpretation.our_columns["price"]
    texts = texts_of(raw[name].filter(asked.is_null())).drop_nulls()
    unread = sum(not is_missing(text) for text in texts)
    if not unread:
        return []
    currency = Market.of_settings().currency
    return [
        f"{unread:,} cells of {name!r} are no amounts in {currency}, and are not compared with our prices."
    ]
