"""Tells what a dataset was made of: rows read, kept and set aside, and how its columns are distributed."""

from collections.abc import Callable

import polars as pl
from pydantic import BaseModel, ConfigDict

from diamonds.diamond import GRADES, MEASURES

_QUANTILES = {"low": 0.05, "quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "high": 0.95}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measured(_Frozen):
    """The distribution of a measure: quantiles at 5, 25, 50, 75 and 95%; all None if none is known."""

    known: int
    unknown: int
    smallest: float | None
    low: float | None
    quarter: float | None
    median: float | None
    three_quarters: float | None
    high: float | None
    largest: float | None
    mean: float | None


class TableAccount(_Frozen):
    """One table that was read, and how its columns were understood."""

    place: str
    rows: int
    columns: dict[str, str]
    ignored: tuple[str, ...]


class DataReport(_Frozen):
    """What a dataset was made of; ``set_aside`` counts rows by the first rule they broke."""

    source: str
    fingerprint: str
    tables: tuple[TableAccount, ...]
    read: int
    kept: int
    copies: int
    set_aside: dict[str, int]
    examples: dict[str, list[dict[str, str]]]
    unknown_grades: dict[str, dict[str, int]]
    zero_dimensions: dict[str, int]
    measures: dict[str, Measured]
    grades: dict[str, dict[str, int]]
    training: int
    hold_out: int
    changes: tuple[str, ...] = ()

    @property
    def set_aside_share(self) -> float:
        """The share of the rows read that broke a rule; copies break none."""
        return sum(self.set_aside.values()) / self.read if self.read else 0.0


def measures_of(stones: pl.DataFrame) -> dict[str, Measured]:
    """The distribution of each measure and of the price."""
    columns = (*MEASURES, "price")
    statistics: dict[str, Callable[[pl.Expr], pl.Expr]] = {
        "known": lambda column: column.count(),
        "unknown": lambda column: column.null_count(),
        "smallest": lambda column: column.min(),
        **{name: _quantile(share) for name, share in _QUANTILES.items()},
        "largest": lambda column: column.max(),
        "mean": lambda column: column.mean(),
    }
    values = stones.select(
        statistic(pl.col(column)).alias(f"{column} {name}")
        for column in columns
        for name, statistic in statistics.items()
    ).row(0, named=True)
    return {
        column: Measured.model_validate({name: values[f"{column} {name}"] for name in statistics})
        for column in columns
    }


def _quantile(share: float) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column.quantile(share, "nearest")


def grades_of(stones: pl.DataFrame) -> dict[str, dict[str, int]]:
    """How many stones have each grade, from the worst to the best."""
    counts = {column: dict(stones[column].cast(pl.String).value_counts().iter_rows()) for column in GRADES}
    return {column: {grade: counts[column].get(grade, 0) for grade in GRADES[column]} for column in GRADES}
