"""Sets aside stones of grades beyond the classic ones that too few stones have for a model to learn them."""

import polars as pl

from diamonds.dataset.clean import CleaningSummary
from diamonds.dataset.rules import FEWEST_OF_A_GRADE, rare_rule
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES


def without_rare_grades(stones: pl.DataFrame, summary: CleaningSummary) -> pl.DataFrame:
    """The stones without those of rare grades, which are counted in ``summary``; copies count once."""
    while rare := _rare(stones):
        for column, grades in rare.items():
            is_rare = stones[column].is_in(list(grades))
            summary.count_rare_grades(rare_rule(column), column, stones.filter(is_rare))
            stones = stones.filter(~is_rare)
    return stones


def _rare(stones: pl.DataFrame) -> dict[str, set[str]]:
    """The grades of each column that too few stones have; those of the classic scale are never rare."""
    if not any((stones[name].to_physical() >= len(grades)).any() for name, grades in GRADES.items()):
        return {}
    distinct = stones.select(COLUMNS).unique()
    counts = {name: distinct[name].cast(pl.String).value_counts().iter_rows() for name in GRADES}
    rare = {
        name: {grade for grade, rows in each if grade not in GRADES[name] and rows < FEWEST_OF_A_GRADE}
        for name, each in counts.items()
    }
    return {name: grades for name, grades in rare.items() if grades}
