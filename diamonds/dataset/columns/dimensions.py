"""Distinguishes depth in percent from dimensions in mm, and z from x and y, by the values of columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from diamonds.dataset.cells.numbers import median_of, parse_measure
from diamonds.dataset.cells.texts import texts_of
from diamonds.dataset.columns.names import meaning_of
from diamonds.dataset.errors import ColumnError
from diamonds.diamond import DIMENSIONS, WIDTH_OF_ONE_CARAT_MM

MM_PER_CM = 10.0
ROLES = ("depth", *DIMENSIONS)
_SMALLEST_PERCENT = 35
_FRACTION = (0.35, 0.95)
_CONTAINED = 0.82  # z of any shape is a smaller share of its width than this

Decided = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that could be a dimension or the depth: its median, also as a share of the usual width."""

    name: str
    role: str
    median: float | None
    share: float | None
    unit: str | None


def decide(candidates: Mapping[str, Sequence[str]], sample: pl.DataFrame, carats: pl.Series) -> Decided:
    """The column of each of depth, x, y and z, from the candidates by their names; raises ``ColumnError``."""
    columns = [
        _column(name, role, sample[name], carats) for role in ROLES for name in candidates.get(role, ())
    ]
    columns.sort(key=lambda column: sample.columns.index(column.name))
    percents = [column for column in columns if _is_percent(column)]
    lengths = [column for column in columns if column not in percents]
    return _depth(percents) | _dimensions(lengths)


def _column(name: str, role: str, cells: pl.Series, carats: pl.Series) -> _Column:
    values, _ = parse_measure(cells, "depth" if _has_percent_sign(cells) else "x")
    unit = "%" if _has_percent_sign(cells) else (meaning.unit if (meaning := meaning_of(name)) else None)
    values = values.set(values <= 0, None) * (MM_PER_CM if unit == "cm" else 1)
    shares = values / (WIDTH_OF_ONE_CARAT_MM * carats.cbrt())
    return _Column(name, role, median_of(values), median_of(shares.filter(shares.is_finite())), unit)


def _has_percent_sign(cells: pl.Series) -> bool:
    return cells.dtype == pl.String and bool(texts_of(cells).str.contains("%").any())


def _is_percent(column: _Column) -> bool:
    if column.unit:
        return column.unit == "%"
    if column.median is None:
        return column.role == "depth"
    is_fraction = _FRACTION[0] < column.median < _FRACTION[1] and (column.share or 0) < 0.3
    return column.median >= _SMALLEST_PERCENT or (is_fraction and column.role == "depth")


def _depth(percents: Sequence[_Column]) -> Decided:
    called = [column for column in percents if column.role == "depth"] or list(percents)
    if len(called) > 1:
        names = " and ".join(repr(column.name) for column in called)
        raise ColumnError(f"{names} could each be depth.")
    return {"depth": called[0].name} if called else {}


def _dimensions(lengths: list[_Column]) -> Decided:
    exact = [column for column in lengths if column.name.strip().casefold() in DIMENSIONS]
    if len({column.name.strip().casefold() for column in exact}) == len(DIMENSIONS) == len(exact):
        return {column.role: column.name for column in exact}
    if len(lengths) > len(DIMENSIONS):
        names = " and ".join(repr(column.name) for column in lengths)
        raise ColumnError(f"{names} could each be a dimension in mm; there are three: x, y and z.")
    z = _z(lengths)
    others = sorted(
        (column for column in lengths if column is not z), key=lambda column: ROLES.index(column.role)
    )
    roles = [column.role for column in others]
    if len(set(roles)) < len(roles) or not set(roles) <= {"x", "y"}:
        roles = ["x", "y"]
    decided = {role: column.name for role, column in zip(roles, others, strict=False)}
    return decided | ({"z": z.name} if z else {})


def _z(lengths: Sequence[_Column]) -> _Column | None:
    """The column of z: the smallest for its weight, or by its name where that is unknown."""
    known = [column for column in lengths if column.share is not None]
    if len(known) < len(lengths) or not known:
        return next((column for column in lengths if column.role in ("z", "depth")), None)
    smallest, largest = min(known, key=_share_of), max(known, key=_share_of)
    if len(known) == 1:
        is_z = smallest.role in ("z", "depth") and _share_of(smallest) < _CONTAINED
        return smallest if is_z or smallest.role == "depth" else None
    if len(known) == len(DIMENSIONS) or smallest.role in ("z", "depth"):
        return smallest if _share_of(smallest) < _CONTAINED * _share_of(largest) else _called_z(known)
    return None


def _called_z(columns: Sequence[_Column]) -> _Column | None:
    return next((column for column in columns if column.role == "z"), None)


def _share_of(column: _Column) -> float:
    return column.share or 0.0
