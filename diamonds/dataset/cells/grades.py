"""Parses cells as grades of the scale, as laboratories and shops write them."""

from collections.abc import Mapping

import polars as pl

from diamonds.dataset.cells.texts import by_spelling, texts_of
from diamonds.grades import STORED, SUPER_IDEAL, grade_in


def parse_grades(
    cells: pl.Series, column: str, excellent: str, mapped: Mapping[str, str]
) -> tuple[pl.Series, pl.Series | None]:
    """The cells as an enumeration of ``STORED``, null for others, and which are outside the scale.

    ``excellent`` is the grade that *Excellent* is read as; ``mapped`` has grades by spellings that prevail.
    """
    texts, scale = texts_of(cells), pl.Enum(STORED[column])
    exact = texts.cast(scale, strict=False)
    # The usual case, and by far the fastest. What shops call Super Ideal is Ideal, unless it is mapped.
    if not exact.has_nulls() and not mapped and (column != "cut" or not (exact == SUPER_IDEAL).any()):
        return exact, None

    def grade_of(text: str) -> str | None:
        grade = grade_in(column, text, excellent, mapped)
        return grade.name if grade and not grade.outside else None

    def is_outside(text: str) -> bool:
        grade = grade_in(column, text, excellent, mapped)
        return grade is not None and grade.outside

    grades = by_spelling(texts, grade_of, scale)
    return grades, by_spelling(texts, is_outside, pl.Boolean).fill_null(False)
