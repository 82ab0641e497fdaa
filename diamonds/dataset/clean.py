"""Sets aside rows that no sold stone can have, and keeps account of the rule that each broke."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from diamonds.dataset.cells import grades, numbers, texts_of
from diamonds.dataset.rules import MALFORMED, NUMBERS, RULES, broken_rule, unreadable
from diamonds.dataset.table import Batch
from diamonds.diamond import COLUMNS, DIMENSIONS, GRADES

EXAMPLES = 5
"""The most rows of each rule that are shown."""
_LONGEST_TEXT = 80

Example = dict[str, str]


@dataclass(slots=True)
class Account:
    """What became of the rows read so far."""

    read: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    unknown_grades: Counter[tuple[str, str]] = field(default_factory=Counter)
    zero_dimensions: Counter[str] = field(default_factory=Counter)

    def put_aside(self, rule: str, rows: int, examples: list[Example]) -> None:
        """Counts rows that broke ``rule`` and keeps the first few examples."""
        self.set_aside[rule] += rows
        shown = self.examples.setdefault(rule, [])
        shown += examples[: EXAMPLES - len(shown)]


def clean(batch: Batch, names: Mapping[str, str], mark: str, place: str, account: Account) -> pl.DataFrame:
    """The usable rows, columns ``COLUMNS`` with ordered grades and null for unknown; the rest to ``account``.

    A dimension of zero was not measured: it is unknown. ``names`` gives the found name of each column,
    ``mark`` the decimal mark of its texts.
    """
    account.read += len(batch.rows) + len(batch.malformed)
    if batch.malformed:
        lines = [{"place": place, "line": line[:200]} for line in batch.malformed[:EXAMPLES]]
        account.put_aside(MALFORMED, len(batch.malformed), lines)
    rows = _typed(batch.rows, names, mark)
    measured = rows.with_columns(pl.when(pl.col(name) != 0).then(pl.col(name)) for name in DIMENSIONS)
    broken = measured.select(broken_rule().alias("rule")).to_series()
    account.zero_dimensions.update(_zeros(rows, broken))
    if broken.null_count() == len(broken):
        return measured.select(COLUMNS)
    _count_broken(batch.rows, broken, names, place, account)
    return measured.select(COLUMNS).filter(broken.is_null())


def _zeros(rows: pl.DataFrame, broken: pl.Series) -> dict[str, int]:
    counts = {name: int(((rows[name] == 0) & broken.is_null()).sum()) for name in DIMENSIONS}
    return {name: count for name, count in counts.items() if count}


def _typed(raw: pl.DataFrame, names: Mapping[str, str], mark: str) -> pl.DataFrame:
    absent = pl.repeat(None, len(raw), dtype=pl.Null, eager=True)
    columns: dict[str, pl.Series] = {}
    for column in NUMBERS:
        cells = raw[names[column]] if column in names else absent
        columns[column], columns[unreadable(column)] = numbers(cells, mark)
    for column in GRADES:
        columns[column] = grades(raw[names[column]], column)
    return pl.DataFrame(columns)


def _count_broken(
    raw: pl.DataFrame, broken: pl.Series, names: Mapping[str, str], place: str, account: Account
) -> None:
    aside = raw.with_columns(broken).filter(broken.is_not_null())
    rules = list(RULES)
    for (number,), rows in aside.group_by("rule", maintain_order=True):
        rule = rules[int(str(number))]
        account.put_aside(rule, len(rows), _examples(rows, names, place))
        if column := next((column for column in GRADES if rule == f"unknown {column}"), None):
            spelled = texts_of(rows[names[column]]).fill_null("").str.slice(0, _LONGEST_TEXT).value_counts()
            account.unknown_grades.update({(column, text): count for text, count in spelled.iter_rows()})


def _examples(rows: pl.DataFrame, names: Mapping[str, str], place: str) -> list[Example]:
    return [
        {"place": place, **{ours: str(row[found])[:_LONGEST_TEXT] for ours, found in names.items()}}
        for row in rows.head(EXAMPLES).iter_rows(named=True)
    ]
