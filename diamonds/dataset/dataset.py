"""Loads the dataset of a training run: reads, cleans, fingerprints and splits sold stones."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from diamonds.dataset.capacity import capacity_notes
from diamonds.dataset.cells.dates import parse_dates
from diamonds.dataset.clean import CleaningSummary, clean
from diamonds.dataset.content import columns_of, days_of, dtypes_of, frame_at, without_copies
from diamonds.dataset.distribution import grades_of, measures_of
from diamonds.dataset.errors import DataError
from diamonds.dataset.hashing import Words
from diamonds.dataset.interpret import interpret
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.mapping import ColumnMapping
from diamonds.dataset.market import Market
from diamonds.dataset.parse import SOLD_AT
from diamonds.dataset.plausibility import SAMPLE_STONES, check_prices
from diamonds.dataset.rare_grades import without_rare_grades
from diamonds.dataset.read import (
    batches_of,
    damage_as_data_error,
    tables_of,
    tables_of_content,
)
from diamonds.dataset.report import DataReport, TableSummary
from diamonds.dataset.source_url import without_secrets
from diamonds.dataset.split import deciding, identities, in_calibration, in_hold_out
from diamonds.dataset.table import Table
from diamonds.diamond import COLUMNS
from diamonds.grades import STORED
from diamonds.settings import settings

if TYPE_CHECKING:
    import pandas as pd

FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cleaned stones, split into training and hold-out; ``fingerprint`` is a hash of their content.

    The rows are in the order of their hashes, so that equal fingerprints mean equal frames. Where a table has
    dates of sale, the frames have a column ``sold_at`` after the others.
    """

    training: "pd.DataFrame"
    hold_out: "pd.DataFrame"
    fingerprint: str
    report: DataReport

    def stones(self) -> "pd.DataFrame":
        """The stones of both sides."""
        import pandas as pd

        return pd.concat([self.training, self.hold_out], ignore_index=True)


class TooManySetAside(DataError):
    """The share of rows that broke a rule is above the limit; ``report`` has the details."""

    report: DataReport

    @classmethod
    def of(cls, report: DataReport, largest_share: float) -> Self:
        error = cls(
            f"{report.source} has {report.broken:,} of {report.of_this_market:,} rows that "
            f"break a rule ({report.set_aside_share:.1%}; at most {largest_share:.1%} may): "
            f"{', '.join(report.set_aside_sentences())}."
        )
        error.report = report
        return error


def load_dataset(
    source: str | Path, content: bytes | None = None, *, mapping: ColumnMapping | None = None
) -> Dataset:
    """Reads, cleans, fingerprints and splits the stones of ``source``, as ``tables_of`` finds them.

    Of ``content``, an uploaded file, ``source`` is the name. ``mapping`` names columns that are not
    recognised, or that a file without a header has; by default that of the settings. Raises ``DataError``
    when the stones cannot be read, too many break a rule, too few are valid, or their prices as a whole are
    implausible.
    """
    return dataset_of(clean_tables(source, mapping or ColumnMapping.of_settings(), content), source)


def dataset_of(cleaned: "CleanedTables", source: str | Path) -> Dataset:
    """The dataset of cleaned tables; raises ``DataError`` when they cannot be trained on."""
    place = without_secrets(source)
    check_prices(_sample([*cleaned.parts, *cleaned.summary.cheap]), place, Market.of_settings())
    dataset = _dataset(cleaned, place)
    _check_counts(dataset.report)
    return dataset


def _sample(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Stones from all parts, about ``SAMPLE_STONES``."""
    step = max(1, sum(map(len, parts)) // SAMPLE_STONES)
    thinned = parts if step == 1 else [part.gather_every(step) for part in parts]
    return pl.concat([_NO_STONES, *(part.select(COLUMNS) for part in thinned)])


@dataclass(slots=True)
class CleanedTables:
    """The valid stones of all tables of a source, and what was read and set aside."""

    parts: list[pl.DataFrame] = field(default_factory=list)
    tables: list[TableSummary] = field(default_factory=list)
    interpretations: list[Interpretation] = field(default_factory=list)
    summary: CleaningSummary = field(default_factory=CleaningSummary)


def clean_tables(source: str | Path, mapping: ColumnMapping, content: bytes | None = None) -> CleanedTables:
    """Reads and cleans every table of ``source``, or of an uploaded file; raises ``DataError``."""
    cleaned, market = CleanedTables(), Market.of_settings()
    with _opened(source, mapping, content) as tables:
        for table in tables:
            with damage_as_data_error(table.place):
                interpretation = interpret(table, market, aliases=mapping.aliases())
            before = cleaned.summary.read
            stones, notes = _with_dates(
                list(_cleaned(table, interpretation, mapping, cleaned.summary)), interpretation
            )
            cleaned.parts += stones
            cleaned.interpretations.append(interpretation)
            cleaned.tables.append(_table_summary(interpretation, cleaned.summary.read - before, notes))
    return cleaned


def _opened(
    source: str | Path, mapping: ColumnMapping, content: bytes | None
) -> AbstractContextManager[Iterator[Table]]:
    if content is None:
        return tables_of(source, mapping.options())
    return tables_of_content(str(source), content, mapping.options())


_NO_STONES = pl.DataFrame(
    schema={name: pl.Enum(STORED[name]) if name in STORED else pl.Float64 for name in COLUMNS}
)


def _cleaned(
    table: Table, interpretation: Interpretation, mapping: ColumnMapping, summary: CleaningSummary
) -> Iterator[pl.DataFrame]:
    market, mapped = Market.of_settings(), mapping.all_grades()
    for batch in batches_of(table, interpretation.used):
        yield clean(batch, interpretation, market, mapped, summary)


def _with_dates(
    parts: list[pl.DataFrame], interpretation: Interpretation
) -> tuple[list[pl.DataFrame], tuple[str, ...]]:
    """The stones of a table with their dates of sale, which only the whole column gives."""
    if SOLD_AT not in interpretation.columns or not parts:
        return parts, ()
    dates = parse_dates(pl.concat([part[SOLD_AT] for part in parts]), interpretation.columns[SOLD_AT])
    return [pl.concat(parts).drop(SOLD_AT).with_columns(dates.dates)], dates.notes


def _table_summary(interpretation: Interpretation, rows: int, notes: tuple[str, ...]) -> TableSummary:
    dates = {"sold_at": interpretation.columns[SOLD_AT]} if SOLD_AT in interpretation.columns else {}
    return TableSummary(
        place=interpretation.place,
        rows=rows,
        columns=interpretation.our_columns | dates,
        ignored=interpretation.ignored,
        market_columns=dict(interpretation.market_columns),
        notes=(*interpretation.notes, *notes),
    )


def _dataset(cleaned: CleanedTables, source: str) -> Dataset:
    stones = pl.concat([_NO_STONES, *cleaned.parts], how="diagonal" if _are_dated(cleaned) else "vertical")
    cleaned.parts.clear()  # at ten million rows, each copy of the stones is half a gigabyte
    stones = without_rare_grades(stones, cleaned.summary)
    valid, (measures, codes), days = len(stones), columns_of(stones), days_of(stones)
    del stones
    order, fingerprint = without_copies(measures, codes, days)
    hashes = identities(measures, codes)[order]
    held_out = in_hold_out(hashes)
    dtypes = dtypes_of(codes, order)
    training = frame_at(measures, codes, days, order[~held_out], dtypes)
    hold_out = frame_at(measures, codes, days, order[held_out], dtypes)
    report = DataReport(
        source=source,
        fingerprint=fingerprint,
        tables=tuple(cleaned.tables),
        kept=len(order),
        copies=valid - len(order),
        measures=measures_of([training, hold_out]),
        grades=grades_of([training, hold_out]),
        training=len(training),
        hold_out=len(hold_out),
        notes=_capacity_notes(hashes[~held_out], hashes[held_out]),
        market=Market.of_settings(),
        **cleaned.summary.counts(),
    )
    return Dataset(training, hold_out, fingerprint, report)


def _capacity_notes(training: Words, hold_out: Words) -> tuple[str, ...]:
    """What stones of these hashes cannot carry."""
    notes = capacity_notes(
        len(training) + len(hold_out),
        calibration=int(in_calibration(training).sum()),
        deciding=deciding(hold_out),
        coverage=settings().coverage,
    )
    return tuple(notes)


def _are_dated(cleaned: CleanedTables) -> bool:
    return any("sold_at" in part.columns for part in cleaned.parts)


def _check_counts(report: DataReport) -> None:
    largest_share = settings().largest_set_aside_share
    if report.set_aside_share > largest_share:
        raise TooManySetAside.of(report, largest_share)
    if report.kept < FEWEST_ROWS:
        aside = ", ".join(report.set_aside_sentences())
        raise DataError(
            f"{report.source} has {report.kept} usable stones of {report.read} rows; "
            f"at least {FEWEST_ROWS} are needed." + (f" Set aside: {aside}." if aside else "")
        )
