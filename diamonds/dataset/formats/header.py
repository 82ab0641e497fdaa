"""Finds the row with the names of the columns among the first rows of a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from diamonds.dataset.columns.names import is_known
from diamonds.dataset.errors import DataError
from diamonds.diamond import COLUMNS
from diamonds.grades import SCALE, grade_in

LOOKED_AT_ROWS = 50
"""Titles and blank lines before the header are expected within so many rows."""
_NUMBER = re.compile(r"[^\w.,]*\d[\d.,']*\s*\W*\w{0,3}", re.ASCII)
_FEWEST_KNOWN = 2


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, and the position of the first row with data."""

    names: tuple[str, ...]
    first_row: int


def find_header(rows: Sequence[Sequence[str]], place: str, columns: Sequence[str]) -> Header:
    """The header among the first rows of a table; ``columns`` are the names if there is none.

    Raises ``DataError`` when there is none and no names are passed, or another number of them.
    """
    looked_at = rows[:LOOKED_AT_ROWS]
    known = [sum(map(is_known, row)) for row in looked_at]
    if max(known, default=0) >= _FEWEST_KNOWN:
        position = known.index(max(known))
        return Header(tuple(name.strip() for name in rows[position]), position + 1)
    first = next((position for position, row in enumerate(looked_at) if any(map(str.strip, row))), None)
    if first is None:
        raise DataError(f"{place} is empty; a line with the names of the columns is needed.")
    if not _looks_like_data(looked_at[first]):
        return Header(tuple(name.strip() for name in rows[first]), first + 1)
    return Header(_given(looked_at[first], place, columns), first)


def _looks_like_data(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in filled)
    grades = sum(any(grade_in(column, cell) for column in SCALE) for cell in filled)
    return (numbers >= 2 and numbers * 3 >= len(filled)) or (numbers >= 1 and grades >= 2)


def _given(row: Sequence[str], place: str, columns: Sequence[str]) -> tuple[str, ...]:
    if not columns:
        example = (
            f" For the classic order: --columns {','.join(COLUMNS)}." if len(row) == len(COLUMNS) else ""
        )
        raise DataError(
            f"{place} seems to have no header: its first row is {', '.join(row)!r}. Name its {len(row)} "
            f"columns in their order with --columns or DIAMONDS_COLUMNS, or add a first line with their "
            f"names.{example}"
        )
    if len(columns) != len(row):
        raise DataError(
            f"{place} has {len(row)} columns and no header, but --columns has {len(columns)} names: "
            f"{', '.join(columns)}."
        )
    return tuple(columns)
