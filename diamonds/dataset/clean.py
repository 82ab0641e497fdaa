"""Sets aside rows that no real stone can have, and says which rule each broke."""

from dataclasses import dataclass

import pandas as pd

from diamonds.diamond import DIMENSIONS, GRADES, MEASURES, grade_named, typed

LARGEST_MM = 20.0
"""Above any dimension of a 5-carat stone (11 mm); catches misplaced decimal points such as 58.9."""


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """How many rows were read and kept, and how many each rule set aside."""

    read: int
    kept: int
    set_aside: dict[str, int]


def clean(frame: pd.DataFrame) -> tuple[pd.DataFrame, CleaningReport]:
    """The usable rows with typed columns, and what became of the others.

    A row counts under the first rule it breaks. A dimension of zero becomes unknown (NaN).
    """
    rows = _typed(frame)
    rules = {
        "price or weight not above 0": ~((rows["price"] > 0) & (rows["carat"] > 0)),
        "unknown grade": rows[list(GRADES)].isna().any(axis=1),
        f"dimension above {LARGEST_MM:g} mm": (rows[list(DIMENSIONS)] > LARGEST_MM).any(axis=1),
        "copy of another row": rows.duplicated(),
    }
    kept = pd.Series(True, index=rows.index)
    set_aside = {}
    for rule, broken in rules.items():
        set_aside[rule] = int((broken & kept).sum())
        kept &= ~broken
    rows = rows[kept].reset_index(drop=True)
    return rows, CleaningReport(read=len(frame), kept=len(rows), set_aside=set_aside)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.copy()
    for column in (*MEASURES, "price"):
        rows[column] = pd.to_numeric(rows[column], errors="coerce").astype("float64")
        rows[column] = rows[column].where(rows[column].abs() < float("inf"))
    for column in (*DIMENSIONS, "depth", "table"):
        rows[column] = rows[column].where(rows[column] > 0)
    for column in GRADES:
        names = {text: _grade_or_none(column, text) for text in rows[column].unique()}
        rows[column] = rows[column].map(names)
    return typed(rows)


def _grade_or_none(column: str, text: object) -> str | None:
    try:
        return grade_named(column, text)
    except ValueError:
        return None
