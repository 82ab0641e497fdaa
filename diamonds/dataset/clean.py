"""Validates rows: sets aside those that break a rule, and counts them by rule with some examples."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from diamonds.dataset.cells.texts import texts_of
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.market import Market
from diamonds.dataset.parse import SOLD_AT, Mapped, parsed
from diamonds.dataset.rules import (
    CHEAP,
    MALFORMED,
    NUMBERS,
    Rule,
    all_rules,
    broken_rule,
    outside_rule,
    unreadable,
)
from diamonds.dataset.table import Batch
from diamonds.diamond import COLUMNS, DIMENSIONS
from diamonds.grades import GRADES, grade_in

EXAMPLES = 5
"""Maximum number of example rows for each rule."""
SHOWN_CELLS = 3
"""Maximum number of cells that a message shows for each rule."""
SPELLINGS = 20
"""Maximum number of unknown grades of each column that a report lists."""
_LONGEST_TEXT = 80

Example = dict[str, str]


@dataclass(slots=True)
class CleaningSummary:
    """Counts of the rows read so far, of those set aside by rule, and of what was unknown in them.

    ``cheap`` has the stones that break no rule but that of the least price per carat.
    """

    read: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    excluded_rules: dict[str, None] = field(default_factory=dict)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)
    cheap: list[pl.DataFrame] = field(default_factory=list)
    unknown_grades: Counter[tuple[str, str]] = field(default_factory=Counter)
    zero_dimensions: Counter[str] = field(default_factory=Counter)

    def count_set_aside(self, rule: str, rows: int, examples: list[Example], cells: list[str]) -> None:
        """Counts rows that broke ``rule``, and stores the first few examples and cells."""
        self.set_aside[rule] += rows
        stored = self.examples.setdefault(rule, [])
        stored += examples[: EXAMPLES - len(stored)]
        shown = self.cells.setdefault(rule, [])
        shown += cells[: SHOWN_CELLS - len(shown)]

    def count_rare_grades(self, rule: str, column: str, stones: pl.DataFrame) -> None:
        """Counts stones of this column's grades that too few have to learn from."""
        self.excluded_rules[rule] = None
        examples = [
            {name: str(value) for name, value in row.items()} for row in stones.head(EXAMPLES).to_dicts()
        ]
        self.count_set_aside(rule, len(stones), examples, [])
        for grade, rows in stones[column].cast(pl.String).value_counts().iter_rows():
            self.unknown_grades[(column, grade)] += rows

    def counts(self) -> dict[str, Any]:
        """The counts by the fields of ``DataReport`` that they fill."""
        return {
            "read": self.read,
            "set_aside": dict(self.set_aside),
            "excluded_rules": tuple(self.excluded_rules),
            "examples": self.examples,
            "cells": self.cells,
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
    batch: Batch, interpretation: Interpretation, market: Market, mapped: Mapped, summary: CleaningSummary
) -> pl.DataFrame:
    """The valid rows, columns ``COLUMNS`` with ordered grades and null for unknown; counts in ``summary``.

    A dimension of zero was not measured: it is unknown. A column of dates is kept as it is, as ``sold at``.
    ``mapped`` has grades by spellings for each column of grades.
    """
    summary.read += len(batch.rows) + len(batch.malformed)
    if batch.malformed:
        lines = [{"place": interpretation.place, "line": line[:200]} for line in batch.malformed[:EXAMPLES]]
        cells = [repr(line[:_LONGEST_TEXT]) for line in batch.malformed[:SHOWN_CELLS]]
        summary.count_set_aside(MALFORMED, len(batch.malformed), lines, cells)
    rows = parsed(batch.rows, interpretation, market, mapped)
    measured = without_zeros(rows)
    rules = all_rules(market)
    broken = measured.select(broken_rule(rules, measured.columns).alias("rule")).to_series()
    summary.zero_dimensions.update(_zeros(rows, broken))
    columns = [*COLUMNS, SOLD_AT] if SOLD_AT in measured.columns else list(COLUMNS)
    if broken.null_count() == len(broken):
        return measured.select(columns)
    _Counting(batch.rows, rows, interpretation, summary).count(broken, rules)
    if CHEAP in rules:
        summary.cheap.append(measured.select(COLUMNS).filter(broken == list(rules).index(CHEAP)))
    return measured.select(columns).filter(broken.is_null())


def without_zeros(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with null for dimensions of zero."""
    return rows.with_columns(pl.when(pl.col(name) != 0).then(pl.col(name)) for name in DIMENSIONS)


def _zeros(rows: pl.DataFrame, broken: pl.Series) -> dict[str, int]:
    counts = {name: int(((rows[name] == 0) & broken.is_null()).sum()) for name in DIMENSIONS}
    return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class _Counting:
    """Counts the rows of one batch that break a rule, with examples of what stands in them."""

    raw: pl.DataFrame
    parsed: pl.DataFrame
    interpretation: Interpretation
    summary: CleaningSummary

    def count(self, broken: pl.Series, rules: Mapping[str, Rule]) -> None:
        names = list(rules)
        for position in broken.drop_nulls().unique().sort():
            rule, rows = names[position], (broken == position).arg_true()
            first = rows.head(EXAMPLES).to_list()
            cells = [self._cells(row, rules[rule]) for row in first[:SHOWN_CELLS]]
            self.summary.count_set_aside(rule, len(rows), [self._example(row) for row in first], cells)
            if rules[rule].excludes:
                self.summary.excluded_rules[rule] = None
            self._count_grades(rule, rows)

    def _count_grades(self, rule: str, rows: pl.Series) -> None:
        for column in GRADES:
            if rule in (f"unknown {column}", outside_rule(column)):
                texts = texts_of(self.raw[self.interpretation.columns[column]].gather(rows)).fill_null("")
                counts = texts.str.slice(0, _LONGEST_TEXT).value_counts().iter_rows()
                for text, count in counts:
                    self.summary.unknown_grades[(column, _grade_or_text(column, text))] += count

    def _example(self, row: int) -> Example:
        names = self._shown_names().items()
        cells = {column: str(self.raw[name][row])[:_LONGEST_TEXT] for column, name in names}
        return {"place": self.interpretation.place, **cells}

    def _cells(self, row: int, rule: Rule) -> str:
        names = self._shown_names()
        shown = [column for column in rule.columns if column in names]
        if tuple(rule.columns) == NUMBERS:
            shown = [column for column in shown if self._is_at_fault(column, row)] or shown[:1]
        return ", ".join(f"{column} {_cell(self.raw[names[column]][row])}" for column in shown)

    def _is_at_fault(self, column: str, row: int) -> bool:
        value = self.parsed[column][row]
        unusual = value is not None and (value <= 0 or value == float("inf")) and column not in DIMENSIONS
        return self.parsed[unreadable(column)][row] or unusual or (value is not None and value < 0)

    def _shown_names(self) -> dict[str, str]:
        market = {role: names[0] for role, names in self.interpretation.market_columns.items()}
        for role in ("lab-grown", "natural"):
            if role in market:
                market.setdefault("origin", market[role])
        return {**self.interpretation.our_columns, **market}


def _cell(value: object) -> str:
    return repr(str(value)[:_LONGEST_TEXT]) if value is not None else "empty"


def _grade_or_text(column: str, text: str) -> str:
    """The name of a grade outside the scale however it is written, or else the text."""
    grade = grade_in(column, text)
    return grade.name if grade and grade.outside else text
