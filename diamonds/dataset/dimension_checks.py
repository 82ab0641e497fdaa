"""Checks the dimensions, depth and table of a table's first rows against the weight and one another."""

import polars as pl

from diamonds.dataset.cells.measurements import parse_dimension
from diamonds.dataset.cells.numbers import median_of, parse_measure, unknown
from diamonds.dataset.cells.texts import by_spelling, texts_of
from diamonds.dataset.cells.words import shape_of
from diamonds.dataset.errors import ColumnError
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.market import Market
from diamonds.diamond import DIMENSIONS, MEASURES, WIDTH_OF_ONE_CARAT_MM

_USUAL = {"x": (0.8, 1.25), "y": (0.8, 1.25), "z": (0.45, 0.8)}
"""Medians of the dimensions of round stones, as shares of the usual width for the weight."""
_FEWEST_ROWS = 20
_POINTS_OF_DEPTH = 2.0
_CAUSES = {
    0.1: "Are they in centimetres?",
    10.0: "Are they in tenths of a millimetre?",
    0.0394: "Are they in inches?",
    1.71: "Is the weight in grams?",
    0.2154: "Is the weight in points, hundredths of a carat?",
}


def check_dimensions(interpretation: Interpretation, sample: pl.DataFrame, market: Market) -> None:
    """Raises ``ColumnError`` when a column of round stones cannot be what it is taken for."""
    if market.shape != "round":
        return
    values = _values(interpretation, _of_market(interpretation, sample))
    if values["carat"].count() < _FEWEST_ROWS:
        return
    names = interpretation.our_columns
    for column in DIMENSIONS:
        _check_share(column, names.get(column, column), values)
    _check_depth(names, values)


def _of_market(interpretation: Interpretation, sample: pl.DataFrame) -> pl.DataFrame:
    for name in interpretation.market_columns.get("shape", ()):
        is_round = by_spelling(texts_of(sample[name]), lambda text: shape_of(text) == "round", pl.Boolean)
        sample = sample.filter(is_round.fill_null(False))
    return sample


def _values(interpretation: Interpretation, sample: pl.DataFrame) -> pl.DataFrame:
    columns, positions = interpretation.columns, interpretation.positions
    values: dict[str, pl.Series] = {}
    for column in MEASURES:
        if column in columns:
            factor = interpretation.factors.get(column, 1.0)
            values[column] = parse_measure(sample[columns[column]], column, factor)[0]
        elif column in positions:
            cells, factor = sample[columns["measurements"]], interpretation.factors.get(column, 1.0)
            values[column] = parse_dimension(cells, positions[column], factor)[0]
        else:
            values[column] = unknown(len(sample))
    frame = pl.DataFrame(values)
    return frame.select(pl.when(pl.col(name) > 0).then(pl.col(name)) for name in frame.columns)


def _check_share(column: str, name: str, values: pl.DataFrame) -> None:
    shares = (values[column] / (WIDTH_OF_ONE_CARAT_MM * values["carat"].cbrt())).drop_nulls()
    if len(shares) < _FEWEST_ROWS:
        return
    median, mm, (low, high) = median_of(shares) or 0.0, median_of(values[column]) or 0.0, _USUAL[column]
    if low <= median <= high:
        return
    usual = 0.617 if column == "z" else 1.0
    cause = next(
        (text for ratio, text in _CAUSES.items() if abs(median / usual / ratio - 1) < 0.1),
        _other(column, median),
    )
    raise ColumnError(
        f"{name!r} cannot be {column} of round stones in mm: its median is {mm:.3g}, and "
        f"{mm / median * usual:.3g} would be usual for the weights. {cause}"
    )


def _other(column: str, median: float) -> str:
    if column == "z" or _USUAL["z"][0] < median < _USUAL["z"][1]:
        return "Is it exchanged with another dimension? z is the smallest of the three."
    return "Are the stones of another shape (set DIAMONDS_SHAPE), or is the column another?"


def _check_depth(names: dict[str, str], values: pl.DataFrame) -> None:
    """Stops where the table is what depth should be: the two are easily exchanged."""
    measured = 200 * values["z"] / (values["x"] + values["y"])
    depth, table = (median_of((values[column] - measured).abs()) for column in ("depth", "table"))
    if depth is not None and table is not None:
        exchanged = depth > _POINTS_OF_DEPTH > table
    else:
        exchanged = _usually_below(values)
    if exchanged:
        raise ColumnError(
            f"{names['depth']!r} and {names['table']!r} seem to be exchanged: the depth of round stones is "
            f"about 62%, and their table about 57%."
        )


def _usually_below(values: pl.DataFrame) -> bool:
    """Whether the depth is below the table for nearly all stones; it is above for nine of ten round ones."""
    below = (values["depth"] < values["table"]).drop_nulls()
    return len(below) >= _FEWEST_ROWS and int(below.sum()) > 0.7 * len(below)
