"""The cleaned stones of one training run, with what identifies them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd
import polars as pl

from diamonds.dataset.cells import decimal_mark
from diamonds.dataset.clean import Account, clean
from diamonds.dataset.columns import Recognised, recognise_columns
from diamonds.dataset.content import by_content, columns_of, frame_at
from diamonds.dataset.distribution import grades_of, measures_of
from diamonds.dataset.errors import ColumnError, DataError
from diamonds.dataset.read import batches_of, shown, tables_of
from diamonds.dataset.report import DataReport, TableAccount
from diamonds.dataset.rules import NUMBERS
from diamonds.dataset.split import falls_in_hold_out, identities
from diamonds.dataset.table import Table
from diamonds.diamond import COLUMNS, GRADES
from diamonds.settings import settings

FEWEST_ROWS = 100
SPELLINGS = 20
"""The most unknown grades of each column that a report lists."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cleaned stones on the two sides of the split; ``fingerprint`` is a hash of their content.

    The rows are in the order of their hashes, so that equal fingerprints mean equal frames.
    """

    training: pd.DataFrame
    hold_out: pd.DataFrame
    fingerprint: str
    report: DataReport


class TooManySetAside(DataError):
    """So many rows broke a rule that the rest should not be trusted; ``report`` tells which."""

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
    """Reads, cleans, identifies and splits the stones of ``source``, as ``tables_of`` finds them.

    Raises ``DataError`` when they cannot be read, too many break a rule or too few are usable.
    """
    account = Account()
    parts: list[pl.DataFrame] = []
    tables: list[TableAccount] = []
    with tables_of(source) as found:
        for table in found:
            before = account.read
            recognised = _recognised(table)
            parts += _cleaned(table, recognised, account)
            tables.append(_told(table, recognised, account.read - before))
    stones = pl.concat([_NO_STONES, *parts])
    return _judged(_dataset(stones, account, shown(source), tuple(tables)))


_NO_STONES = pl.DataFrame(
    schema={name: pl.Enum(GRADES[name]) if name in GRADES else pl.Float64 for name in COLUMNS}
)


def _recognised(table: Table) -> Recognised:
    try:
        return recognise_columns(table.columns, aliases=settings().column_aliases)
    except ColumnError as error:
        raise ColumnError(f"{table.place}: {error}") from None


def _cleaned(table: Table, recognised: Recognised, account: Account) -> Iterator[pl.DataFrame]:
    names, mark = recognised.names, ""
    for batch in batches_of(table, list(names.values())):
        mark = mark or decimal_mark(batch.rows.select(names[ours] for ours in NUMBERS if ours in names))
        yield clean(batch, names, mark, table.place, account)


def _told(table: Table, recognised: Recognised, rows: int) -> TableAccount:
    return TableAccount(place=table.place, rows=rows, columns=recognised.names, ignored=recognised.ignored)


def _dataset(
    stones: pl.DataFrame, account: Account, source: str, tables: tuple[TableAccount, ...]
) -> Dataset:
    measures, codes = columns_of(stones)
    order, fingerprint = by_content(measures, codes)
    held_out = falls_in_hold_out(identities(measures, codes))[order]
    training = frame_at(measures, codes, order[~held_out])
    hold_out = frame_at(measures, codes, order[held_out])
    report = DataReport(
        source=source,
        fingerprint=fingerprint,
        tables=tables,
        read=account.read,
        kept=len(order),
        copies=len(stones) - len(order),
        set_aside=dict(account.set_aside),
        examples=account.examples,
        unknown_grades=_by_column(account.unknown_grades),
        zero_dimensions=dict(account.zero_dimensions),
        measures=measures_of([training, hold_out]),
        grades=grades_of([training, hold_out]),
        training=len(training),
        hold_out=len(hold_out),
    )
    return Dataset(training, hold_out, fingerprint, report)


def _by_column(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """The most frequent spellings of each column."""
    columns: dict[str, dict[str, int]] = {}
    for (column, text), rows in counts.most_common():
        spellings = columns.setdefault(column, {})
        if len(spellings) < SPELLINGS:
            spellings[text] = rows
    return columns


def _judged(dataset: Dataset) -> Dataset:
    report, largest_share = dataset.report, settings().largest_set_aside_share
    if report.set_aside_share > largest_share:
        raise TooManySetAside.of(report, largest_share)
    if report.kept < FEWEST_ROWS:
        raise DataError(
            f"{report.source} has {report.kept} usable stones of {report.read} rows; "
            f"at least {FEWEST_ROWS} are needed."
        )
    return dataset
