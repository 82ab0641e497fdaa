"""Loads the dataset of a training run: reads, cleans, fingerprints and splits sold stones."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd
import polars as pl

from diamonds.dataset.cells import decimal_mark
from diamonds.dataset.clean import CleaningSummary, clean
from diamonds.dataset.columns import Recognised, recognise_columns
from diamonds.dataset.content import columns_of, frame_at, without_copies
from diamonds.dataset.distribution import grades_of, measures_of
from diamonds.dataset.errors import ColumnError, DataError
from diamonds.dataset.read import batches_of, tables_of, without_secrets
from diamonds.dataset.report import DataReport, TableSummary
from diamonds.dataset.rules import NUMBERS
from diamonds.dataset.split import identities, in_hold_out
from diamonds.dataset.table import Table
from diamonds.diamond import COLUMNS, GRADES
from diamonds.settings import settings

FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cleaned stones, split into training and hold-out; ``fingerprint`` is a hash of their content.

    The rows are in the order of their hashes, so that equal fingerprints mean equal frames.
    """

    training: pd.DataFrame
    hold_out: pd.DataFrame
    fingerprint: str
    report: DataReport


class TooManySetAside(DataError):
    """The share of rows that broke a rule is above the limit; ``report`` has the details."""

    report: DataReport

    @classmethod
    def of(cls, report: DataReport, largest_share: float) -> Self:
        rules = ", ".join(f"{rule}: {rows:,}" for rule, rows in report.set_aside.items())
        error = cls(
            f"{report.source} has {sum(report.set_aside.values()):,} of {report.read:,} rows that "
            f"break a rule ({report.set_aside_share:.1%}; at most {largest_share:.1%} may): {rules}."
        )
        error.report = report
        return error


def load_dataset(source: str | Path) -> Dataset:
    """Reads, cleans, fingerprints and splits the stones of ``source``, as ``tables_of`` finds them.

    Raises ``DataError`` when they cannot be read, too many break a rule or too few are valid.
    """
    summary = CleaningSummary()
    parts: list[pl.DataFrame] = []
    summaries: list[TableSummary] = []
    with tables_of(source) as tables:
        for table in tables:
            before = summary.read
            recognised = _recognised(table)
            parts += _cleaned(table, recognised, summary)
            summaries.append(_table_summary(table, recognised, summary.read - before))
    stones = pl.concat([_NO_STONES, *parts])
    return _checked(_dataset(stones, summary, without_secrets(source), tuple(summaries)))


_NO_STONES = pl.DataFrame(
    schema={name: pl.Enum(GRADES[name]) if name in GRADES else pl.Float64 for name in COLUMNS}
)


def _recognised(table: Table) -> Recognised:
    try:
        return recognise_columns(table.columns, aliases=settings().column_aliases)
    except ColumnError as error:
        raise ColumnError(f"{table.place}: {error}") from None


def _cleaned(table: Table, recognised: Recognised, summary: CleaningSummary) -> Iterator[pl.DataFrame]:
    names, mark = recognised.names, ""
    for batch in batches_of(table, list(names.values())):
        mark = mark or decimal_mark(batch.rows.select(names[column] for column in NUMBERS if column in names))
        yield clean(batch, names, mark, table.place, summary)


def _table_summary(table: Table, recognised: Recognised, rows: int) -> TableSummary:
    return TableSummary(place=table.place, rows=rows, columns=recognised.names, ignored=recognised.ignored)


def _dataset(
    stones: pl.DataFrame, summary: CleaningSummary, source: str, tables: tuple[TableSummary, ...]
) -> Dataset:
    measures, codes = columns_of(stones)
    order, fingerprint = without_copies(measures, codes)
    held_out = in_hold_out(identities(measures, codes))[order]
    training = frame_at(measures, codes, order[~held_out])
    hold_out = frame_at(measures, codes, order[held_out])
    report = DataReport(
        source=source,
        fingerprint=fingerprint,
        tables=tables,
        kept=len(order),
        copies=len(stones) - len(order),
        measures=measures_of([training, hold_out]),
        grades=grades_of([training, hold_out]),
        training=len(training),
        hold_out=len(hold_out),
        **summary.counts(),
    )
    return Dataset(training, hold_out, fingerprint, report)


def _checked(dataset: Dataset) -> Dataset:
    report, largest_share = dataset.report, settings().largest_set_aside_share
    if report.set_aside_share > largest_share:
        raise TooManySetAside.of(report, largest_share)
    if report.kept < FEWEST_ROWS:
        raise DataError(
            f"{report.source} has {report.kept} usable stones of {report.read} rows; "
            f"at least {FEWEST_ROWS} are needed."
        )
    return dataset
