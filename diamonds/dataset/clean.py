"""Validates rows: sets aside those that break a rule, and counts them by rule with some examples."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from diamonds.dataset.cells import parse_grades, parse_numbers, texts_of
from diamonds.dataset.rules import MALFORMED, NUMBERS, RULES, broken_rule, unreadable
from diamonds.dataset.table import Batch
from diamonds.diamond import COLUMNS, DIMENSIONS, GRADES

EXAMPLES = 5
"""Maximum number of example rows for each rule."""
SPELLINGS = 20
"""Maximum number of unknown grades of each column that a report lists."""
_LONGEST_TEXT = 80

Example = dict[str, str]


@dataclass(slots=True)
class CleaningSummary:
    """Counts of the rows read so far, of those set aside by rule, and of what was unknown in them."""

    read: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    unknown_grades: Counter[tuple[str, str]] = field(default_factory=Counter)
    zero_dimensions: Counter[str] = field(default_factory=Counter)

    def count_set_aside(self, rule: str, rows: int, examples: list[Example]) -> None:
        """Counts rows that broke ``rule``, and stores the first few examples."""
        self.set_aside[rule] += rows
        stored = self.examples.setdefault(rule, [])
        stored += examples[: EXAMPLES - len(stored)]

    def counts(self) -> dict[str, Any]:
        """The counts by the fields of ``DataReport`` that they fill."""
        return {
            "read": self.read,
            "set_aside": dict(self.set_aside),
            "examples": self.examples,
            "unknown_grades": _by_column(self.unknown_grades),
            "zero_dimensions": dict(self.zero_dimensions),
        }


def _by_column(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """The most frequent spellings of each column."""
    columns: dict[str, dict[str, int]] = {}
    for (column, text), rows in counts.most_common():
        spellings = columns.setdefault(column, {})
        if len(spellings) < SPELLINGS:
            spellings[text] = rows
    return columns


def clean(
    batch: Batch, names: Mapping[str, str], mark: str, place: str, summary: CleaningSummary
) -> pl.DataFrame:
    """The valid rows, columns ``COLUMNS`` with ordered grades and null for unknown; counts in ``summary``.

    A dimension of zero was not measured: it is unknown. ``names`` maps our columns to those of the table,
    ``mark`` is the decimal mark of its texts, ``place`` where the table is.
    """
    summary.read += len(batch.rows) + len(batch.malformed)
    if batch.malformed:
        lines = [{"place": place, "line": line[:200]} for line in batch.malformed[:EXAMPLES]]
        summary.count_set_aside(MALFORMED, len(batch.malformed), lines)
    rows = _parsed(batch.rows, names, mark)
    measured = rows.with_columns(pl.when(pl.col(name) != 0).then(pl.col(name)) for name in DIMENSIONS)
    broken = measured.select(broken_rule().alias("rule")).to_series()
    summary.zero_dimensions.update(_zeros(rows, broken))
    if broken.null_count() == len(broken):
        return measured.select(COLUMNS)
    _count_broken(batch.rows, broken, names, place, summary)
    return measured.select(COLUMNS).filter(broken.is_null())


def _zeros(rows: pl.DataFrame, broken: pl.Series) -> dict[str, int]:
    counts = {name: int(((rows[name] == 0) & broken.is_null()).sum()) for name in DIMENSIONS}
    return {name: count for name, count in counts.items() if count}


def _parsed(raw: pl.DataFrame, names: Mapping[str, str], mark: str) -> pl.DataFrame:
    absent = pl.repeat(None, len(raw), dtype=pl.Null, eager=True)
    columns: dict[str, pl.Series] = {}
    for column in NUMBERS:
        cells = raw[names[column]] if column in names else absent
        columns[column], columns[unreadable(column)] = parse_numbers(cells, mark)
    for column in GRADES:
        columns[column] = parse_grades(raw[names[column]], column)
    return pl.DataFrame(columns)


def _count_broken(
    raw: pl.DataFrame, broken: pl.Series, names: Mapping[str, str], place: str, summary: CleaningSummary
) -> None:
    aside = raw.with_columns(broken).filter(broken.is_not_null())
    rules = list(RULES)
    for (number,), rows in aside.group_by("rule", maintain_order=True):
        rule = rules[int(str(number))]
        summary.count_set_aside(rule, len(rows), _examples(rows, names, place))
        if column := next((column for column in GRADES if rule == f"unknown {column}"), None):
            spellings = texts_of(rows[names[column]]).fill_null("").str.slice(0, _LONGEST_TEXT)
            counts = spellings.value_counts().iter_rows()
            summary.unknown_grades.update({(column, text): count for text, count in counts})


def _examples(rows: pl.DataFrame, names: Mapping[str, str], place: str) -> list[Example]:
    return [
        {"place": place, **{column: str(row[name])[:_LONGEST_TEXT] for column, name in names.items()}}
        for row in rows.head(EXAMPLES).iter_rows(named=True)
    ]
