"""Adds sales of quoted stones to a dataset, cleaned and split as its own rows, and weighs all rows by age."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
import polars as pl

from diamonds.dataset.clean import CleaningSummary, clean
from diamonds.dataset.content import Dtypes, columns_of, days_of, frame_at, without_copies
from diamonds.dataset.dataset import Dataset
from diamonds.dataset.distribution import grades_of, measures_of
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.market import Market
from diamonds.dataset.parse import SOLD_AT
from diamonds.dataset.recency import WEIGHT, recency
from diamonds.dataset.report import DataReport, TableSummary
from diamonds.dataset.split import identities, in_hold_out
from diamonds.dataset.table import Batch
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES

PLACE = "sales of quoted stones"
SOURCE, MARKET, RECORD = "source", "market", "record"
"""The column that says where a row comes from: the market's data, or the record of quotes and sales."""
SCHEMA = {name: pl.String if name in GRADES else pl.Float64 for name in COLUMNS} | {"sold_at": pl.Date}
"""The columns of sales: stones as their clients described them, the price that was paid, and the day."""

_READ_AS = Interpretation(PLACE, {name: name for name in COLUMNS} | {SOLD_AT: "sold_at"})
_OTHER_GRADES = "grades that the market's data does not have"


def with_sales(
    dataset: Dataset,
    sales: pl.DataFrame,
    *,
    half_life_days: float,
    today: date,
    refused: Mapping[str, int] | None = None,
    market_level: float = 0.0,
) -> Dataset:
    """The dataset with these sales (columns ``SCHEMA``) beside its own rows, and a weight of every row.

    Sales that break a rule are left out, and so are copies and stones of grades that the dataset does not
    have. The hash of a stone decides on its side, as for any other. The frames have the columns ``sold_at``,
    ``SOURCE`` and ``WEIGHT`` after the others. ``refused`` says why other sales are not among these, for the
    report, and ``market_level`` is the logarithm of the factor by which the prices of the dataset's own rows
    are moved. A dataset without any date, and no sales, is returned as it is.
    """
    sold = _Sold.of(sales, dataset)
    training = _joined(_moved(dataset.training, market_level), sold.training)
    hold_out = _joined(_moved(dataset.hold_out, market_level), sold.hold_out)
    sold_at = pd.concat([training["sold_at"], hold_out["sold_at"]])
    newest = sold_at[sold_at <= pd.Timestamp(today)].max()
    if pd.isna(newest):
        return dataset
    weight = recency(sold_at, newest, half_life_days)
    sides = (
        training.assign(**{WEIGHT: weight[: len(training)]}),
        hold_out.assign(**{WEIGHT: weight[len(training) :]}),
    )
    parts = (dataset.fingerprint, sold.fingerprint, half_life_days, newest.isoformat(), market_level)
    fingerprint = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return Dataset(
        *sides, fingerprint, _report(dataset.report, fingerprint, sides, sold, refused or {}, market_level)
    )


@dataclass(frozen=True, slots=True)
class _Sold:
    """Cleaned sales by their side of the split, how many there were, and why others are not among them."""

    training: pd.DataFrame
    hold_out: pd.DataFrame
    fingerprint: str
    read: int
    copies: int
    left_out: Mapping[str, int]

    @classmethod
    def of(cls, sales: pl.DataFrame, dataset: Dataset) -> "_Sold":
        summary, dtypes = CleaningSummary(), _dtypes(dataset)
        valid = clean(Batch(sales.select(list(SCHEMA))), _READ_AS, Market.of_settings(), {}, summary)
        valid = valid.rename({SOLD_AT: "sold_at"})
        known = valid.filter(
            pl.col(name).cast(pl.String).is_in(list(dtype.categories)) for name, dtype in dtypes.items()
        )
        measures, codes = columns_of(known)
        days = days_of(known)
        order, fingerprint = without_copies(measures, codes, days)
        held_out = in_hold_out(identities(measures, codes))[order]
        return cls(
            training=frame_at(measures, codes, days, order[~held_out], dtypes),
            hold_out=frame_at(measures, codes, days, order[held_out], dtypes),
            fingerprint=fingerprint,
            read=len(sales),
            copies=len(known) - len(order),
            left_out={**summary.set_aside, _OTHER_GRADES: len(valid) - len(known)},
        )


def _dtypes(dataset: Dataset) -> Dtypes:
    categories = {name: dataset.training[name].cat.categories for name in GRADES}
    return {name: pd.CategoricalDtype(grades, ordered=True) for name, grades in categories.items()}


def _moved(market: pd.DataFrame, level: float) -> pd.DataFrame:
    return market.assign(price=market["price"] * math.exp(level)) if level else market


def _joined(market: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """Rows of both with ``sold_at`` and their source, the market's first."""
    if "sold_at" not in market:
        market = market.assign(sold_at=pd.Series(pd.NaT, market.index, dtype="datetime64[ms]"))
    sources = pd.CategoricalDtype([MARKET, RECORD])
    sides = [(market, MARKET)] if sold.empty else [(market, MARKET), (sold, RECORD)]
    marked = [
        rows.assign(**{SOURCE: pd.Categorical([name] * len(rows), dtype=sources)}) for rows, name in sides
    ]
    return pd.concat(marked, ignore_index=True)


def _report(
    before: DataReport,
    fingerprint: str,
    sides: tuple[pd.DataFrame, pd.DataFrame],
    sold: _Sold,
    refused: Mapping[str, int],
    market_level: float,
) -> DataReport:
    used = len(sold.training) + len(sold.hold_out)
    table = TableSummary(place=PLACE, rows=sold.read, columns=dict(_READ_AS.our_columns), ignored=())
    changes = {
        "fingerprint": fingerprint,
        "tables": (*before.tables, table),
        "read": before.read + used + sold.copies,
        "kept": before.kept + used,
        "copies": before.copies + sold.copies,
        "measures": measures_of(sides),
        "grades": grades_of(sides),
        "training": len(sides[0]),
        "hold_out": len(sides[1]),
        "notes": (*before.notes, *_notes(used, {**refused, **sold.left_out}, market_level)),
    }
    return before.model_copy(update=changes)


def _notes(used: int, left_out: Mapping[str, int], market_level: float) -> Iterator[str]:
    """How many sales are among the stones, why others are not, and how far prices were moved."""
    yield f"{used:,} {PLACE} are among the stones."
    if market_level:
        yield f"The other prices are moved by {math.expm1(market_level):+.1%}, to where the newest sales are."
    reasons = "; ".join(f"{reason}: {sales:,}" for reason, sales in left_out.items() if sales)
    if reasons:
        yield f"Other {PLACE} are left out: {reasons}."
